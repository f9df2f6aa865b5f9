"""What a person sees of a load while it runs, from what Locust counts."""

from _looks import Look, figures, p95


def test_figures_are_those_of_the_last_seconds() -> None:
    """Of 40 that ended in 2 s, 4 failed: 18 good answers a second; failures count from the start.

    The 38th of 40 is the 95th percentile: 30 took 10 ms, 8 took 20 ms, 2 took 500 ms.
    """
    before = Look(100.0, 8, 60, 1, {10: 50, 250: 10})
    now = Look(102.0, 16, 100, 5, {10: 80, 20: 8, 250: 10, 500: 2})
    assert figures(before, now) == {
        "users": 16,
        "throughput_rps": 18.0,
        "latency_p95_ms": 20,
        "failed": 5,
    }


def test_where_nobody_answers_there_is_no_percentile() -> None:
    """The rate is 0, and what was answered before does not count."""
    still = Look(100.0, 8, 60, 0, {10: 60})
    later = still._replace(at_s=103.0)
    assert figures(still, later) == {
        "users": 8,
        "throughput_rps": 0.0,
        "latency_p95_ms": None,
        "failed": 0,
    }


def test_counts_that_a_locustfile_has_reset_are_not_negative() -> None:
    """60 were counted before, 3 since the reset."""
    before = Look(100.0, 8, 60, 2, {10: 60})
    now = Look(101.0, 8, 3, 0, {10: 3})
    assert figures(before, now)["throughput_rps"] == 0
    assert figures(before, now)["latency_p95_ms"] is None


def test_a_percentile_is_the_latency_that_so_many_did_not_exceed() -> None:
    """19 of 20 is 95%; one more that is slow moves it."""
    assert p95({10: 19, 900: 1}) == 10
    assert p95({10: 18, 900: 2}) == 900
    assert p95({}) is None
