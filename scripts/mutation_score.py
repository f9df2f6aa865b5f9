"""Put known faults in, and count how often the suite notices them and alarms for nothing."""

import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.checks import mutant_instructions, simulated_faults
from harness.core import plan_file
from harness.core.score import Score
from harness.report import mutation_score
from harness.rig import valgrind
from harness.runs import mutants
from harness.terminal import mutation_score as screen
from harness.terminal import terminal

CHECK_PLAN = Path("loadtests/plans/check.toml")


def main(argv: list[str]) -> int:
    """Score all faults; return 0 where each was tried, whether it was noticed or not."""
    options = _options(argv)
    stopped = "stopped before the end; RUN=name continues it"
    return terminal.run(lambda: _score(options), stopped)


def _options(argv: list[str]) -> Namespace:
    parser = terminal.Parser(prog="make mutation-score", description=__doc__)
    parser.add_argument("--times", type=terminal.times, default=3, help="trials of each fault")
    parser.add_argument("--name", help="name of the folder in the results; continues one")
    parser.add_argument("--results", type=Path, default=Path("results"))
    return parser.parse_args(argv)


def _score(options: Namespace) -> int:
    """Try fault after fault; store and print each score, then the sentences."""
    name = options.name or f"mutation-score-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    folder = options.results / name
    folder.mkdir(parents=True, exist_ok=True)
    for score in _scores(options.times, mutation_score.read(folder)):
        mutation_score.append(folder, score)
        screen.score(score)
    scores = mutation_score.read(folder)
    (folder / "score.md").write_text(mutation_score.markdown(scores))
    screen.summary(scores, folder)
    return 0


def _scores(times: int, earlier: Sequence[Score]) -> Iterator[Score]:
    """Yield the scores still missing: trials, counts of instructions, simulated checks."""

    def scored(judge: str) -> set[str]:
        return {score.fault for score in earlier if score.judge == judge}

    plan, _ = plan_file.read(CHECK_PLAN)
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        yield from mutants.scores(Path(name) / "trials", times, scored(mutants.JUDGE))
        if reason := valgrind.lacking():
            screen.note(reason)
        else:
            counted = scored(mutant_instructions.JUDGE)
            yield from mutant_instructions.scores(plan, Path(name) / "instructions", counted)
    yield from simulated_faults.scores(scored(simulated_faults.JUDGE))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
