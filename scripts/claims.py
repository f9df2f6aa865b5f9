"""Hold what is claimed in public of WSGI and ASGI against a run, and write docs/claims.md."""

import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

import bench
from harness.core import schedule
from harness.report import assessment
from harness.runs.store import Run
from harness.terminal import claims as screen
from harness.terminal import terminal

PLAN = Path("loadtests/plans/claims.toml")


def main(argv: list[str]) -> int:
    """Measure what the claims need, judge each; return 0, or 2 where results are missing."""
    options = _options(argv)
    return terminal.run(lambda: _claims(options), "stopped; RUN=name continues it")


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make claims", description=__doc__)
    parser.add_argument("--run", help="name of the run; a finished one is not measured again")
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--document", type=Path, default=Path("docs/claims.md"))
    return parser.parse_args(argv)


def _claims(options: Namespace) -> int:
    """Carry out the plan where that is still to be done; judge, store and print all claims."""
    name = options.run or f"claims-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = options.results / name
    if not _is_finished(folder):
        status = bench.main([str(PLAN), f"--run={name}", f"--results={options.results}"])
        if status:
            return status
    run = Run.open(folder)
    path = options.results / "claims" / "claims.json"
    judged = assessment.assess(run.name, run.facts, run.samples(), assessment.read(path))
    assessment.write(judged, path)
    options.document.write_text(assessment.markdown(judged))
    screen.outcomes(judged, options.document)
    return 0


def _is_finished(folder: Path) -> bool:
    """Return whether a run is there, and whole."""
    if not (folder / "run.json").exists():
        return False
    run = Run.open(folder)
    return not schedule.missing(schedule.blocks(run.plan), run.records())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
