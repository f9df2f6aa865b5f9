"""Make a scenario of what people did: paths and think time of an access log or a browser's HAR."""

import gzip
import sys
import zlib
from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from harness.core.errors import BenchError
from harness.core.plan import Method
from harness.runs.recording import Choice, Recording, behaviour
from harness.runs.recording_formats import access_log, har
from harness.terminal import scenario, terminal

GZIP = b"\x1f\x8b"


def main(argv: list[str]) -> int:
    """Print the scenario or write it to a file; 0 done, 2 could not."""
    parser = terminal.Parser(prog="make scenario", description=__doc__)
    parser.add_argument("--log", type=Path, help="access log, common or combined format, or gz")
    parser.add_argument("--har", type=Path, help="what a browser recorded, HAR 1.2")
    parser.add_argument("--out", type=Path, help="file to write; default: print it")
    parser.add_argument("--host", help="HAR: host to keep; default: the one with most pages")
    parser.add_argument("--methods", type=_methods, default=("GET",), help="default: GET")
    parser.add_argument("--top", type=_positive, default=20, help="how many addresses; default 20")
    parser.add_argument("--assets", action="store_true", help="keep static files")
    options = parser.parse_args(argv)
    if (options.log is None) == (options.har is None):
        parser.error("name one recording: make scenario LOG=access.log or HAR=session.har")
    return terminal.run(lambda: _scenario(options), "stopped; nothing is written")


def _scenario(options: Namespace) -> int:
    """Read the recording, condense it, write the scenario."""
    source: Path = options.log or options.har
    choice = Choice(options.methods, options.assets, options.top)
    did = behaviour(_recording(options), choice)
    scenario.write(scenario.fragment(did, source.name), options.out)
    return 0


def _recording(options: Namespace) -> Recording:
    """Read the file that is named, or raise BenchError with the cure."""
    source: Path = options.log or options.har
    try:
        if options.log:
            return access_log(_lines(source), str(source))
        return har("".join(_lines(source)), str(source), options.host)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "the gzip is damaged"
        raise BenchError(f"{source}: cannot be read ({reason}); name a log or a HAR") from None


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file, packed or not; bytes that are no UTF-8 as `\\xe9`."""
    with path.open("rb") as file:
        opened = gzip.open if file.read(len(GZIP)) == GZIP else open
    with opened(path, "rt", encoding="utf-8-sig", errors="backslashreplace") as lines:
        yield from lines


def _methods(text: str) -> tuple[str, ...]:
    methods = tuple(method.strip().upper() for method in text.split(","))
    if set(methods) <= set(get_args(Method)):
        return methods
    raise ArgumentTypeError(f"name methods such as GET,POST, not {text}")


def _positive(text: str) -> int:
    if text.isdecimal() and int(text) > 0:
        return int(text)
    raise ArgumentTypeError(f"name a number of addresses above 0, not {text}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
