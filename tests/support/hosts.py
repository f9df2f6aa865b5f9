"""Several hosts on one machine: network namespaces joined by a bridge, each with an sshd.

    with hosts("app1", "gen1") as network:
        ...  # ssh -F network.config app1

Each has an address, tables of connections and a monotonic clock of its own; all share the files and
the cores of this machine. `python -m tests.support.hosts app1 gen1 gen2` makes them until it is
stopped, and prints what `make bench PLAN=loadtests/plans/two_hosts.toml` needs to be told. It needs
root, iproute2 and Debian's openssh-server.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.support.patience import PATIENCE_S

SSHD = "/usr/sbin/sshd"
BESIDE = Path(sys.executable).parent
"""Where uv is, which a host must have."""


def lacking() -> str | None:
    """Return why no hosts can be made here; None where they can."""
    for program in ("ip", "ssh", "ssh-keygen", SSHD):
        if shutil.which(program) is None:
            return f"needs {program}: apt-get install iproute2 openssh-client openssh-server"
    name = f"bench-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "network namespaces are not permitted here"
    _run("ip", "netns", "del", name)
    if subprocess.run(["unshare", "--time", "true"], capture_output=True).returncode:
        return "time namespaces are not permitted here"
    return None


@dataclass(frozen=True)
class Network:
    """The hosts by name: their addresses, the ssh_config(5) that reaches them, their files."""

    addresses: Mapping[str, str]
    folder: Path
    prefix: str

    def ahead_s(self, name: str) -> int:
        """Return by how much a host's monotonic clock is ahead of this machine's.

        Each has been up for another time, as real hosts have.
        """
        return 1_000 * int(self.addresses[name].rpartition(".")[2])

    @property
    def config(self) -> Path:
        """Return the configuration of ssh that knows the hosts."""
        return self.folder / "config"

    @property
    def known_hosts(self) -> Path:
        """Return the file of their host keys."""
        return self.folder / "known_hosts"

    def namespace(self, name: str) -> str:
        """Return the network namespace of a host."""
        return f"{self.prefix}-{name}"

    def unplug(self, name: str) -> None:
        """Take the link of a host down, as if somebody pulled the cable."""
        _run("ip", "-n", self.namespace(name), "link", "set", "eth0", "down")

    def plug(self, name: str) -> None:
        """Put the cable back."""
        _run("ip", "-n", self.namespace(name), "link", "set", "eth0", "up")

    def processes(self, name: str) -> list[int]:
        """Return the processes in a host's namespace."""
        return [int(pid) for pid in _run("ip", "netns", "pids", self.namespace(name)).split()]


@contextmanager
def hosts(
    *names: str, variables: Mapping[str, Mapping[str, str]] = MappingProxyType({})
) -> Iterator[Network]:
    """Yield hosts of these names, each with a running sshd that lets root in by a key.

    Commands on a host get its `variables`. If not otherwise said they find the uv of this
    environment, which takes packages from its cache, as namespaces reach nothing else: the cache
    gets what it lacks of the lock before.
    """
    _fill_cache()
    block = f"10.231.{secrets.randbelow(250) + 1}"
    prefix = f"b{secrets.token_hex(2)}"
    names_there = dict(zip(names, range(2, 2 + len(names)), strict=True))
    network_addresses = {name: f"{block}.{number}" for name, number in names_there.items()}
    default = {"PATH": f"{BESIDE}:{os.environ['PATH']}", "UV_OFFLINE": "1"}
    with tempfile.TemporaryDirectory(prefix="hosts-") as folder, ExitStack() as stack:
        network = Network(network_addresses, Path(folder), prefix)
        stack.enter_context(_bridge(prefix, f"{block}.1/24"))
        for name in names:
            stack.enter_context(_namespace(network, name))
        _keys(network)
        for name in names:
            stack.enter_context(_sshd(network, name, default | dict(variables.get(name, {}))))
        yield network


def _fill_cache() -> None:
    """Have uv fetch what the lock names: what pip or nobody installed here is not in its cache."""
    uv, lock = str(BESIDE / "uv"), "requirements.lock"
    with tempfile.TemporaryDirectory(prefix="cache-") as folder:
        _run(uv, "venv", "--quiet", f"--python={sys.executable}", folder)
        _run(uv, "pip", "sync", "--quiet", "--require-hashes", f"--python={folder}", lock)


@contextmanager
def _bridge(name: str, address: str) -> Iterator[None]:
    """Make the switch that all hosts and this machine are plugged into."""
    _run("ip", "link", "add", name, "type", "bridge")
    try:
        _run("ip", "addr", "add", address, "dev", name)
        _run("ip", "link", "set", name, "up")
        yield
    finally:
        _run("ip", "link", "del", name)


@contextmanager
def _namespace(network: Network, name: str) -> Iterator[None]:
    """Make a namespace with its end of a cable; end what still runs in it, and remove it."""
    space = network.namespace(name)
    cable = f"{network.prefix}-{network.addresses[name].rpartition('.')[2]}"  # at most 15 letters
    _run("ip", "netns", "add", space)
    try:
        _run("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", space)
        _run("ip", "link", "set", cable, "master", network.prefix, "up")
        address = f"{network.addresses[name]}/24"
        _run("ip", "-n", space, "addr", "add", address, "dev", "eth0")
        for device in ("lo", "eth0"):
            _run("ip", "-n", space, "link", "set", device, "up")
        yield
    finally:
        for pid in network.processes(name):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # The kernel keeps a namespace while one of its connections lingers, and its cable with it.
        _run("ip", "link", "del", cable)
        _run("ip", "netns", "del", space)


def _keys(network: Network) -> None:
    """Make a key for the user and one for each host, and the configuration that names them."""
    _key(network.folder / "user")
    known, entries = [], []
    for name, address in network.addresses.items():
        _key(network.folder / f"host-{name}")
        key = (network.folder / f"host-{name}.pub").read_text()
        known.append(f"{address} {key}")
        entries.append(f"Host {name}\n  HostName {address}\n")
    network.known_hosts.write_text("".join(known))
    everywhere = (
        f"Host *\n  User root\n  IdentityFile {network.folder}/user\n  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {network.known_hosts}\n"
    )
    network.config.write_text("".join(entries) + everywhere)


def _key(path: Path) -> None:
    _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path))


@contextmanager
def _sshd(network: Network, name: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Run a host's sshd, which listens on its address alone."""
    folder = network.folder
    words = " ".join(f'"{key}={value}"' for key, value in variables.items())
    settings = folder / f"sshd-{name}"
    settings.write_text(
        f"ListenAddress {network.addresses[name]}\nHostKey {folder}/host-{name}\nPidFile none\n"
        f"AuthorizedKeysFile {folder}/user.pub\nStrictModes no\nUsePAM no\n"
        f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nSetEnv {words}\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd locks its unprivileged half up
    clock = ["unshare", "--time", "--monotonic", str(network.ahead_s(name)), "--kill-child"]
    space = ["ip", "netns", "exec", network.namespace(name)]
    argv = [*space, *clock, "--fork", SSHD, "-D", "-f", str(settings)]
    log = (folder / f"sshd-{name}.log").open("wb")
    with log, subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=log) as server:
        try:
            _await(network.addresses[name])
            yield
        finally:
            server.kill()  # unshare(1) lets nothing less through; its child goes with it


def _await(address: str) -> None:
    """Wait until an sshd answers."""
    asking = ["ssh-keyscan", "-T", "1", address]
    deadline = time.monotonic() + PATIENCE_S
    while not subprocess.run(asking, capture_output=True).stdout:
        assert time.monotonic() < deadline, f"no sshd at {address} within {PATIENCE_S} s"
        time.sleep(0.02)


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"
    return done.stdout


def main(names: list[str]) -> None:
    """Make hosts and print how they are reached, until SIGINT or SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), hosts(*names) as network:
        print(f"CONFIRM={names[0]} SSH_CONFIG={network.config}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
