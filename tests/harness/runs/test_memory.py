"""The verdict on memory: at rest, in flight, growth; leaks found, and none where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.memory import Estimate, MemoryUse
from harness.core.record import Extra, Record
from harness.report import memory as report
from harness.runs.memory import estimate, finding, memory_uses
from harness.runs.summarise import summarise
from tests.support.builders import MACHINE, deployment, plan, records, scenario

SHARED = deployment("uvicorn-shared", "asgi", views="async")
PLAN = plan(3, (100, 200, 300), (SHARED,), (scenario("wait", wait_ms=250),))


def with_memory(record: Record, growth_mib: float = 0.0, requests: int = 10_000) -> Record:
    """Give a record two workers of 30 MiB at rest, 2 MiB for each 100 in flight, and a growth."""
    in_flight = record.measurement.throughput_rps or 0.0
    in_flight *= (record.measurement.latency_mean_ms or 0.0) / 1000
    extra = replace(
        record.extra,
        workers=2,
        at_rest_mib=60.0,
        server_pss_mib=70 + 2 * in_flight / 100,
        growth_requests=requests,
        server_growth_mib=growth_mib,
    )
    return replace(record, extra=extra)


def run(growths_mib: tuple[float, ...] = (0, 0, 0), requests: int = 10_000) -> list[Record]:
    """Build the records of PLAN, each load step of a round with the growth of that round."""
    return [
        with_memory(timed(record), growths_mib[record.trial.round - 1], requests)
        for record in records(PLAN)
        if record.trial.round <= len(growths_mib)
    ]


def timed(record: Record) -> Record:
    """Give a record the mean latency that its users and its rate have, without think time."""
    rate_rps = record.measurement.throughput_rps or 1.0
    latency_ms = record.trial.users / rate_rps * 1000
    measurement = replace(record.measurement, latency_mean_ms=latency_ms)
    return replace(record, measurement=measurement)


def only(kept: list[Record]) -> MemoryUse:
    """Return the memory of the one deployment."""
    (use,) = memory_uses(PLAN, kept)
    return use


def test_a_worker_at_rest_and_what_a_hundred_in_flight_add() -> None:
    """60 MiB of two workers are 30 each; by Little's law all users are in flight: 2 MiB a 100."""
    use = only(run())
    assert use.counting == "PSS"
    assert use.at_rest_mib == Estimate(30.0, 0.0, 3)
    assert use.in_flight_mib and use.in_flight_mib.middle == pytest.approx(2)
    assert use.in_flight_mib.error == pytest.approx(0, abs=1e-9)


def test_a_known_leak_is_found_and_named() -> None:
    """400 bytes a request are 3.81 MiB per 10,000: by 0.05 from start to start, a leak.

    The standard error of 3.76, 3.81, 3.86 is 0.05 / sqrt(3) = 0.029.
    """
    each = 400 * 10_000 / 2**20
    kept = run((each - 0.05, each, each + 0.05))
    use = only(kept)
    assert use.finding == "leak"
    assert use.growth_mib and use.growth_mib.middle == pytest.approx(each)
    assert use.growth_mib.error == pytest.approx(0.0289, abs=1e-4)
    assert use.in_flight_mib is None  # what leaked would count as theirs
    (sentence,) = report.leaks(summarise("run", PLAN, MACHINE, kept).memory_uses)
    assert "`wait`, uvicorn-shared leaks memory" in sentence
    assert "3.81 ± 0.029 MiB per 10,000 requests" in sentence


def test_memory_that_stays_is_no_leak() -> None:
    """Growth of 0.01 MiB, give or take as much."""
    kept = run((0.0, 0.01, 0.02))
    assert only(kept).finding == "no leak"
    summary = summarise("run", PLAN, MACHINE, kept)
    assert report.leaks(summary.memory_uses) == ()
    (sentence,) = report.sentences(summary)
    assert "no leak in uvicorn-shared: growth is below 1 MiB" in sentence


def test_starts_that_contradict_each_other_leave_it_open() -> None:
    """0, 2 and 4 MiB: the mean of 2 has an error of 1.15, and its interval 6.96 times that."""
    kept = run((0.0, 2.0, 4.0))
    assert only(kept).finding == "undecided"
    (sentence,) = report.sentences(summarise("run", PLAN, MACHINE, kept))
    assert "growth is inconclusive for uvicorn-shared" in sentence


@pytest.mark.parametrize(
    ("kept", "why"),
    [(run((9.0, 9.0)), "too few starts"), (run((9.0,) * 3, requests=1_600), "too few requests")],
)
def test_too_few_points_are_said_to_be_too_few(kept: list[Record], why: str) -> None:
    """However much it grew: two starts, or three load steps of 1,600 requests, 4,800 a start."""
    assert only(kept).finding == why
    (sentence,) = report.sentences(summarise("run", PLAN, MACHINE, kept))
    assert (
        "was not tested in 1 of 1 pairs of deployment and scenario: that takes 3 rounds" in sentence
    )


def test_an_old_run_counts_resident_memory_and_says_so() -> None:
    """Without PSS, without a reading at rest and without growth: 60 MiB and 1 for 32 users.

    100 in flight take 100 / 32 = 3.125 MiB.
    """
    bare = {"server_pss_mib": None, "at_rest_mib": None, "workers": None}
    bare |= {"growth_requests": None, "server_growth_mib": None}
    kept = [replace(each, extra=replace(each.extra, **bare)) for each in run()]  # type: ignore[arg-type]
    use = only(kept)
    assert (use.counting, use.at_rest_mib, use.growth_mib) == ("RSS", None, None)
    assert use.in_flight_mib and use.in_flight_mib.middle == pytest.approx(3.125)
    ((_, at_rest, in_flight, growth, *rest),) = report.rows(
        summarise("run", PLAN, MACHINE, kept), "wait"
    )
    assert (at_rest, growth) == ("", "") and in_flight == "3.13 ± 0"
    assert rest == ["3", "RSS", "too few requests"]


def test_a_run_without_memory_has_no_row() -> None:
    """Trials that failed have no measurement."""
    kept = [replace(each, extra=Extra()) for each in records(PLAN)]
    kept = [
        replace(each, measurement=replace(each.measurement, server_rss_mib=None)) for each in kept
    ]
    assert memory_uses(PLAN, kept) == ()


@pytest.mark.parametrize("noise_mib", [1.0, 1000.0])
@pytest.mark.parametrize("starts", [3, 10])
def test_of_servers_that_do_not_grow_one_in_a_hundred_at_most_is_called_a_leak(
    noise_mib: float, starts: int
) -> None:
    """By simulation: 2,000 servers whose growth is noise around 0, however large.

    1% of 2,000 are 20, with a standard deviation of 4.4: more than 35 come by a chance of less than
    one in a thousand, and the seed is fixed.
    """
    random = np.random.default_rng(7)
    growths = random.normal(0, noise_mib, (2_000, starts))
    leaks = sum(finding(estimate(map(float, each))) == "leak" for each in growths)
    assert leaks <= 35


def test_of_leaks_of_400_bytes_nearly_all_are_found_with_quiet_starts() -> None:
    """3.81 MiB per 10,000 requests, by 0.2 from start to start, three starts each: 99 in 100."""
    random = np.random.default_rng(7)
    growths = random.normal(3.81, 0.2, (1_000, 3))
    leaks = sum(finding(estimate(map(float, each))) == "leak" for each in growths)
    assert leaks >= 990
