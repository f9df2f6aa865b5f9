"""Checks that never ran: starts drawn from the noise of real ones, judged as those are.

Thousands at once, as arrays: the first axis runs over checks, the last over the starts of both
servers or over the turns of a start. The judge is harness.checks.judge itself. Pure, by seed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from harness.checks.judge import SURE_OF, Budget, decide, estimated
from harness.checks.metric import METRICS
from harness.checks.sequential import Flags, Quotients, looks
from harness.checks.starts import STALLED_BELOW
from harness.checks.turn import PAIRS_PER_START
from harness.core.statistics import Floats

Shape = tuple[int, int, int]
"""How many checks there are, starts of each, and pairs of each start."""

# What a turn of the default plan is: 56 clients that wait 50 ms and think 30 ms, for a second.
REQUESTS, SECONDS, CLIENTS = 690.0, 1.0, 56
SETTLED = 1.2
"""The requests of a whole turn over those of its window: those of settling come on top."""

# Between the last pair of a start and the first of the next lie the starts of both servers and the
# other cell: so many times what a pair takes.
GAP_PAIRS = 4.1


@dataclass(frozen=True, slots=True)
class Noise:
    """How equal sides scatter: standard deviations of ln(HEAD / BASE) from pair to pair.

    `alike` is the autocorrelation from pair to pair, which fades over the `gap` between starts as
    over so many pairs; `outliers` is the share of pairs that scatter three times as much as the
    others. `start` is what one start of a server differs from another by, in all it measures;
    `levels` is how far apart the two levels of memory are that a start has by chance.
    """

    throughput: float = 0.045
    p50: float = 0.021
    p95: float = 0.19
    cpu: float = 0.12
    alike: float = 0.0
    gap: float = GAP_PAIRS
    outliers: float = 0.05
    start: float = 0.007
    memory: float = 0.004
    levels: float = 0.0
    growth_kib: float = 0.12
    slow: float = 0.8


# One deployment as quiet as Gunicorn's threads are, one as noisy as Uvicorn: docs/decisions/0009.
QUIET = Noise(throughput=0.016, p50=0.002, p95=0.012, memory=0.001, growth_kib=0.08)
NOISY = Noise()
AS_MEASURED = (NOISY, QUIET)


def noisier(**other: float) -> tuple[Noise, ...]:
    """Return both cells as measured, with something of their noise replaced."""
    return tuple(replace(noise, **other) for noise in AS_MEASURED)


CASES: Mapping[str, Sequence[Noise]] = {
    "as measured (throughput 4.5%)": AS_MEASURED,
    "starts differ by 1%": noisier(start=0.01),
    "starts differ by 2%": noisier(start=0.02),
    "starts differ by 3%": noisier(start=0.03),
    "memory 10% apart by start": noisier(levels=0.10),
    "memory 20% apart by start": noisier(levels=0.20),
    "autocorrelation 0.3": noisier(alike=0.3),
    "autocorrelation 0.7": noisier(alike=0.7),
    "autocorrelation 0.7, one cell": (replace(NOISY, alike=0.7, gap=1.1),),
}
"""Noise of equal sides, for each cell of a check."""


@dataclass(slots=True)
class Turns:
    """The turns of one cell and side over many checks, with the counts of harness.checks.turn.

    Axes: checks, starts, turns of a start; of `p50_ms`, `p95_ms` and `rss_mib` there is one a turn,
    of `growth_kib` one a start.
    """

    answered: Floats
    asked: Floats
    failed: Floats
    unanswered: Floats
    opened: Floats
    dropped: Floats
    cpu_ms: Floats
    p50_ms: Floats
    p95_ms: Floats
    slow: Floats
    rss_mib: Floats
    growth_kib: Floats


Fault = Callable[[Turns, Turns, np.random.Generator], None]
"""What is put into BASE and HEAD of one cell; it changes the turns that it is given."""


def nothing(base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Leave both sides as they are."""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What so many checks said: of each metric of the first cell, and on the whole.

    A check is `regressed` by any metric of any cell, by one of another cell `elsewhere`; it is
    `undecided` where a metric is that more starts would have decided. `starts` is what it took.
    """

    of: Mapping[str, npt.NDArray[np.str_]]
    regressed: Flags
    elsewhere: Flags
    undecided: Flags
    starts: Floats


def simulate(
    fault: Fault = nothing,
    noises: Sequence[Noise] = AS_MEASURED,
    starts: int = 16,
    runs: int = 2000,
    seed: int = 1,
    sure_of: float = SURE_OF,
    pairs: int = PAIRS_PER_START,
) -> Verdicts:
    """Draw and judge so many checks of `starts` starts, a cell for each noise.

    The fault is put into the first cell.
    """
    random = np.random.default_rng(seed)
    shape = runs, starts, pairs
    cells = [drawn(noise, shape, random) for noise in noises]
    fault(*cells[0], random)
    counted = {
        (number, name): both
        for number, (base, head) in enumerate(cells)
        for name, both in quotients(base, head).items()
    }
    return _judged(counted, starts, runs, sure_of)


def drawn(noise: Noise, shape: Shape, random: np.random.Generator) -> tuple[Turns, Turns]:
    """Draw both sides of a cell; half of what sets a pair apart falls to either."""
    values = {
        name: scatter(noise, getattr(noise, name), shape, random)
        for name in ("throughput", "p50", "p95", "cpu")
    }
    return _side(noise, shape, values, 0.5, random), _side(noise, shape, values, -0.5, random)


def scatter(noise: Noise, sd: float, shape: Shape, random: np.random.Generator) -> Floats:
    """Draw log-ratios of pairs: an autoregressive process over all starts, and outliers."""
    runs, starts, pairs = shape
    steps = random.normal(size=shape)
    values = np.empty(shape)
    last = random.normal(size=runs)
    for start in range(starts):
        for pair in range(pairs):
            alike = noise.alike ** (1 if pair else 1 + noise.gap) if noise.alike else 0.0
            last = alike * last + (1 - alike**2) ** 0.5 * steps[:, start, pair]
            values[:, start, pair] = last
    far = random.random(shape) < noise.outliers
    wider = (1 + 8 * noise.outliers) ** 0.5
    return np.asarray(sd / wider * np.where(far, random.normal(0, 3, shape), values))


def quotients(base: Turns, head: Turns) -> dict[str, tuple[Quotients, Quotients]]:
    """Set out both sides as harness.checks.starts does, for each metric that is judged."""
    stood = STALLED_BELOW * np.median(base.answered, axis=(1, 2), keepdims=True)
    of_base, of_head = _counted(base, stood), _counted(head, stood)
    return {name: (of_base[name], of_head[name]) for name in METRICS}


def _side(
    noise: Noise,
    shape: Shape,
    values: Mapping[str, Floats],
    share: float,
    random: np.random.Generator,
) -> Turns:
    """Draw one side: its share of the noise of each pair, and its own starts."""
    by_start = {name: random.normal(0, noise.start, (*shape[:2], 1)) for name in values}
    factor = {name: np.exp(share * values[name] + by_start[name]) for name in values}
    asked = REQUESTS * factor["throughput"]
    level = random.random((*shape[:2], 1)) < 0.5
    zero = np.zeros(shape)
    clumps = np.exp(random.normal(-(noise.slow**2) / 2, noise.slow, shape))
    errors = random.random(shape) < 0.02
    return Turns(
        answered=asked.copy(),
        asked=asked,
        failed=np.where(errors, 1.0, 0.0),
        unanswered=zero.copy(),
        opened=zero.copy(),
        dropped=zero.copy(),
        cpu_ms=factor["cpu"] * asked * SETTLED,
        p50_ms=52 * factor["p50"],
        p95_ms=60 * factor["p95"],
        slow=random.poisson(0.01 * asked * clumps).astype(np.float64),
        rss_mib=60
        * np.exp(random.normal(0, noise.memory, (*shape[:2], 1)) + noise.levels * level)
        * np.ones(shape),
        growth_kib=0.5 + random.normal(0, noise.growth_kib / 2**0.5, shape[:2]),
    )


def _counted(side: Turns, stood: Floats) -> dict[str, Quotients]:
    """Sum the turns of each start as harness.checks.starts does."""
    asked = side.asked.sum(axis=-1)
    one = np.ones(asked.shape)
    turns = side.asked.shape[-1] * one
    throughput = Quotients(side.answered.sum(axis=-1), SECONDS * turns)
    served = SETTLED * asked
    return {
        "throughput_rps": throughput,
        "throughput_total_rps": throughput,
        "latency_p50_ms": Quotients(side.p50_ms.mean(axis=-1), one),
        "latency_p95_ms": Quotients(side.p95_ms.mean(axis=-1), one),
        "slow_share": Quotients((side.slow + side.failed + side.unanswered).sum(axis=-1), asked),
        "stalled_share": Quotients((side.answered < stood).sum(axis=-1).astype(np.float64), turns),
        "error_share": Quotients(side.failed.sum(axis=-1), asked),
        "unanswered_share": Quotients(side.unanswered.sum(axis=-1), asked),
        "connections_per_request": Quotients(side.opened.sum(axis=-1), asked),
        "dropped_per_request": Quotients(side.dropped.sum(axis=-1), asked),
        "server_cpu_ms_per_request": Quotients(side.cpu_ms.sum(axis=-1), served),
        "server_rss_mib": Quotients(side.rss_mib.sum(axis=-1), turns),
        "server_rss_kib_per_request": Quotients(side.growth_kib * served, served),
    }


def _judged(
    counted: Mapping[tuple[int, str], tuple[Quotients, Quotients]],
    starts: int,
    runs: int,
    sure_of: float,
) -> Verdicts:
    """Look as often as a check does, until each is done."""
    kinds = [METRICS[name] for _, name in counted]
    verdicts = np.full((len(kinds), runs), "undecided", dtype="<U9")
    blind = np.zeros(verdicts.shape, dtype=bool)
    took = np.zeros(runs)
    for at in looks(starts):
        estimates = [
            estimated(kind, base.first(at), head.first(at))
            for kind, (base, head) in zip(kinds, counted.values(), strict=True)
        ]
        found = decide(kinds, estimates, Budget(at, looks(starts), sure_of=sure_of))
        goes_on = took == 0
        verdicts[:, goes_on], blind[:, goes_on] = (
            found.verdicts[:, goes_on],
            found.blind[:, goes_on],
        )
        took[goes_on & (found.done | (at == starts))] = at
    first = np.array([number == 0 for number, _ in counted])
    regressed = verdicts == "regressed"
    return Verdicts(
        {name: verdicts[row] for row, (number, name) in enumerate(counted) if number == 0},
        regressed=regressed.any(axis=0),
        elsewhere=regressed[~first].any(axis=0),
        undecided=~regressed.any(axis=0) & ((verdicts == "undecided") & ~blind).any(axis=0),
        starts=took,
    )
