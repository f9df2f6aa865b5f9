"""Put known faults in, and count how often the suite notices them and alarms for nothing."""

import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.checks import instructions, mutant_instructions, simulated_faults
from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.score import Score
from harness.core.units import seconds
from harness.report import mutation_score
from harness.runs import mutants
from harness.terminal import mutation_score as screen
from harness.terminal import terminal

CHECK_PLAN = Path("loadtests/plans/check.toml")


def main(argv: list[str]) -> int:
    """Score all faults; return 0 where each was tried, whether it was noticed or not."""
    options = _options(argv)
    stopped = "stopped before the end; the scores so far are in score.csv"
    return terminal.run(lambda: _score(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make mutation-score", description=__doc__)
    parser.add_argument("--times", type=terminal.times, default=3, help="trials of each fault")
    parser.add_argument("--name", help="name of the folder in the results")
    parser.add_argument("--results", type=Path, default=Path("results"))
    return parser.parse_args(argv)


def _score(options: Namespace) -> int:
    """Try fault after fault; store and print each score, then the sentences."""
    folder = _folder(options.results, options.name)
    begun = time.monotonic()
    scores = []
    for score in _scores(options.times):
        scores.append(score)
        mutation_score.append(folder, score)
        screen.score(score)
    took = seconds(time.monotonic() - begun)
    (folder / "score.md").write_text(mutation_score.markdown(scores, took))
    screen.summary(scores, folder)
    return 0


def _scores(times: int) -> Iterator[Score]:
    """Yield all scores: trials with real servers, counts of instructions, simulated checks."""
    plan, _ = plan_file.read(CHECK_PLAN)
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        yield from mutants.scores(Path(name) / "trials", times)
        if reason := instructions.lacking():
            screen.note(reason)
        else:
            yield from mutant_instructions.scores(plan, Path(name) / "instructions")
    yield from simulated_faults.scores(simulated_faults.rates(simulated_faults.FAULTS))


def _folder(results: Path, name: str | None) -> Path:
    """Make the folder of a score, which no earlier one has."""
    folder = results / (name or f"mutation-score-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BenchError(f"{folder} is there already; name another score") from None
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
