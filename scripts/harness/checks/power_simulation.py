"""Simulate the regression check: how often it alarms for nothing, and what it finds.

`python -m harness.checks.power_simulation` (in scripts/) prints the tables of docs/decisions/0007,
in a minute, the same each time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.checks import simulated_faults
from harness.checks.execute import START_S
from harness.checks.judge import SURE_OF
from harness.checks.sequential import ENOUGH_STARTS, FEWEST_STARTS, Flags
from harness.checks.simulation import (
    AS_MEASURED,
    CASES,
    NOISY,
    Noise,
    Turns,
    Verdicts,
    noisier,
    nothing,
    simulate,
)
from harness.checks.turn import PAIRS_PER_START
from harness.core.units import percent

# For rates near 0, and for those in between: one standard error of 80% is 0.9%.
RUNS, FOUND_RUNS = 10_000, 2_000
CHANGES = (0.025, 0.05, 0.10)

# In which steps the least change is looked for that is found in four checks of five.
STEPS = tuple(step / 200 for step in range(6, 61))
POWER = 0.8

# What a pair of one-second turns takes.
PAIR_S = 2.8

THROUGHPUTS = ("throughput_rps", "throughput_total_rps")


@dataclass(frozen=True, slots=True)
class Power:
    """What became of so many checks of equal sides, and of sides whose throughput differs.

    Shares of checks: `alarms` called anything regressed, `decided` left nothing undecided; `found`
    called throughput regressed, for each of CHANGES. `floor` is the least change that is found in
    four of five, None above 30%. `starts` is how many equal sides took.
    """

    name: str
    planned: int
    alarms: float
    decided: float
    found: tuple[float, ...]
    floor: float | None
    starts: float


def power(name: str, noises: Sequence[Noise], starts: int, runs: int = RUNS) -> Power:
    """Simulate checks of so many starts with this noise."""
    same = simulate(nothing, noises, starts, runs)
    return Power(
        name=name,
        planned=starts,
        alarms=float(same.regressed.mean()),
        decided=float(1 - same.undecided.mean()),
        found=tuple(found(change, noises, starts) for change in CHANGES),
        floor=floor(noises, starts),
        starts=float(same.starts.mean()),
    )


def found(
    change: float,
    noises: Sequence[Noise] = AS_MEASURED,
    starts: int = ENOUGH_STARTS,
    runs: int = FOUND_RUNS,
    sure_of: float = SURE_OF,
    pairs: int = PAIRS_PER_START,
) -> float:
    """Return the share of checks that call a HEAD regressed which serves less by `change`."""
    verdicts = simulate(
        partial(serving_less, change), noises, starts, runs, sure_of=sure_of, pairs=pairs
    )
    return float(_called(verdicts).mean())


def floor(noises: Sequence[Noise], starts: int, runs: int = 500) -> float | None:
    """Return the least change that four checks of five find; None where it is above the steps."""
    return next((step for step in STEPS if found(step, noises, starts, runs) >= POWER), None)


def serving_less(change: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let BASE serve more by `change`, in nothing but throughput: the rest would find it too."""
    head.answered /= 1 + change


def _called(verdicts: Verdicts) -> Flags:
    bad = [verdicts.of[name] == "regressed" for name in THROUGHPUTS]
    return np.asarray(np.logical_or.reduce(bad))


def rules(runs: int = FOUND_RUNS) -> Iterator[tuple[str, ...]]:
    """Compare what "regressed" may mean: how often true changes are called so."""
    for sure_of, name in (
        (0.0, "estimate beyond the margin, sure that there is a change"),
        (0.5, "besides surely beyond half the margin"),
        (SURE_OF, f"besides surely beyond {percent(SURE_OF)} of it (chosen)"),
        (1.0, "besides surely beyond all of it"),
    ):
        called = [found(change, runs=runs, sure_of=sure_of) for change in (0.015, *CHANGES)]
        quiet = [_of_quiet(change, runs, sure_of) for change in (0.015, *CHANGES)]
        yield (name, *(f"{percent(c)}, {percent(q)}" for c, q in zip(called, quiet, strict=True)))


def plans(runs: int = FOUND_RUNS) -> Iterator[tuple[str, ...]]:
    """Compare numbers of starts and pairs that take about as long: 2 s a start, 2.8 s a pair."""
    for starts, pairs in ((24, 1), (16, 2), (12, 3), (7, 7)):
        times = f"{2 * starts * (START_S + pairs * PAIR_S):.0f} s"
        called = [
            percent(found(change, noisier(start=start), starts, runs, pairs=pairs))
            for start in (NOISY.start, 0.01, 0.02)
            for change in CHANGES[1:]
        ]
        yield (str(starts), str(pairs), times, *called)


def _of_quiet(change: float, runs: int, sure_of: float) -> float:
    """Return how often a change is called in the quiet cell."""
    return found(change, AS_MEASURED[::-1], runs=runs, sure_of=sure_of)


def _row(power: Power) -> tuple[str, ...]:
    floor = f"over {percent(STEPS[-1])}" if power.floor is None else percent(power.floor)
    return (
        *(power.name, str(power.planned), percent(power.alarms), percent(power.decided)),
        *map(percent, power.found),
        *(floor, f"{power.starts:.1f}"),
    )


def _print(headings: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    print(f"\n| {' | '.join(headings)} |\n|{'---|' * len(headings)}")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def main() -> None:
    """Print what is found for each noise, what other rules would find, and each fault."""
    called = [f"{percent(change)} called" for change in CHANGES]
    _print(
        ("noise", "starts", "alarms", "equal sides decided", *called, "floor", "starts taken"),
        (
            _row(power(name, noises, starts))
            for starts in (ENOUGH_STARTS, FEWEST_STARTS)
            for name, noises in CASES.items()
        ),
    )
    changes = (*(percent(change) for change in (0.015, *CHANGES)),)
    _print(("regressed is what is, by", *changes), rules())
    differ = [
        f"{percent(start)}: {percent(c)}" for start in (0.005, 0.01, 0.02) for c in CHANGES[1:]
    ]
    _print(("starts", "pairs of each", "for two cells", *differ), plans())
    print(
        f"\n{simulated_faults.markdown(tuple(simulated_faults.rates(simulated_faults.FAULTS)))}",
        end="",
    )


if __name__ == "__main__":
    main()
