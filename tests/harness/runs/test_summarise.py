"""From records to the Summary."""

from dataclasses import replace

import pytest

from harness.core.gate import CellDoubt, Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.summary import Sample, Summary
from harness.runs import summarise
from tests.support.builders import (
    DEPLOYMENTS,
    MACHINE,
    SCENARIOS,
    SMALL,
    USERS,
    plan,
    records,
    summary,
)


def cell(summary: Summary, deployment: str, users: int) -> Sample:
    """Return one sample."""
    (sample,) = (s for s in summary.samples if (s.deployment, s.users) == (deployment, users))
    return sample


def test_samples_stand_in_the_order_of_the_plan_whatever_the_order_of_the_records() -> None:
    """Rounds come in a drawn order; the table does not."""
    backwards = summarise.summarise("run", plan(), MACHINE, records(plan())[::-1])
    assert backwards == summarise.summarise("run", plan(), MACHINE, records(plan()))
    assert [(s.scenario, s.deployment, s.users) for s in backwards.samples] == [
        (scenario.name, deployment.name, users)
        for scenario in SCENARIOS
        for deployment in DEPLOYMENTS
        for users in USERS
    ]


def test_a_sample_keeps_each_round_and_their_spread() -> None:
    """The values stand in the order of the rounds."""
    sample = cell(summary(), "uvicorn", 16)
    rounds = [value for value in sample.per_round["throughput_rps"] if value is not None]
    spread = sample.metrics["throughput_rps"]
    assert (spread.low, spread.middle, spread.high) == tuple(sorted(rounds))
    assert (sample.rounds, sample.failed_rounds) == (3, 0)


def test_a_failed_round_leaves_a_gap() -> None:
    """It counts as failed, and its numbers are nobody's."""

    def fail(record: Record) -> Record:
        gone = record.trial.round == 2 and record.trial.users == 16
        return replace(record, measurement=Measurement()) if gone else record

    sample = cell(summary(fail), "uvicorn", 16)
    assert (sample.rounds, sample.failed_rounds) == (2, 1)
    assert sample.per_round["throughput_rps"][1] is None
    assert sample.metrics["throughput_rps"].rounds == 2


def test_a_sample_has_the_median_of_each_part_over_the_rounds() -> None:
    """2, 4 and 9 ms in the queue: 4; a round that failed does not count: 3 of 2 and 4."""

    def queue(record: Record) -> Record:
        ms = {1: 2.0, 2: 4.0, 3: 9.0}[record.trial.round]
        failed = record.trial.round == 3 and record.trial.users == 256
        measurement = Measurement() if failed else record.measurement
        extra = replace(record.extra, part_queue_ms=ms)
        return replace(record, measurement=measurement, extra=extra)

    assert cell(summary(queue), "uvicorn", 16).parts["part_queue_ms"] == 4
    assert cell(summary(queue), "uvicorn", 256).parts["part_queue_ms"] == 3
    without_times = summary(lambda record: replace(record, extra=Extra()))
    assert cell(without_times, "uvicorn", 16).parts == {}


def test_what_one_round_left_unanswered_makes_lower_bounds() -> None:
    """0.9% in round 2 reach the maximum, no p95; without any, nothing is a bound."""

    def leave(record: Record) -> Record:
        share = 0.009 if record.trial.round == 2 else 0.0
        measurement = replace(record.measurement, latency_max_ms=9_000.0)
        extra = replace(record.extra, unanswered_share=share)
        return replace(record, measurement=measurement, extra=extra)

    bounds = cell(summary(leave), "uvicorn", 256).lower_bounds
    assert "latency_max_ms" in bounds
    assert "latency_p95_ms" not in bounds
    assert cell(summary(), "uvicorn", 256).lower_bounds == ()


def test_a_metric_that_no_round_measured_is_absent() -> None:
    """The builder counts no threads."""
    assert "server_threads" not in cell(summary(), "uvicorn", 16).metrics


def test_a_far_percentile_of_some_rounds_is_absent() -> None:
    """One round's p99 may be lower than the p95 of all three."""

    def thin(record: Record) -> Record:
        p99 = None if record.trial.round == 1 else 400.0
        return replace(record, measurement=replace(record.measurement, latency_p99_ms=p99))

    sample = cell(summary(thin), "uvicorn", 256)
    assert "latency_p99_ms" not in sample.metrics
    assert "latency_p95_ms" in sample.metrics


def test_the_bound_takes_the_least_cpu_of_any_load_with_enough_requests() -> None:
    """S is read at 16 users: 1 user makes 31 requests in 8 s, fewer than 100."""

    def costs(record: Record) -> Record:
        cpu_ms = {1: 0.5, 16: 2.0, 256: 5.0}[record.trial.users]
        measurement = replace(record.measurement, server_cpu_ms_per_request=cpu_ms)
        return replace(record, measurement=measurement)

    result = summary(costs)
    # One core at 2 ms a request serves 500/s; 16 users waiting 250 + 2 ms make 16/0.252 = 63.5/s;
    # 64 slots serve 64/0.252 = 254/s.
    assert cell(result, "uvicorn", 256).bound_rps == pytest.approx(500)
    assert cell(result, "uvicorn", 16).bound_rps == pytest.approx(63.49, abs=0.01)
    assert cell(result, "gunicorn-gthread-64", 256).bound_rps == pytest.approx(253.97, abs=0.01)


@pytest.mark.parametrize(
    ("requests", "bound_rps"),
    [
        # Nine times 20 are enough: 50 ms a request, of one core, are 20/s.
        (20, 20),
        # Nine times 11 are not: 256 users who wait 250 ms for a server that costs nothing.
        (11, 1024),
    ],
)
def test_a_slow_site_has_its_bound_from_all_its_requests(requests: int, bound_rps: float) -> None:
    """No load has enough of them, all loads and rounds together have."""

    def slow(record: Record) -> Record:
        cpu_ms = 40.0 if record.trial.round == 1 else 55.0
        measurement = replace(
            record.measurement, requests=requests, server_cpu_ms_per_request=cpu_ms
        )
        return replace(record, measurement=measurement)

    assert cell(summary(slow), "uvicorn", 256).bound_rps == pytest.approx(bound_rps)


def test_more_server_cores_raise_the_bound() -> None:
    """Two cores at 1.3 ms a request serve 1,538/s; 256 users waiting 251.3 ms make 1,019/s."""
    result = summarise.summarise("run", SMALL, {"server_cores": "2"}, records(SMALL))
    assert cell(result, "uvicorn", 256).bound_rps == pytest.approx(1018.7, abs=0.1)


def test_without_wait_or_cpu_there_is_no_bound() -> None:
    """A missing figure is no 0."""
    without_times = summary(lambda record: replace(record, extra=Extra()))
    assert all(sample.bound_rps is None for sample in without_times.samples)


def test_a_cell_has_each_gate_once_with_the_reasons_of_its_rounds() -> None:
    """A gate once, with the reason of each round that failed it."""

    def doubt(record: Record) -> Record:
        busy = Doubt(GateName.GENERATOR, f"CPU {70 + record.trial.round}%")
        same = Doubt(GateName.HOST, "swapped")
        return replace(record, doubts=(busy, same) if record.trial.round < 3 else (same,))

    assert cell(summary(doubt), "uvicorn", 16).doubts == (
        CellDoubt(GateName.GENERATOR, ("CPU 71%", "CPU 72%"), rounds=3),
        CellDoubt(GateName.HOST, ("swapped", "swapped", "swapped"), rounds=3),
    )


def test_a_run_without_records_has_no_samples() -> None:
    """There is no row for what was never measured."""
    empty = summarise.summarise("run", SMALL, MACHINE, [])
    assert (empty.samples, empty.comparisons) == ((), ())


def test_the_bound_takes_the_least_cpu_of_any_round_not_of_an_interval() -> None:
    """An interval may reach below everything that was measured."""
    five = plan(rounds=5, users=(256,), deployments=DEPLOYMENTS[2:3], scenarios=SMALL.scenarios)

    def costs(record: Record) -> Record:
        cpu_ms = 2.0 if record.trial.round == 1 else 4.0
        measurement = replace(record.measurement, server_cpu_ms_per_request=cpu_ms)
        return replace(record, measurement=measurement)

    result = summarise.summarise("run", five, MACHINE, [costs(record) for record in records(five)])
    # One core at 2 ms a request serves 500/s.
    assert result.samples[0].bound_rps == pytest.approx(500)


def test_shares_that_may_be_0_have_a_plain_mean_within_their_limits() -> None:
    """One round in five with 10% of errors is 2% of errors on average, and no less than 0."""
    five = SMALL.model_copy(update={"rounds": 5})

    def fault(record: Record) -> Record:
        share = 0.1 if record.trial.round == 1 else 0.0
        return replace(record, measurement=replace(record.measurement, error_share=share))

    result = summarise.summarise("run", five, MACHINE, [fault(record) for record in records(five)])
    errors = cell(result, "uvicorn", 16).metrics["error_share"]
    assert errors.middle == pytest.approx(0.02)
    assert (errors.low, errors.kind) == (0, "interval")


def test_labels_of_one_deployment_are_kept_apart_from_the_rivals() -> None:
    """One pair at three loads, three metrics each."""
    again = DEPLOYMENTS[2].model_copy(update={"name": "again"})
    twice = plan(users=(1, 16, 256), deployments=(*DEPLOYMENTS[1:3], again))
    cpu_ms = dict.fromkeys(("gunicorn-gthread-64", "uvicorn", "again"), 1.0)
    result = summarise.summarise("run", twice, MACHINE, records(twice, cpu_ms))
    assert {(c.top, c.bottom) for c in result.alike} == {("uvicorn", "again")}
    assert len(result.alike) == 2 * 3 * 3
    assert {c.bottom for c in result.comparisons} == {"gunicorn-gthread-64"}


def test_an_unknown_cost_bounds_nothing() -> None:
    """Without S, 256 users who wait 250 ms get 1,024/s at most, 64 slots serve 256/s."""

    def without_cpu(record: Record) -> Record:
        measurement = replace(record.measurement, server_cpu_ms_per_request=None)
        return replace(record, measurement=measurement)

    result = summary(without_cpu)
    assert cell(result, "uvicorn", 256).bound_rps == pytest.approx(1024)
    assert cell(result, "gunicorn-gthread-64", 256).bound_rps == pytest.approx(256)


def test_silent_users_are_not_among_those_who_bound_the_rate() -> None:
    """Of 16 users six send one every 252 ms: 23.8/s; what more users would do is unknown."""

    def silent(record: Record) -> Record:
        extra = replace(record.extra, silent_users=min(10, record.trial.users))
        measurement = replace(record.measurement, server_cpu_ms_per_request=2.0)
        return replace(record, extra=extra, measurement=measurement)

    sample = cell(summary(silent), "uvicorn", 16)
    assert sample.bound_rps == pytest.approx(6 / 0.252)
    assert sample.bound is None
