"""What a report says of middleware that deployments choose."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Sample
from harness.report.middleware import sentences
from harness.runs.summarise import summarise
from tests.support import builders

CPU_MS = {"none": 0.5, "both": 0.6, "seven": 1.5}


def plan() -> Plan:
    """Return a plan of two rounds: one deployment bare, and with two choices of middleware."""
    bare = next(each for each in builders.DEPLOYMENTS if each.name == "uvicorn")
    chosen = {"both": "both", "seven": "startproject"}
    servers = [bare.model_copy(update={"name": "none"})]
    servers += [
        bare.model_copy(update={"name": name, "environment": {"DJANGO_MIDDLEWARE": choice}})
        for name, choice in chosen.items()
    ]
    return builders.plan(2, (8, 16), servers, [builders.scenario("plain", think_ms=100)])


def samples() -> Sequence[Sample]:
    """Return the samples of a run: each deployment took CPU_MS, and twice that in latency."""

    def measured(record: Record) -> Record:
        cpu_ms = CPU_MS[record.trial.deployment] + 0.1 * (record.trial.round - 1)
        measurement = replace(
            record.measurement, server_cpu_ms_per_request=cpu_ms, latency_p50_ms=2 * cpu_ms
        )
        return replace(record, measurement=measurement)

    records = [measured(record) for record in builders.records(plan(), noise=0, cpu_ms=CPU_MS)]
    return summarise("run", plan(), builders.MACHINE, records).samples


def test_each_choice_stands_beside_none_at_the_highest_load() -> None:
    """Differences within rounds: that both were slower in the second does not show."""
    cpu, latency = sentences(plan(), samples())
    assert cpu == (
        "For `plain` at 16 clients, an async view under ASGI took 0.55 ms of server CPU per "
        "request without middleware; on top of that: `both` +0.1 ms (range 0.1 ms to 0.1 ms), "
        "`startproject` +1.00 ms (range 1.00 ms to 1.00 ms)."
    )
    assert "of p50 latency without middleware; on top of that: `both` +0.2 ms" in latency


def test_plans_that_choose_no_middleware_have_no_such_sentence() -> None:
    """There is nothing to hold against none."""
    assert sentences(builders.plan(), builders.summary().samples) == ()
