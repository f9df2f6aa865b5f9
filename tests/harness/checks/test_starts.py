"""What the turns of a start are summed up to, by arithmetic."""

from dataclasses import replace

import numpy as np
import pytest

from harness.checks.starts import failures, limits, sides, value
from harness.core.gate import Doubt, GateName
from tests.support.turns import REQUESTS, starts, turn

LATE = Doubt(GateName.GENERATOR, "it woke up 9 ms late (p99), 5 ms are allowed")


def test_the_turns_of_a_start_are_added_up() -> None:
    """100 answers in one second and 300 in another: 200 a second."""
    both = [turn("HEAD", answered=100), turn("HEAD", answered=300)]
    assert value("throughput_rps", both) == value("throughput_total_rps", both) == 200
    assert value("error_share", [turn("HEAD", failed=1), turn("HEAD", failed=3)]) == 4 / 400
    assert value("connections_per_request", [turn("HEAD", opened=REQUESTS)]) == 1
    assert value("unanswered_share", [turn("HEAD", unanswered=4)]) == 0.02
    assert value("dropped_per_request", [turn("HEAD", dropped=2)]) == 0.01


def test_cpu_time_is_that_of_all_requests() -> None:
    """1 ms for each of 200, and 3 ms for each of 600: 2.5, not 2."""
    both = [turn("HEAD", cpu_ms=200.0), turn("HEAD", cpu_ms=1800.0, served=600)]
    assert value("server_cpu_ms_per_request", both) == 2.5
    assert value("server_cpu_ms_per_request", [turn("HEAD", cpu_ms=None)]) is None


def test_memory_grows_from_when_the_server_is_ready_to_its_last_turn() -> None:
    """50 to 52 MiB, whatever the order they stand in: 2,048 KiB over 600 requests."""
    first = turn("HEAD", began=1.0, rss_after_mib=51.5, served_so_far=400)
    last = turn("HEAD", began=3.0, rss_after_mib=52.0, served_so_far=600)
    assert value("server_rss_kib_per_request", [last, first]) == 2048 / 600
    assert value("server_rss_mib", [first, last]) == 51.75


def test_percentiles_are_those_of_all_requests_of_a_start() -> None:
    """200 of 100 ms and 100 of 200 ms: the 285th of 300 is one of the latter."""
    both = [turn("HEAD"), turn("HEAD", 2.0)]
    assert value("latency_p50_ms", both) == 100
    assert value("latency_p95_ms", both) == 200


def test_a_p95_of_under_100_requests_is_none() -> None:
    """Fewer than five values would stand above it."""
    few = replace(turn("HEAD"), latencies_ms=np.full(49, 10.0))
    assert value("latency_p95_ms", [few, few]) is None
    assert value("latency_p50_ms", [few, few]) == 10


def test_slow_is_what_is_slower_than_99_of_100_of_bases_own() -> None:
    """BASE: 198 of 100 ms, 2 of 300: its p99 is 100. HEAD: 8 of 150 ms and one that failed."""
    base = replace(turn("BASE"), latencies_ms=np.array([100.0] * 198 + [300.0] * 2))
    head = replace(turn("HEAD", failed=1), latencies_ms=np.array([100.0] * 191 + [150.0] * 8))
    made = starts(2, [head], [base])
    assert limits(made).slow_ms == 100
    of_base, of_head = sides(made)
    assert of_base["slow_share"] == [(4, 400)] * 2
    assert of_head["slow_share"] == [(18, 400)] * 2


def test_a_p99_of_few_requests_says_nothing_of_what_is_slow() -> None:
    """400 of BASE in all, where 500 are needed."""
    assert limits(starts(1)).slow_ms is None
    assert sides(starts(1))[1]["slow_share"] == [None]


def test_an_objective_is_what_slow_is_where_there_is_one() -> None:
    """Nothing is slower than 200 ms."""
    _, head = sides(starts(1), objective_ms=200)
    assert head["slow_share"] == [(0, 400)]


def test_a_turn_below_half_of_bases_middle_has_stalled() -> None:
    """99 answers where BASE usually gives 200; one that served nothing is not left out."""
    head = [turn("HEAD", answered=99), turn("HEAD", answered=0), turn("HEAD"), turn("HEAD")]
    base, found = sides(starts(4, head))
    assert found["stalled_share"] == [(2, 2), (0, 2), (2, 2), (0, 2)]
    assert base["stalled_share"] == [(0, 2)] * 4


def test_a_gate_that_any_turn_failed_is_a_metric_of_both_sides() -> None:
    """HEAD fails it in one turn of two."""
    base, head = sides(starts(2, [turn("HEAD", 1, (LATE,)), turn("HEAD")]))
    assert head["gate_generator"] == [(1, 2), (1, 2)]
    assert base["gate_generator"] == [(0, 2), (0, 2)]
    assert not any(name.startswith("gate_") for name in sides(starts(2))[0])


def test_failures_are_counted_once_for_each_turn() -> None:
    """However many flags of a gate it has; the first is kept."""
    other = Doubt(GateName.GENERATOR, "it used 90% of its core")
    assert failures([turn("HEAD", 1, (LATE, other)), turn("HEAD")]) == {
        GateName.GENERATOR: (1, LATE)
    }


def test_what_was_never_asked_has_no_share() -> None:
    """A HEAD whose clients are all still waiting: no answer, and nothing to divide by."""
    stuck = turn("HEAD", asked=0, answered=0, served=0)
    assert value("throughput_rps", [stuck]) == 0
    assert value("error_share", [stuck]) is None
    assert value("server_cpu_ms_per_request", [stuck]) is None
    with pytest.raises(KeyError):
        value("slow_share", [stuck])
