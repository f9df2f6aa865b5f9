"""From the sampled stacks of a server to shares of its cores' time. Pure.

Self time: the innermost Python frame of a stack decides, by the file of its code. C code has no
frame, so it counts to the Python code that called it. The time of the kernel is known without any
sample, by its own clock.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from harness.core.cpu_profile import TITLES, Part
from harness.core.server_profiles import PROFILES

# A frame as py-spy prints it: NAME (FILE:LINE).
FRAME = re.compile(r".* \((?P<file>.*):\d+\)")

PACKAGE = re.compile(r".*/(?:site|dist)-packages/(?P<name>[^/]+?)(?:\.py)?(?:/.*)?")
STANDARD = re.compile(r".*/lib/python3[^/]*/(?P<name>[^/]+?(?:/futures)?)(?:\.py)?(?:/.*)?")

FRAMEWORKS = frozenset(
    ("django", "fastapi", "flask", "jinja2", "pyramid", "starlette", "webob", "werkzeug", "zope")
)
THREADS = frozenset(("asgiref", "concurrent/futures", "contextvars", "queue", "threading"))

# Of the standard library: what turns an event loop, and what reads and writes a server's sockets.
LOOPS = frozenset(("asyncio", "selectors", "socket", "socketserver", "ssl", "wsgiref"))


def _servers() -> Iterator[str]:
    """Yield the import packages of all servers, their loops, parsers and workers."""
    for profile in PROFILES:
        yield from profile.packages
        for choice in profile.choices:
            for value, packages in choice.packages.items():
                yield from packages
                if "." in value:
                    yield value.partition(".")[0]


SERVERS = frozenset(name.replace("-", "_").lower() for name in _servers())


def shares(stacks: Mapping[str, int], user: float, system: float) -> dict[Part, float]:
    """Return what each part takes of the time of the server's cores, idle included.

    Args:
        stacks: how often each stack was sampled, frames joined by `;`; at least one.
        user: the share of the time in which the cores ran code of the server's processes.
        system: the same for the kernel on their behalf.
    """
    counts: Counter[Part] = Counter()
    for stack, times in stacks.items():
        counts[part(stack)] += times
    python = {each: user * counts[each] / counts.total() for each in TITLES}
    return python | {"kernel": system, "idle": max(0.0, 1 - user - system)}


def part(stack: str) -> Part:
    """Return the part that a stack counts to, by its innermost frame."""
    return _of_file(_files(stack)[-1])


def _files(stack: str) -> list[str]:
    """Return the file of each frame, from the outermost in; what is no frame has none."""
    frames = map(FRAME.fullmatch, stack.split(";"))
    return [frame["file"] for frame in frames if frame]


def _of_file(file: str) -> Part:
    """Return the part that the code of a file is of: the app's is what nothing else claims."""
    if package := PACKAGE.fullmatch(file):
        return _of_package(package["name"].lower())
    if file.startswith("<"):
        return "interpreter"
    if module := STANDARD.fullmatch(file):
        return _of_module(module["name"])
    return "app"


def _of_package(name: str) -> Part:
    if name in FRAMEWORKS:
        return "framework"
    if name in THREADS:
        return "threads"
    return "server" if name in SERVERS else "app"


def _of_module(name: str) -> Part:
    if name in THREADS:
        return "threads"
    return "server" if name in LOOPS else "interpreter"


def parse(collapsed: str) -> dict[str, int]:
    """Return the stacks of py-spy's format raw: a line each, `frame;frame;frame TIMES`.

    Without those of no frame, which py-spy could not read.
    """
    lines = (line.rpartition(" ") for line in collapsed.splitlines())
    stacks: Counter[str] = Counter()
    for stack, _, times in lines:
        if _files(stack):
            stacks[stack] += int(times)
    return dict(stacks)
