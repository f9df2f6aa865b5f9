"""The search for the highest load that is held, on simulated servers whose capacity is known."""

from collections.abc import Callable
from math import exp, log
from random import Random

import pytest

from harness.core.capacity import (
    CONFIRMATIONS,
    MOST_TRIALS,
    MOST_VOID,
    PACE,
    RESOLUTION,
    STEP,
    Probe,
    Scope,
    Search,
    interval,
    repeats,
)
from harness.core.holding import Capacity, Limit, Outcome

SCOPE = Scope(first=100, lowest=2, highest=3000)

Server = Callable[[float], Probe]


def steady(capacity: float) -> Server:
    """Build a server that holds each load up to its capacity, and serves that when overloaded."""
    return noisy(capacity, 0, Random(1))


def noisy(capacity: float, noise: float, random: Random) -> Server:
    """Build a server whose capacity differs from start to start by a factor."""

    def serve(load: float) -> Probe:
        now = capacity * exp(random.gauss(0, noise))
        return Probe(load, Outcome.MET) if load <= now else Probe(load, Outcome.MISSED, now)

    return serve


def carried_out(server: Server, scope: Scope = SCOPE) -> Search:
    """Return a search that has come to its end."""
    search = Search(scope)
    while (load := search.next_load) is not None:
        search.add(server(load))
    return search


def single_server_p95_ms(rate_rps: float, service_s: float) -> float:
    """Return the p95 of M/M/1: time in system is exponential with rate 1/S - X."""
    spare = 1 / service_s - rate_rps
    return -log(0.05) / spare * 1000 if spare > 0 else float("inf")


@pytest.mark.parametrize("capacity", [3.1, 20, 99, 101, 256, 1999])
def test_a_capacity_is_found_within_its_interval(capacity: float) -> None:
    """From 100, by factors of four down and up, to as close as loads are told apart."""
    search = carried_out(steady(capacity))
    answer = search.capacity
    assert answer.load is not None and answer.low is not None and answer.high is not None
    assert answer.low < capacity < answer.high
    assert answer.load == pytest.approx(capacity, rel=RESOLUTION - 1)
    assert (answer.limit, answer.confirmed) == (Limit.OBJECTIVE, True)
    assert answer.trials <= 13


def test_the_objective_of_a_queue_is_met_up_to_what_theory_says() -> None:
    """M/M/1, S = 10 ms, p95 <= 100 ms: ln(20) / (100 - X) <= 0.1 s, so X <= 100 - 29.96 = 70.04."""

    def serve(load: float) -> Probe:
        met = single_server_p95_ms(load, 0.01) <= 100
        return Probe(load, Outcome.MET) if met else Probe(load, Outcome.MISSED, min(load, 100))

    assert carried_out(serve).capacity.load == pytest.approx(70.04, rel=RESOLUTION - 1)


@pytest.mark.long
@pytest.mark.parametrize("noise", [0.02, 0.05])
@pytest.mark.parametrize("pace", [0, PACE])
def test_nine_of_ten_searches_repeat_within_their_own_interval(noise: float, pace: float) -> None:
    """Of 60 pairs of searches; the interval has the true capacity at least as often.

    From search to search the machine's pace differs as well, which no trial of one tells.
    """
    random = Random(5)
    repeated = right = 0
    for _ in range(60):
        capacity = exp(random.uniform(log(10), log(1500)))
        one, other = (
            carried_out(noisy(capacity * exp(random.gauss(0, pace)), noise, random)).capacity
            for _ in range(2)
        )
        assert one.low and one.high and other.load
        repeated += one.low <= other.load <= one.high
        right += one.low <= capacity <= one.high
    assert repeated >= 54
    assert right >= 54


def test_a_search_repeats_where_the_median_of_the_others_is_within_its_interval() -> None:
    """Of 98, 100, 102 and 120, each within a tenth: 120 does not have 100, the others have it."""
    searches = [
        Capacity(load, 0.9 * load, 1.1 * load, Limit.OBJECTIVE, True, 10)
        for load in (98.0, 100.0, 102.0, 120.0)
    ]
    assert repeats(searches) == (True, True, True, False)


def test_a_search_without_an_upper_bound_repeats_above_and_one_without_a_load_at_none() -> None:
    """At least 90 is right where others hold 100; that no load is held is not."""
    least = Capacity(90.0, 90.0, None, Limit.FLAGS, True, 10)
    nothing = Capacity(None, None, None, Limit.OBJECTIVE, True, 10)
    others = [Capacity(100.0, 95.0, 105.0, Limit.OBJECTIVE, True, 10)] * 3
    assert repeats([least, *others])[0]
    assert not repeats([nothing, *others])[0]
    assert repeats([nothing, nothing]) == (True, True)


def test_noise_takes_more_trials_up_to_a_limit() -> None:
    """Of twenty searches each, at 1 % and at 10 % from start to start."""

    def trials(noise: float) -> int:
        random = Random(3)
        return sum(len(carried_out(noisy(300, noise, random)).probes) for _ in range(20))

    assert trials(0.01) < trials(0.1) <= 20 * MOST_TRIALS


def test_outcomes_that_contradict_each_other_widen_the_interval() -> None:
    """Of as many trials at the same two loads, two of which came out the other way round."""
    _, low, high = interval([98] * 6, [102] * 6)
    _, lower, higher = interval([98] * 4 + [102] * 2, [102] * 4 + [98] * 2)
    assert log(higher / lower) > 1.3 * log(high / low)


def test_each_end_of_the_bracket_is_tried_again() -> None:
    """On a steady server: three trials of the highest load that is met, three of the next."""
    search = carried_out(steady(256))
    loads = [probe.load for probe in search.probes]
    met = max(probe.load for probe in search.probes if probe.outcome is Outcome.MET)
    missed = min(probe.load for probe in search.probes if probe.outcome is Outcome.MISSED)
    assert (loads.count(met), loads.count(missed)) == (CONFIRMATIONS, CONFIRMATIONS)


def test_what_an_overloaded_server_serves_shortens_the_search() -> None:
    """The same server without a hint needs more trials."""

    def silent(load: float) -> Probe:
        return Probe(load, Outcome.MET if load <= 1500 else Outcome.MISSED)

    assert len(carried_out(steady(1500)).probes) < len(carried_out(silent).probes)


def test_an_objective_that_no_load_meets_has_no_capacity() -> None:
    """The lowest load is missed in three trials, and then nothing lower is tried."""
    search = carried_out(lambda load: Probe(load, Outcome.MISSED))
    assert (search.capacity.load, search.capacity.low) == (None, None)
    assert [probe.load for probe in search.probes[-3:]] == [SCOPE.lowest] * 3
    assert not search.capacity.at_least


def test_a_server_that_holds_the_highest_load_holds_at_least_that() -> None:
    """It is confirmed as any other end."""
    search = carried_out(lambda load: Probe(load, Outcome.MET))
    answer = search.capacity
    assert (answer.load, answer.low, answer.high) == (SCOPE.highest, SCOPE.highest, None)
    assert (answer.at_least, answer.limit, answer.confirmed) == (True, Limit.HIGHEST, True)
    assert [probe.load for probe in search.probes].count(SCOPE.highest) == CONFIRMATIONS


def test_loads_at_which_no_trial_can_be_trusted_limit_the_search() -> None:
    """From 640 on the load generator is the bottleneck: at least what lies just below."""

    def serve(load: float) -> Probe:
        return Probe(load, Outcome.VOID if load >= 640 else Outcome.MET)

    answer = carried_out(serve).capacity
    assert answer.load is not None and 640 / RESOLUTION < answer.load < 640
    assert (answer.at_least, answer.limit) == (True, Limit.FLAGS)


def test_a_flagged_trial_is_repeated_and_never_counts() -> None:
    """Every third trial says nothing: the answer is that of the others."""
    taken = []

    def serve(load: float) -> Probe:
        taken.append(load)
        return Probe(load, Outcome.VOID) if len(taken) % 3 == 0 else steady(256)(load)

    search = carried_out(serve)
    assert taken[2] == taken[3]
    assert (search.capacity.confirmed, search.capacity.limit) == (True, Limit.OBJECTIVE)
    assert search.capacity.load == pytest.approx(256, rel=RESOLUTION - 1)
    judged = [probe for probe in search.probes if probe.outcome is not Outcome.VOID]
    assert Search(SCOPE, judged).capacity.load == search.capacity.load


def test_a_search_of_which_every_trial_is_flagged_comes_to_nothing() -> None:
    """It ends by itself, without a capacity."""
    search = carried_out(lambda load: Probe(load, Outcome.VOID))
    assert search.capacity.load is None
    assert len(search.probes) <= MOST_TRIALS
    assert [probe.load for probe in search.probes].count(SCOPE.lowest) == MOST_VOID


def test_outcomes_that_contradict_each_other_move_the_ends_outwards() -> None:
    """The lower end, met once, is missed when it is tried again: it is no longer the lower end."""
    search = Search(SCOPE)
    for load, outcome in ((100, Outcome.MET), (400, Outcome.MISSED), (200, Outcome.MET)):
        search.add(Probe(load, outcome))
    for load, outcome in ((283, Outcome.MET), (290, Outcome.MISSED), (283, Outcome.MISSED)):
        search.add(Probe(load, outcome))
    after = search.next_load
    assert after == pytest.approx(283 / STEP, rel=0.01)


def test_an_upper_end_that_is_contradicted_moves_by_a_step_and_not_to_the_middle() -> None:
    """Met at 255 after it was missed there: 281 is next, not the middle up to 800."""
    search = Search(SCOPE)
    outcomes = ((250, Outcome.MET), (800, Outcome.MISSED), (255, Outcome.MISSED))
    for load, outcome in (*outcomes, (255, Outcome.MET)):
        search.add(Probe(load, outcome))
    assert search.next_load == pytest.approx(255 * STEP, rel=0.01)


def test_users_are_searched_in_whole_numbers() -> None:
    """Seven are held and eight are not."""
    search = carried_out(steady(7.5), Scope(first=16, lowest=1, highest=1000, whole=True))
    loads = {probe.load for probe in search.probes}
    assert {7, 8} <= loads
    assert all(load == int(load) for load in loads)


def test_a_search_that_is_told_the_same_again_goes_on_where_it_stopped() -> None:
    """After each number of trials, the next load is the one that was asked."""
    probes = carried_out(steady(123)).probes
    for done, probe in enumerate(probes):
        assert Search(SCOPE, probes[:done]).next_load == probe.load
    assert Search(SCOPE, probes).next_load is None


def test_the_interval_is_symmetric_where_the_outcomes_are() -> None:
    """Met at 80 and missed at 125: the middle is 100, and each bound as many times off."""
    middle, low, high = interval([80, 80], [125, 125])
    assert middle == pytest.approx(100, rel=0.01)
    assert high / middle == pytest.approx(middle / low, rel=0.01)


def test_more_of_the_same_outcomes_narrow_the_interval() -> None:
    """Eight trials of each end beside two."""
    widths = []
    for times in (2, 8):
        _, low, high = interval([98] * times, [102] * times)
        widths.append(log(high / low))
    assert widths[1] < 0.7 * widths[0]


@pytest.mark.parametrize("loads", [(0, 0, 1), (6, 2, 5), (1, 2, 5)])
def test_a_scope_goes_from_the_lowest_load_by_the_first_to_the_highest(
    loads: tuple[float, float, float],
) -> None:
    """Its loads are positive."""
    first, lowest, highest = loads
    with pytest.raises(ValueError, match="0 < lowest <= first <= highest"):
        Scope(first, lowest, highest)
