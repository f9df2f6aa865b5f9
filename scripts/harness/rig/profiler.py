"""py-spy: sample the stacks of a server from outside, without a line in it."""

import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from harness.core.errors import BenchError
from harness.host import packages
from harness.host.processes import Child

PACKAGE = "py-spy"

RATE_HZ = 250

# Of each process only the thread that holds the interpreter's lock, and without stopping any. Those
# that merely could run would outnumber it: a hundred wait for the lock or for a core. To stop them
# for each sample took nine tenths of the throughput of a server that starts threads for requests.
HOW = ("--gil", "--nonblocking", "--subprocesses", "--full-filenames")

# It has to find the interpreter of each process first, and to write its files at the end.
PATIENCE_S = 10

REFUSED = (
    "this system does not let py-spy look into other processes; as root: "
    "sysctl -w kernel.yama.ptrace_scope=0, in a container: docker run --cap-add=SYS_PTRACE"
)

STACKS, FLAMES = "stacks.txt", "flames.svg"

# Enough for an interpreter to start and be looked into.
TARGET = (sys.executable, "-c", "import time; time.sleep(60)")
TARGET_S = 5

# Its errors come with the stack of its own code otherwise.
QUIETLY = {"RUST_BACKTRACE": "0", "RUST_LIB_BACKTRACE": "0"}


class NotSampled(BenchError):
    """A server whose stacks could not be sampled, with the reason."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Stacks in py-spy's format raw, and the CPU seconds of all processes while it took them."""

    stacks: str
    seconds: float
    user_s: float
    system_s: float


def lack(cores: Sequence[int]) -> str | None:
    """Return why nothing can be profiled here, and the cure; None where it can.

    By trying: what is allowed depends on the user, the container and the system.
    """
    if _program() is None:
        groups = " ".join(map(packages.setup, packages.groups_of(PACKAGE)))
        return f"{PACKAGE} is missing; {groups}"
    with TemporaryDirectory() as folder, Child(TARGET, Path(folder) / "log", cores) as target:
        return _refusal(target.pid, Path(folder) / "py-spy.log", cores)


def sample(pid: int, folder: Path, seconds: int, cores: Sequence[int]) -> Samples:
    """Return what was sampled of a process and all that it started.

    A flame graph of the same seconds is written beside the stacks, as FLAMES. Raise NotSampled
    where py-spy fails.
    """
    began_s, (user_s, system_s) = time.monotonic(), _cpu_s(pid)
    with ExitStack() as stack:
        samplers = [
            stack.enter_context(_record(pid, folder, file, form, seconds, cores))
            for file, form in ((STACKS, "raw"), (FLAMES, "flamegraph"))
        ]
        for sampler in samplers:
            _await(sampler, seconds + PATIENCE_S)
    user_after_s, system_after_s = _cpu_s(pid)
    return Samples(
        stacks=(folder / STACKS).read_text(),
        seconds=time.monotonic() - began_s,
        user_s=user_after_s - user_s,
        system_s=system_after_s - system_s,
    )


def _record(
    pid: int, folder: Path, file: str, form: str, seconds: int, cores: Sequence[int]
) -> Child:
    argv = [_program() or PACKAGE, "record", f"--pid={pid}", f"--duration={seconds}"]
    argv += [f"--rate={RATE_HZ}", f"--format={form}", f"--output={(folder / file).absolute()}"]
    return Child([*argv, *HOW], folder / f"py-spy-{form}.log", cores, extra=QUIETLY)


def _await(sampler: Child, longest_s: float) -> None:
    """Return once a sampler has ended well; raise NotSampled otherwise."""
    deadline = time.monotonic() + longest_s
    while sampler.status is None:
        if time.monotonic() > deadline:
            raise NotSampled(f"py-spy did not end; its log is {sampler.log}")
        time.sleep(0.05)
    if sampler.status:
        raise NotSampled(f"py-spy {sampler.exit_reason}: {_complaint(sampler)}")


def _refusal(pid: int, log: Path, cores: Sequence[int]) -> str | None:
    """Return why py-spy may not look into a process that starts; None where it does."""
    deadline = time.monotonic() + TARGET_S
    while True:
        argv = (_program() or PACKAGE, "dump", f"--pid={pid}", "--nonblocking")
        with Child(argv, log, cores, extra=QUIETLY) as looking:
            while looking.status is None:
                time.sleep(0.02)
        if looking.status == 0:
            return None
        if re.search("permission denied", log.read_text(), re.IGNORECASE):
            return REFUSED
        if time.monotonic() > deadline:
            return f"py-spy fails: {_complaint(looking)}"


def _complaint(child: Child) -> str:
    """Return the line in which py-spy says what is wrong."""
    lines = [line.strip() for line in child.tail().splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return next(iter(errors or lines[-1:]), "it says nothing")


def _cpu_s(pid: int) -> tuple[float, float]:
    """Return the CPU seconds of a process and all that it started, in its code and in the kernel.

    Of those that live, with those of the ended that were waited for.
    """
    leader = psutil.Process(pid)
    user_s = system_s = 0.0
    for process in (leader, *leader.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            user_s += times.user + times.children_user
            system_s += times.system + times.children_system
    return user_s, system_s


def _program() -> str | None:
    """Return the program of the suite's own environment, else one on the path."""
    own = str(Path(sys.executable).parent)
    return shutil.which(PACKAGE, path=os.pathsep.join((own, os.environ.get("PATH", ""))))
