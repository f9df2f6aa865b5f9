"""What requests take behind a server, from records of a lone user, 16 and 64 users."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.core.candidates import MISFIT, Demand
from harness.core.gate import Doubt, GateName
from harness.core.plan import Objective, Scenario
from harness.core.record import Extra, Record
from harness.core.summary import Sample
from harness.measure.breakdown import PARTS
from harness.runs.demand import LEAST_WAIT_SHARE, demands, unlike_paths
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, plan, records, scenario, with_names

OBJECTIVE = Objective(p95_ms=500, p99_ms=900)
WAIT = scenario("wait", wait_ms=250)
Change = Callable[[Record], Record]


def measured(own: Scenario, change: Change) -> tuple[tuple[Sample, ...], list[Record]]:
    """Return the samples and records of one round of uvicorn (S = 1.3 ms), after a change."""
    whole = plan(1, (1, 16, 64), DEPLOYMENTS[2:3], [own])
    kept = [
        change(replace(each, extra=replace(each.extra, drift_share=0.0))) for each in records(whole)
    ]
    return summarise("run", whole, MACHINE, kept).samples, kept


def demand(change: Change = lambda record: record, own: Scenario = WAIT) -> Demand:
    """Return what its requests take."""
    (only,) = demands(own, OBJECTIVE, *measured(own, change))
    return only


def with_figures(users: int | None = None, **figures: Any) -> Change:
    """Return what changes figures of the measurement, at one load or at all."""

    def change(record: Record) -> Record:
        if users not in (None, record.trial.users):
            return record
        return replace(record, measurement=replace(record.measurement, **figures))

    return change


def without_times(record: Record, **figures: Any) -> Extra:
    """Return the figures of a trial whose server says nothing of its times."""
    nothing: dict[str, Any] = dict.fromkeys(PARTS)
    return replace(record.extra, **nothing, **figures)


def stranger(latency_ms: float, cpu_ms: float) -> Change:
    """Return what makes a site of them that says nothing of its waits."""

    def change(record: Record) -> Record:
        measurement = replace(
            record.measurement, latency_mean_ms=latency_ms, server_cpu_ms_per_request=cpu_ms
        )
        return replace(record, measurement=measurement, extra=without_times(record, wait_ms=0.0))

    return change


def test_s_is_that_of_the_highest_load_that_no_gate_flagged() -> None:
    """64 users; 16 where those are flagged."""
    at_the_top = with_figures(64, server_cpu_ms_per_request=1.2)
    assert demand(at_the_top).system.cpu_ms == 1.2

    def flagged(record: Record) -> Record:
        flag = (Doubt(GateName.STEADY, "a reason"),) if record.trial.users == 64 else ()
        return replace(at_the_top(record), doubts=flag)

    assert demand(flagged).system.cpu_ms == 1.3


def test_of_few_requests_s_is_that_of_all_loads_without_a_fit() -> None:
    """99 at each: S of 1, 1 and 4 ms are 2 ms on average. Of 6 at each nothing is said."""

    def few(record: Record) -> Record:
        cpu_ms = 4.0 if record.trial.users == 64 else 1.0
        return with_figures(requests=99, server_cpu_ms_per_request=cpu_ms)(record)

    got = demand(few)
    assert (got.system.cpu_ms, got.error) == (2, None)
    assert demands(WAIT, OBJECTIVE, *measured(WAIT, with_figures(requests=6))) == ()


def test_d_is_what_the_server_says_before_what_the_plan_says() -> None:
    """A mix whose plan has wait_ms = 0 waits all the same; builders report 250 ms."""
    assert demand().system.wait_ms == 250

    def mixed(record: Record) -> Record:
        return replace(record, extra=replace(record.extra, part_wait_ms=80.0))

    assert demand(mixed).system.wait_ms == 80
    plain = demand(lambda record: replace(record, extra=without_times(record)))
    assert (plain.system.wait_ms, plain.tells_wait) == (250, True)


def test_of_a_site_that_says_nothing_d_is_a_lone_users_latency_without_its_cpu_time() -> None:
    """10.5 ms, of which 5 are CPU time; the client's own half millisecond counts as wait."""
    got = demand(stranger(10.5, 5), scenario("browse"))
    assert (got.system.wait_ms, got.tells_wait) == (5.5, True)


@pytest.mark.parametrize(
    ("latency_ms", "cpu_ms"),
    [(10.6, 10), (0.9, 0.2), (10, 11), (10 / (1 - LEAST_WAIT_SHARE) - 0.01, 10)],
)
def test_what_a_client_may_have_taken_is_no_wait(latency_ms: float, cpu_ms: float) -> None:
    """Under a millisecond, or a fifth of the latency: then requests are taken to compute only."""
    got = demand(stranger(latency_ms, cpu_ms), scenario("browse"))
    assert (got.system.wait_ms, got.tells_wait) == (0, False)


def test_percentiles_are_those_of_the_fewest_users_that_tell_without_a_queue() -> None:
    """p95 of a lone user; p99 of 64, who have 500 requests, where those leave half a core idle."""
    idle = demand(with_figures(server_cpu_share=0.5)).alone_ms
    assert {name: round(ms / (251.3 / 0.97), 1) for name, ms in idle.items()} == {
        "latency_p95_ms": 1.2,
        "latency_p99_ms": 1.5,
    }
    assert [*demand(with_figures(server_cpu_share=0.51)).alone_ms] == ["latency_p95_ms"]


def test_a_model_that_is_far_off_does_not_fit() -> None:
    """64 users served 97% of what the bounds allow; at half of that something else limits."""
    assert demand().error == pytest.approx(1 / 0.97 - 1, abs=0.02)
    assert demand().fits
    slow = demand(with_figures(64, throughput_rps=64 / 0.503))
    assert slow.error and slow.error > MISFIT
    assert not slow.fits


def test_endpoints_that_differ_a_hundredfold_are_named() -> None:
    """2,000 ms and 20 ms; 1,999 ms are not enough."""

    def paths(slow_ms: float) -> dict[str, float]:
        pages = {"/report/": slow_ms, "/": 20, "/list/": 90}
        samples, _ = measured(WAIT, lambda record: with_names(record, pages))
        return unlike_paths(samples)

    assert paths(2_000) == {"GET /report/": 2_000, "GET /": 20}
    assert paths(1_999) == {}
