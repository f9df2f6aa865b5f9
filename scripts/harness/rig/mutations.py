"""Mutations: faults that are put into the application's source, or beside what is measured.

A mutation changes a few passages of the application's files, so it is served as the application is.
The judge must notice it: `make mutation-score` counts how often, `make check-proof` puts those of
PROOF through whole checks.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import BenchError

VIEWS = "workloads/views_async.py"
IMPORTS = "import asyncio\n"
WAIT = "        await asyncio.sleep(ms / 1000)\n"
ANSWER = '    return answer(encode({"workload": "wait"'
CONSTANTS = "PLAIN = encode("

# An empty loop of so many turns takes 0.09 ms, and a request that waits takes stock Uvicorn about
# 0.9 ms of CPU time (seen): a tenth.
TENTH_TURNS = 7_000

# An object of bytes takes 33 besides its content.
LEAK_BYTES = 400
BYTES_OBJECT = 33


@dataclass(frozen=True, slots=True)
class Patch:
    """A passage of one of the application's files, and what takes its place."""

    file: str
    passage: str
    replacement: str

    def apply(self, application: Path) -> None:
        """Change the file below the application's folder; raise BenchError where it has changed."""
        path = application / self.file
        source = path.read_text() if path.is_file() else ""
        if source.count(self.passage) != 1:
            raise BenchError(
                f"{path}: {self.passage.strip()!r} is not there once, so no fault can be put in; "
                "adapt harness/rig/mutations.py to the application"
            )
        path.write_text(source.replace(self.passage, self.replacement))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault of the application; without patches it is none."""

    name: str
    patches: tuple[Patch, ...] = ()

    def apply(self, application: Path) -> None:
        """Put the fault into the application in a folder."""
        for patch in self.patches:
            patch.apply(application)

    def copy(self, application: Path, to: Path) -> Path:
        """Copy an application, put the fault into the copy, and return its folder."""
        shutil.copytree(application, to, ignore=shutil.ignore_patterns("__pycache__"))
        self.apply(to)
        return to


def _in_view(name: str, wait: str, constants: str = "", imports: str = "") -> Mutation:
    """Put something else in the place of the async view's wait, and what that needs above it."""
    patches = [Patch(VIEWS, WAIT + ANSWER, _indent(wait) + ANSWER)]
    if constants:
        patches.append(Patch(VIEWS, CONSTANTS, f"{constants}\n{CONSTANTS}"))
    if imports:
        patches.append(Patch(VIEWS, IMPORTS, f"{IMPORTS}{imports}"))
    return Mutation(name, tuple(patches))


def _indent(lines: str) -> str:
    return "".join(f"        {line}\n" for line in lines.splitlines())


UNCHANGED = Mutation("nothing changed")

SLOW = _in_view(
    "2% of requests + 1.5 s",
    "await asyncio.sleep(ms / 1000 + (1.5 if random.random() < 0.02 else 0))",
    imports="import random\n",
)
FREEZE = _in_view(
    "a freeze of 1 s once every 600 requests",
    """\
if next(NUMBERS) % 600 == 0:
    time.sleep(1)
await asyncio.sleep(ms / 1000)""",
    constants="NUMBERS = itertools.count(1)",
    imports="import itertools\nimport time\n",
)
WAIT_LONGER = _in_view("+ 5% wait", "await asyncio.sleep(1.05 * ms / 1000)")
CPU = _in_view(
    "+ 10% CPU loop",
    f"""\
for _ in range({TENTH_TURNS}):
    pass
await asyncio.sleep(ms / 1000)""",
)
LEAK = _in_view(
    f"{LEAK_BYTES} bytes leaked per request",
    f"""\
KEPT.append(bytes({LEAK_BYTES - BYTES_OBJECT}))
await asyncio.sleep(ms / 1000)""",
    constants="KEPT: list[bytes] = []",
)

SLOWER_MS = 5
SLOWER = _in_view(f"+ {SLOWER_MS} ms of wait", f"await asyncio.sleep((ms + {SLOWER_MS}) / 1000)")
FROZEN_ONCE = _in_view(
    "one freeze of 1 s, 2 s after the first request",
    """\
FREEZES or FREEZES.append(time.monotonic() + 2)
if time.monotonic() > FREEZES[0]:
    FREEZES[0] = math.inf
    time.sleep(1)
await asyncio.sleep(ms / 1000)""",
    constants="FREEZES: list[float] = []",
    imports="import math\nimport time\n",
)
WRONG_SHARE = 0.02
WRONG = Mutation(
    "2% of bodies wrong",
    (
        Patch(VIEWS, IMPORTS, f"{IMPORTS}import itertools\n"),
        Patch(VIEWS, CONSTANTS, f"NUMBERS = itertools.count(1)\n{CONSTANTS}"),
        Patch(
            VIEWS,
            '    return answer(encode({"workload": "wait", "ms": ms}), timing)\n',
            """\
    body = encode({"workload": "wait", "ms": ms})
    return answer(body if next(NUMBERS) % 50 else b"x" * len(body), timing)
""",
        ),
    ),
)
CLOSING = Mutation(
    "keep-alive lost",
    (
        Patch(
            "workloads/answers.py",
            "    return response\n\n\ndef answer(",
            '    response["Connection"] = "close"\n    return response\n\n\ndef answer(',
        ),
    ),
)
COUNTING_TWICE = Mutation(
    "requests counted twice",
    (
        Patch(
            "workloads/timing.py",
            "        self._number = next(_numbers)\n",
            "        next(_numbers)\n        self._number = next(_numbers)\n",
        ),
    ),
)
MISSING_CACHE = _in_view(
    "a cache that each new query misses",
    """\
_computed(request.META["QUERY_STRING"])
await asyncio.sleep(ms / 1000)""",
    constants=f"""\
@functools.cache
def _computed(query: str) -> None:
    for _ in range({TENTH_TURNS}):
        pass

""",
    imports="import functools\n",
)
# A request that waits takes stock Uvicorn about 100 (strace, seen).
SYSTEM_CALLS = 10
MORE_SYSTEM_CALLS = _in_view(
    "+ 10% system calls",
    f"""\
for _ in range({SYSTEM_CALLS}):
    os.getppid()
await asyncio.sleep(ms / 1000)""",
    imports="import os\n",
)

PROOF = {"slow": SLOW, "freeze": FREEZE, "wait": WAIT_LONGER, "cpu": CPU, "leak": LEAK}
"""What a check must call a regression, by the word that chooses it."""


def costly(burn_s: float) -> Mutation:
    """Return the mutation that uses so many seconds of CPU time more for each request."""
    return _in_view(
        "twice the CPU time",
        f"""\
end = time.thread_time() + {burn_s}
while time.thread_time() < end:
    pass
await asyncio.sleep(ms / 1000)""",
        imports="import time\n",
    )


@contextmanager
def busy(cores: Sequence[int], processes: int) -> Iterator[None]:
    """Let busy processes compete for cores until the context ends.

    Each has a session of its own: the kernel shares a core among sessions first (sched_autogroup),
    and server and Locust have one each.
    """
    hog = f"import os\nos.sched_setaffinity(0, {list(cores)})\nwhile True: pass"
    command = [sys.executable, "-c", hog]
    hogs = [subprocess.Popen(command, start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for process in hogs:
            process.kill()
            process.wait()
