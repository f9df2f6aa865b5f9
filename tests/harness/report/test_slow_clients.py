"""What a report says of ordinary clients beside slow ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Sample
from harness.report.slow_clients import sentences
from harness.runs.summarise import summarise
from tests.support import builders

ALONE = builders.scenario("alone", think_ms=100, slow=0)
SLOW = builders.scenario("slow", think_ms=100, slow=32).model_copy(
    update={"locustfile": ALONE.locustfile}
)


def plan() -> Plan:
    """Return a plan of two rounds: 16 clients alone, and beside 32."""
    servers = [each for each in builders.DEPLOYMENTS if each.name in ("gunicorn-sync", "uvicorn")]
    whole = builders.plan(2, (16,), servers, [ALONE, SLOW])
    load = whole.load.model_copy(update={"users": (48,)})
    crowded = SLOW.model_copy(update={"load": load})
    return whole.model_copy(update={"scenarios": (ALONE, crowded)})


def samples(left: Mapping[str, float]) -> Sequence[Sample]:
    """Return the samples of a run: how much of 100 requests/s is left beside the slow ones."""

    def served(record: Record) -> Record:
        share = left[record.trial.deployment] if record.trial.scenario == "slow" else 1.0
        p95_ms = 20.0 / share if share else None
        measurement = replace(
            record.measurement, throughput_rps=100.0 * share, latency_p95_ms=p95_ms
        )
        return replace(record, measurement=measurement)

    records = [served(record) for record in builders.records(plan(), noise=0)]
    return summarise("run", plan(), builders.MACHINE, records).samples


def test_what_is_left_for_ordinary_clients_stands_beside_what_they_had_alone() -> None:
    """Half of the requests at twice the p95, or none at all."""
    assert sentences(plan(), samples({"gunicorn-sync": 0.0, "uvicorn": 0.5})) == (
        "For 16 clients beside 32 slow ones (`slow` over `alone`): gunicorn-sync answered none of "
        "them; uvicorn answered 0.50 times (range 0.50 to 0.50 over 2 rounds) as many requests "
        "per second at 2.0 times (range 2.0 to 2.0 over 2 rounds) the p95.",
    )


def test_a_scenario_without_a_twin_has_no_such_sentence() -> None:
    """There is nothing to hold it against."""
    lone = plan().model_copy(update={"scenarios": plan().scenarios[1:]})
    assert sentences(lone, samples({"gunicorn-sync": 1.0, "uvicorn": 1.0})) == ()


def test_other_plans_have_no_such_sentence() -> None:
    """Nobody is slow on purpose."""
    assert sentences(builders.plan(), builders.summary().samples) == ()
