"""Simulated checks: the rates that docs/decisions/0007 quotes, with fewer runs."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from harness.checks.judge import Side, judge
from harness.checks.power_simulation import found
from harness.checks.sequential import FEWEST_STARTS, Quotients, looks
from harness.checks.simulated_faults import FAULTS, Simulated, markdown, rates, slower
from harness.checks.simulation import (
    AS_MEASURED,
    CASES,
    NOISY,
    QUIET,
    Noise,
    drawn,
    noisier,
    nothing,
    quotients,
    scatter,
    simulate,
)
from harness.checks.starts import Quotient
from harness.checks.turn import PAIRS_PER_START
from tests.support.builders import judged

RUNS = 1000
SIX_MINUTES = 16


@pytest.mark.parametrize("starts", [SIX_MINUTES, FEWEST_STARTS])
@pytest.mark.parametrize(
    "name", [name for name in CASES if name != "autocorrelation 0.7, one cell"]
)
def test_equal_sides_hardly_ever_alarm(name: str, starts: int) -> None:
    """At most 1% is meant; of 1,000 that are 10, and 20 or more come once in 300 (binomial)."""
    assert simulate(nothing, CASES[name], starts, RUNS).regressed.sum() < 20


def test_a_change_of_five_percent_is_found() -> None:
    """At least 80% is meant: 800 of 1,000, give or take 12.6; 762 is three errors less."""
    assert found(0.05, runs=RUNS) * RUNS >= 762


def test_a_change_of_ten_percent_is_found() -> None:
    """At least 99% is meant: of 1,000 that are 990, give or take 3.1; also where starts differ."""
    assert found(0.10, runs=RUNS) * RUNS >= 981
    assert found(0.10, noisier(start=0.01), runs=RUNS) * RUNS >= 981


def test_three_quarters_of_the_margin_are_called_a_change_in_one_check_of_forty() -> None:
    """2.25%: 2.5% of 1,000 are 25, give or take 5; so are 1.5%, in fewer."""
    for noises in (AS_MEASURED, AS_MEASURED[::-1]):
        assert found(0.0225, noises, runs=RUNS) * RUNS <= 40
        assert found(0.015, noises, runs=RUNS) * RUNS <= 10


def test_equal_sides_are_decided() -> None:
    """At least 90% of 1,000, less three errors of 9.5."""
    assert (~simulate(runs=RUNS).undecided).sum() >= 871


FOUND = {
    "all slower than the drain": 0.99,
    "2% of requests hang": 0.99,
    "frozen for 1 s once every 600 requests": 0.99,
    "keep-alive lost": 0.99,
    "1.5% of requests + 100 ms": 0.75,
    "400 bytes leaked per request": 0.95,
    "+ 5% latency": 0.95,
    "+ 10% latency": 0.99,
    "1% of bodies wrong": 0.99,
}


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name in FOUND], ids=lambda f: f.name)
def test_a_fault_of_head_is_found(fault: Simulated) -> None:
    """In so many of 400 checks; the cell that has no fault alarms in 1% of them at most."""
    (rate,) = rates([fault], 400)
    assert rate.regressed >= FOUND[fault.name] * 400
    assert rate.alarms <= 9


@pytest.mark.parametrize(
    "fault", [f for f in FAULTS if f.equal and f.name not in CASES], ids=lambda f: f.name
)
def test_what_both_sides_have_is_no_regression(fault: Simulated) -> None:
    """1% of 400 is 4; 10 come once in 120."""
    (rate,) = rates([fault], 400)
    assert rate.alarms == rate.regressed <= 9


def test_rare_stalls_are_never_called_unchanged_for_sure() -> None:
    """A second in 1 turn of 6: hardly ever regressed, as 5 stalls may be chance, but undecided."""
    fault = next(f for f in FAULTS if f.name == "frozen for 1 s in 1 turn of 6")
    (rate,) = rates([fault], 400)
    assert rate.undecided + rate.regressed >= 0.97 * 400


def test_many_checks_are_judged_as_one_is() -> None:
    """The arrays of the simulation and the values of a check give the same verdicts."""
    random = np.random.default_rng(5)
    runs = 20
    base, head = drawn(NOISY, (runs, SIX_MINUTES, PAIRS_PER_START), random)
    slower(4.0, base, head, random)
    both = quotients(base, head)
    found = simulate(partial(slower, 4.0), [NOISY], SIX_MINUTES, runs, seed=5)
    for run in range(runs):
        of_base, of_head = (
            {judged(name): listed(sides[number], run) for name, sides in both.items()}
            for number in (0, 1)
        )
        taken = int(found.starts[run])
        changes = judge(first(taken, of_base), first(taken, of_head), None, looks(SIX_MINUTES))
        verdicts = {change.metric.name: change.verdict for change in changes}
        assert verdicts == {name: found.of[name][run] for name in both}


def first(starts: int, side: Side) -> Side:
    """Cut a side after so many starts."""
    return {name: values[:starts] for name, values in side.items()}


def listed(side: Quotients, run: int) -> Sequence[Quotient]:
    """List the starts of one check."""
    return list(zip(side.counted[run].tolist(), side.over[run].tolist(), strict=True))


def test_noise_is_drawn_as_described() -> None:
    """As wide as is said, outliers included; neighbours as alike, the less the longer between."""
    random, shape = np.random.default_rng(1), (1000, 10, 2)
    assert scatter(NOISY, 0.05, shape, random).std() == pytest.approx(0.05, rel=0.03)
    alike = scatter(Noise(alike=0.7, gap=0, outliers=0), 1.0, shape, random)
    for one, other in ((alike[:, :, 0], alike[:, :, 1]), (alike[:, :-1, 1], alike[:, 1:, 0])):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(0.7, abs=0.03)
    far = scatter(Noise(alike=0.7, gap=4.1, outliers=0), 1.0, shape, random)
    # 0.7 ** 5.1 = 0.162
    pair = far[:, :-1, 1].ravel(), far[:, 1:, 0].ravel()
    assert np.corrcoef(*pair)[0, 1] == pytest.approx(0.162, abs=0.03)


def test_starts_differ_as_described() -> None:
    """2% in all that a start measures, the same in both its turns; memory on two levels."""
    noise = replace(QUIET, throughput=0.0, start=0.02, levels=0.15, memory=0.0)
    base, _ = drawn(noise, (2000, 8, 2), np.random.default_rng(1))
    assert np.log(base.asked).std() == pytest.approx(0.02, rel=0.05)
    assert (base.asked[..., 0] == base.asked[..., 1]).all()
    low, high = np.unique(base.rss_mib)
    assert np.log(high / low) == pytest.approx(0.15)


def test_the_same_seed_gives_the_same_table() -> None:
    """Counts with their shares, and which metric it was."""
    fault = [f for f in FAULTS if f.name == "keep-alive lost"]
    table = markdown(tuple(rates(fault, 50)))
    assert table == markdown(tuple(rates(fault, 50)))
    assert table.splitlines()[2] == (
        "| keep-alive lost | HEAD has it | 50 | 50 (100%) | 0 (0%) | 0 (0%) "
        "| connections_per_request |"
    )
