"""A run of the claims' plan that never took place."""

from dataclasses import replace
from pathlib import Path

from harness.core import plan_file
from harness.core.record import Record
from harness.core.summary import Sample
from harness.runs.summarise import summarise
from tests.support import builders

PATH = Path("loadtests/plans/claims.toml")
PLAN, TEXT = plan_file.read(PATH)
MACHINE = builders.MACHINE | {"django": "5.2.19", "uvicorn": "0.54.0", "locust": "2.47.0"}


def records(cpu_ms: dict[str, float] | None = None) -> list[Record]:
    """Build its records: ASGI takes 1.3 ms of CPU for a request and WSGI 0.5, `cpu_ms` apart.

    Under ASGI there is a thread for each client, under WSGI for each slot.
    """
    costs = {each.name: 1.3 if each.interface == "asgi" else 0.5 for each in PLAN.deployments}
    return [_with_threads(each) for each in builders.records(PLAN, costs | (cpu_ms or {}), noise=0)]


def samples(cpu_ms: dict[str, float] | None = None) -> tuple[Sample, ...]:
    """Summarise such a run."""
    return summarise("run", PLAN, MACHINE, records(cpu_ms)).samples


def _with_threads(record: Record) -> Record:
    trial = record.trial
    threads = min(trial.users, trial.slots or trial.users)
    return replace(record, measurement=replace(record.measurement, server_threads=threads))
