"""Faults put into simulated checks: how often each is found, how often equal sides alarm.

`python -m harness.checks.simulated_faults` (in scripts/) prints the table, with --csv as CSV.
"""

import csv
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from harness.checks.sequential import ENOUGH_STARTS
from harness.checks.simulation import (
    AS_MEASURED,
    CASES,
    CLIENTS,
    SECONDS,
    SETTLED,
    Fault,
    Noise,
    Turns,
    nothing,
    simulate,
)
from harness.core.labels import markdown_table
from harness.core.score import Score
from harness.core.statistics import Floats
from harness.core.units import percent

RUNS = 2000

JUDGE = "simulated checks"

# A cycle of the simulated load: 50 ms of waiting, 30 ms of thinking.
WAIT_MS, CYCLE_MS = 50.0, 80.0

# How long the requests in flight at the end of a turn are waited for.
DRAIN_MS = 1000.0


@dataclass(frozen=True, slots=True)
class Simulated:
    """A fault with the noise that it is put into; `equal` sides have it both, or neither."""

    name: str
    fault: Fault
    noises: Sequence[Noise] = AS_MEASURED
    equal: bool = False


@dataclass(frozen=True, slots=True)
class Rate:
    """In so many of so many checks a regression was called; in `alarms` of them where none was.

    `undecided` called none, but named a metric that they could not decide.
    """

    name: str
    equal: bool
    checks: int
    regressed: int
    undecided: int
    alarms: int
    by: str


def rates(
    faults: Sequence[Simulated], runs: int = RUNS, starts: int = ENOUGH_STARTS
) -> Iterator[Rate]:
    """Simulate so many checks of each fault; a seed for all makes them reproducible."""
    for each in faults:
        verdicts = simulate(each.fault, each.noises, starts, runs)
        bad = {name: int((found == "regressed").sum()) for name, found in verdicts.of.items()}
        alarms = verdicts.regressed if each.equal else verdicts.elsewhere
        yield Rate(
            name=each.name,
            equal=each.equal,
            checks=runs,
            regressed=int(verdicts.regressed.sum()),
            undecided=int(verdicts.undecided.sum()),
            alarms=int(alarms.sum()),
            by=max(bad, key=lambda name: bad[name]) if any(bad.values()) else "",
        )


def slower(ms: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let every request of HEAD take longer: fewer are asked in a turn, as clients are as many."""
    _fewer(head, CYCLE_MS / (CYCLE_MS + ms))
    for name in ("p50_ms", "p95_ms"):
        setattr(head, name, getattr(head, name) + ms)


def slower_than_the_drain(base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD answer each client once, after its turn is over and before or after the drain."""
    head.asked[:] = CLIENTS
    head.answered[:] = random.poisson(0.05 * CLIENTS, head.asked.shape)
    head.unanswered[:] = random.binomial(CLIENTS, 0.6, head.asked.shape)
    for name in ("p50_ms", "p95_ms"):
        setattr(head, name, np.full(head.asked.shape, DRAIN_MS))
    head.slow[:] = CLIENTS - head.unanswered


def hanging(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let some requests of HEAD never come back, with their clients until the turn is over."""
    sent_each = head.asked / CLIENTS
    # A client asks on until one of its requests hangs: of a geometric series the mean.
    _fewer(head, (1 - (1 - share) ** sent_each) / (share * sent_each))
    head.unanswered += random.binomial(head.asked.astype(np.int64), share)
    head.answered -= np.minimum(head.unanswered, head.answered)


def freezing(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD stand still for a second, some of it within the turn, in a share of its turns."""
    frozen = random.random(head.asked.shape) < share
    lost = np.where(frozen, random.uniform(0.3, 1.0, head.asked.shape), 0.0)
    _fewer(head, 1 - lost)
    head.slow += np.where(frozen, CLIENTS, 0.0)


def freezing_every(requests: int, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD stand still for a second after so many requests, fewer than a turn has.

    Its count goes on from turn to turn; the load of a start before its first turn leaves it
    anywhere.
    """
    settle_s = (SETTLED - 1) * SECONDS
    rate_rps = CLIENTS / CYCLE_MS * 1000
    count = random.uniform(0, requests, head.asked.shape[:2])
    for turn in range(head.asked.shape[-1]):
        freeze_s = (requests - count) / rate_rps
        lost_s = np.minimum(freeze_s + 1, settle_s + SECONDS) - np.maximum(freeze_s, settle_s)
        count = np.maximum(settle_s + SECONDS - freeze_s - 1, 0) * rate_rps
        for name in ("asked", "answered", "cpu_ms", "slow"):
            getattr(head, name)[..., turn] *= 1 - lost_s / SECONDS
    head.slow += CLIENTS


def reconnecting(base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD close its connection after every answer."""
    head.opened[:] = head.asked
    head.cpu_ms *= 1.1


def tailed(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let a share of HEAD's requests take 100 ms more, which p95 does not see."""
    head.slow += random.binomial(head.asked.astype(np.int64), share)


def leaking(bytes_each: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD keep some bytes of every request."""
    head.growth_kib += bytes_each / 1024


def dearer(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let HEAD use more CPU time for a request."""
    head.cpu_ms *= 1 + share


def wrong(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let a share of HEAD's answers be wrong."""
    head.failed += random.binomial(head.asked.astype(np.int64), share)
    head.answered -= np.minimum(head.failed, head.answered)


def failed_start(base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let one start of either side answer nothing rightly, as where a port was taken."""
    runs, starts, _ = head.asked.shape
    which = np.asarray(random.integers(0, starts, runs))
    whose = random.random(runs) < 0.5
    for side, chosen in ((base, whose), (head, ~whose)):
        row, start = np.arange(runs)[chosen], which[chosen]
        side.failed[row, start] = side.asked[row, start]
        side.answered[row, start] = 0.0


def half_speed(base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let the core be half as fast from one turn of the check on to another, whosever they are."""
    runs, starts, pairs = head.asked.shape
    turns = 2 * starts * pairs
    begins, ends = np.sort(random.integers(0, turns + 1, (2, runs)), axis=0)
    second = random.random((runs, starts, 1)) < 0.5
    number = 2 * np.arange(starts * pairs).reshape(starts, pairs)
    flipped = second ^ (np.arange(pairs) % 2 == 1)
    for side, when in ((base, number + flipped), (head, number + ~flipped)):
        slow = (when >= begins[:, None, None]) & (when < ends[:, None, None])
        _disturbed(side, np.where(slow, 0.7, 1.0))


def foreign(share: float, base: Turns, head: Turns, random: np.random.Generator) -> None:
    """Let another process take up to half of the core in a share of all turns."""
    for side in (base, head):
        hit = random.random(side.asked.shape) < share
        _disturbed(side, np.where(hit, random.uniform(0.5, 0.95, hit.shape), 1.0))


def _fewer(side: Turns, factor: Floats | float) -> None:
    """Let fewer requests be asked and answered, each for the same CPU time."""
    for name in ("asked", "answered", "cpu_ms", "slow"):
        setattr(side, name, getattr(side, name) * factor)


def _disturbed(side: Turns, factor: Floats) -> None:
    """Let the core give so much of its speed: latency and CPU time grow by what is lost."""
    _fewer(side, factor)
    side.cpu_ms /= factor**2
    side.slow += (1 - factor) * side.asked
    side.p50_ms, side.p95_ms = side.p50_ms / factor, side.p95_ms / factor


FAULTS = (
    Simulated("all slower than the drain", slower_than_the_drain),
    Simulated("2% of requests hang", partial(hanging, 0.02)),
    Simulated("frozen for 1 s in 1 turn of 2", partial(freezing, 1 / 2)),
    Simulated("frozen for 1 s in 1 turn of 6", partial(freezing, 1 / 6)),
    Simulated("frozen for 1 s in 1 turn of 12", partial(freezing, 1 / 12)),
    Simulated("frozen for 1 s once every 600 requests", partial(freezing_every, 600)),
    Simulated("keep-alive lost", reconnecting),
    Simulated("1.5% of requests + 100 ms", partial(tailed, 0.015)),
    Simulated("400 bytes leaked per request", partial(leaking, 400)),
    Simulated("+ 5% latency", partial(slower, 0.05 * WAIT_MS)),
    Simulated("+ 10% latency", partial(slower, 0.10 * WAIT_MS)),
    Simulated("+ 10% CPU time", partial(dearer, 0.10)),
    Simulated("1% of bodies wrong", partial(wrong, 0.01)),
    *(Simulated(name, nothing, noises, equal=True) for name, noises in CASES.items()),
    Simulated("one failed start", failed_start, equal=True),
    Simulated("core at half speed for a while", half_speed, equal=True),
    Simulated("foreign process in 1 turn of 5", partial(foreign, 0.2), equal=True),
)


def scores(without: Collection[str] = ()) -> Iterator[Score]:
    """Yield the rates as scores: the equal sides of a fault of HEAD are those of the other cell.

    `without` are the names of faults that are left out.
    """
    for rate in rates([fault for fault in FAULTS if fault.name not in without]):
        yield Score(
            fault=rate.name,
            place="simulated turns",
            judge=JUDGE,
            tries=0 if rate.equal else rate.checks,
            noticed=0 if rate.equal else rate.regressed,
            inconclusive=0 if rate.equal else rate.undecided,
            equal=rate.checks,
            false_alarms=rate.alarms,
            by=rate.by,
        )


HEADINGS = ("fault", "sides", "checks", "regressed", "undecided", "false alarms", "mostly by")


def markdown(found: Sequence[Rate]) -> str:
    """Write the table of docs/decisions/0007."""
    return markdown_table(HEADINGS, map(_row, found))


def _row(rate: Rate) -> tuple[str, ...]:
    def told(count: int) -> str:
        return f"{count:,} ({percent(count / rate.checks)})"

    found = "" if rate.equal else told(rate.regressed)
    sides = "equal" if rate.equal else "HEAD has it"
    alarms, undecided = told(rate.alarms), told(rate.undecided)
    return rate.name, sides, f"{rate.checks:,}", found, undecided, alarms, rate.by


def main(argv: Sequence[str]) -> None:
    """Print the table of all faults."""
    found = tuple(rates(FAULTS))
    if "--csv" not in argv:
        print(markdown(found), end="")
        return
    out = csv.writer(sys.stdout)
    out.writerow(("fault", "equal", "checks", "regressed", "undecided", "alarms", "by"))
    out.writerows(
        (r.name, r.equal, r.checks, r.regressed, r.undecided, r.alarms, r.by) for r in found
    )


if __name__ == "__main__":
    main(sys.argv[1:])
