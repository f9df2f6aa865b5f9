"""Reach another host by OpenSSH: one connection, over which commands run and files come and go.

Nothing is asked at a terminal (BatchMode) and host keys are checked. The connection is a child that
ends with its context; all that is done there shares it (ControlMaster, ssh_config(5)). What goes
wrong is one line with its cure.
"""

import hashlib
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.core.errors import BenchError
from harness.host.processes import Child

CONNECT_S = 10

# A host that says nothing for so long is gone: the connection ends by itself.
SILENCE_S, SILENCES = 2, 3

POLL_S = 0.02

OPTIONS = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "ConnectTimeout": str(CONNECT_S),
    "ServerAliveInterval": str(SILENCE_S),
    "ServerAliveCountMax": str(SILENCES),
    "LogLevel": "ERROR",
}

CURES = {
    "IDENTIFICATION HAS CHANGED": (
        "its host key is not the one in known_hosts; find out why, then ssh-keygen -R its name and "
        "connect once by hand"
    ),
    "host key is known|Host key verification failed": (
        "its host key is not known here; connect once by hand and compare the key"
    ),
    "Permission denied": "it takes no key of yours and asks for a password; try ssh-copy-id",
    "Could not resolve": "nobody knows its name; correct the plan or ~/.ssh/config",
    "onnection refused": "nothing listens there; start its sshd, or correct host and port",
    "timed out|No route to host|nreachable": (
        "it does not answer; see that it runs and that no firewall is between"
    ),
    "No space left on device|Wrote only": (
        "its disk is full; make room in its temporary folder, or set TMPDIR there"
    ),
}
"""What to do about what OpenSSH, tar and uv print, by a pattern; the first that matches."""

FORWARDING_REFUSED = "its sshd forwards no ports; set AllowTcpForwarding yes in sshd_config there"

LEFT_OUT = (".git", ".venv", "__pycache__", "node_modules", ".mypy_cache", ".ruff_cache")
"""What is not copied: it belongs to this machine, or is made anew."""

FIND_UV = 'PATH="$PATH:$HOME/.local/bin:$HOME/.cargo/bin"; command -v uv'
"""An ssh without a terminal reads no profile, where uv's installer puts its path."""


class HostFailed(BenchError):
    """What cannot be done on a host, in one line that begins with its address."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What tells whether two files are the same: bytes, lines and SHA-256."""

    size: int
    lines: int
    sha256: str


def digest(data: bytes) -> Digest:
    """Return the digest of a file's bytes."""
    return Digest(len(data), data.count(b"\n"), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Host:
    """A host that is connected: its address, and what makes ssh use the connection."""

    url: str
    options: tuple[str, ...]
    master: Child

    @property
    def name(self) -> str:
        """Return its name, without user and port."""
        return urlsplit(self.url).hostname or self.url

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the command that runs words there, by a shell that takes each as it is."""
        return ("ssh", *self.options, self.url, shlex.join(words))

    def run(self, *words: str) -> str:
        """Return what a command prints there; raise HostFailed where it fails."""
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            raise failure(self.url, done.stderr.decode(errors="replace"))
        return done.stdout.decode()

    def send(self, folder: Path, names: Sequence[str], to: str) -> None:
        """Copy files and folders of a folder into one there; raise HostFailed where it fails."""
        left_out = (f"--exclude={name}" for name in LEFT_OUT)
        packing = ["tar", "-C", str(folder), "-cf", "-", *left_out, "--", *names]
        unpacking = self.command("tar", "-C", to, "-xf", "-")
        with subprocess.Popen(packing, stdout=subprocess.PIPE) as tar:
            done = subprocess.run(unpacking, stdin=tar.stdout, capture_output=True)
        if done.returncode or tar.returncode:
            raise failure(self.url, done.stderr.decode(errors="replace"))

    def environment(self, folder: str, python: str, lock: str) -> str:
        """Make an environment of a lock in a folder there, by its uv; return its interpreter.

        `python` is its version, `lock` the path of the lock there. Raise HostFailed where there is
        no uv, or it fails.
        """
        try:
            uv = self.run("sh", "-c", FIND_UV).strip()
        except HostFailed:
            raise HostFailed(
                f"{self.url}: no program uv there, which makes the environment; get it with "
                "pip install --user uv"
            ) from None
        path = f"{folder}/environment"
        interpreter = f"{path}/bin/python"
        self.run(uv, "venv", "--quiet", "--python", python, path)
        into = ("--quiet", "--require-hashes", "--python", interpreter)
        self.run(uv, "pip", "sync", *into, lock)
        return interpreter

    def forward(self, port: int) -> int:
        """Return a port of loopback there that leads to a port of loopback here.

        Raise HostFailed where its sshd forwards none.
        """
        asking = ("ssh", *self.options, "-O", "forward", "-R", f"127.0.0.1:0:127.0.0.1:{port}")
        done = subprocess.run((*asking, self.url), capture_output=True, text=True)
        if done.returncode or not done.stdout.strip().isdecimal():
            raise HostFailed(f"{self.url}: {FORWARDING_REFUSED}")
        return int(done.stdout)

    def fetch(self, path: str, into: Path, whole: Digest) -> None:
        """Let a file here grow to what a file there was when its digest was taken.

        Raise HostFailed where it is not the same then.
        """
        have = into.stat().st_size if into.exists() else 0
        rest = f"tail -c +{have + 1} {shlex.quote(path)} | head -c {whole.size - have}"
        with into.open("ab") as file:
            done = subprocess.run(self.command("sh", "-c", rest), stdout=file)
        came = digest(into.read_bytes())
        if done.returncode or came != whole:
            raise HostFailed(
                f"{self.url}: {came.lines} of {whole.lines} lines of {Path(path).name} came home "
                "whole; see to the network between, and start again"
            )

    @contextmanager
    def folder(self) -> Iterator[str]:
        """Yield a new temporary folder there; it is gone with the context, if the host is not."""
        path = self.run("mktemp", "-d", "-t", "bench-XXXXXXXX").strip()
        try:
            yield path
        finally:
            with suppress(HostFailed):
                self.run("rm", "-rf", path)


@contextmanager
def connect(url: str, cores: Sequence[int], config: Path | None = None) -> Iterator[Host]:
    """Yield the host of an address, ssh://[user@]host[:port], connected until the context ends.

    ssh runs on the `cores`. `config` is read in place of the user's own ~/.ssh/config. Raise
    HostFailed where it cannot be reached, has another key or lets nobody in.
    """
    with tempfile.TemporaryDirectory(prefix="bench-ssh-") as folder:
        log = Path(folder, "ssh.log")
        log.touch()
        settings = OPTIONS | {"ControlPath": f"{folder}/%C"}
        options = [f"-o{name}={value}" for name, value in settings.items()]
        options += ["-F", str(config)] if config else []
        with Child(["ssh", *options, "-M", "-N", url], log, cores) as master:
            host = Host(url, (*options, "-oControlMaster=no"), master)
            _await(host)
            yield host


def _await(host: Host) -> None:
    """Wait until the connection is there; raise HostFailed where it ends instead.

    ssh itself gives up after its ConnectTimeout.
    """
    asking = ("ssh", *host.options, "-O", "check", host.url)
    while subprocess.run(asking, capture_output=True).returncode:
        if host.master.exit_reason is not None:
            raise failure(host.url, host.master.log.read_text(errors="replace"))
        time.sleep(POLL_S)


def failure(url: str, printed: str) -> HostFailed:
    """Return what to say of a host by what a program printed: the cure, or else its last line."""
    for pattern, cure in CURES.items():
        if re.search(pattern, printed):
            return HostFailed(f"{url}: {cure}")
    lines = printed.strip().splitlines() or ["the connection broke"]
    return HostFailed(f"{url}: {lines[-1].strip()}; mend that there, and start again")
