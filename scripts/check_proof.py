"""Prove the check of HEAD: unchanged code never alarms, faults are regressions, in time."""

import sys
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.checks import proof
from harness.core.errors import BenchError
from harness.core.labels import markdown_table
from harness.terminal import check_proof as screen
from harness.terminal import terminal


def main(argv: list[str]) -> int:
    """Check each fault; return 0 where each check gave the expected verdict in time, else 1."""
    options = _options(argv)
    stopped = "stopped before the end; RUN=name continues it"
    return terminal.run(lambda: _prove(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make check-proof", description=__doc__)
    words = ",".join(proof.FAULTS)
    parser.add_argument("--faults", default=words, help=f"which, of {words}")
    parser.add_argument(
        "--times", type=terminal.times, help="how often each; default: 5 unchanged, 3 others"
    )
    parser.add_argument("--name", help="name of the folder in the results; continues one")
    parser.add_argument("--results", type=Path, default=Path("results/checks"))
    return parser.parse_args(argv)


def _prove(options: Namespace) -> int:
    """Check fault after fault; store and print each attempt, then the table."""
    faults = _faults(options.faults)
    name = options.name or f"check-proof-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = options.results / name
    folder.mkdir(parents=True, exist_ok=True)
    screen.start(folder)
    attempts = []
    for attempt in proof.prove(Path.cwd(), folder, faults, options.times):
        attempts.append(attempt)
        (folder / "proof.md").write_text(_markdown(proof.table(proof.attempts(folder))))
        screen.attempt(attempt)
    terminal.table(proof.table(attempts))
    return 0 if all(attempt.holds for attempt in attempts) else 1


def _markdown(rows: Sequence[Mapping[str, str]]) -> str:
    return markdown_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _faults(words: str) -> list[str]:
    """Return the faults that are named; raise BenchError for one that is not there."""
    faults = list(dict.fromkeys(words.split(",")))
    if unknown := [fault for fault in faults if fault not in proof.FAULTS]:
        raise BenchError(f"no fault {', '.join(unknown)}; FAULTS= names {', '.join(proof.FAULTS)}")
    return faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
