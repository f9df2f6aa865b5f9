"""Say what the locustfiles of a run do that changes the meaning of its figures. Pure."""

from collections.abc import Iterator, Sequence
from statistics import median

from harness.core import units
from harness.core.gate import SEPARATOR
from harness.core.plan import Plan, Scenario
from harness.core.record import Record
from harness.measure.gates import MOST_ERRORS

SEVERAL = 1.1
"""From so many requests for each task on, tasks are visits: below, the window's edges cut them."""


def remarks(plan: Plan, records: Sequence[Record]) -> tuple[str, ...]:
    """Return a sentence for each, in the order of the plan's scenarios."""
    return tuple(
        f"`{scenario.name}`: {text}."
        for scenario in plan.scenarios
        for text in _of(plan, scenario, [r for r in records if r.trial.scenario == scenario.name])
    )


def _of(plan: Plan, scenario: Scenario, records: Sequence[Record]) -> Iterator[str]:
    notes = (note for record in records for note in record.extra.notes.split(SEPARATOR) if note)
    yield from dict.fromkeys(notes)
    yield from _pauses(scenario, records)
    yield from _visits(plan, scenario, records)
    yield from _raised(records)
    yield from _fired(records)


def _pauses(scenario: Scenario, records: Sequence[Record]) -> Iterator[str]:
    """Yield the pauses that clients made by themselves, of which the plan says nothing."""
    # After a failure a user pauses without being told to.
    sound = [r for r in records if (r.measurement.error_share or 0) <= MOST_ERRORS]
    pauses = [record.extra.think_ms for record in sound if record.extra.tasks]
    measured = [pause for pause in pauses if pause is not None]
    if measured and not scenario.think_ms and median(measured) >= 1:
        yield (
            f"clients paused {units.milliseconds(median(measured))} on average before a request, "
            "by the locustfile's own wait_time or sleeps"
        )


def _visits(plan: Plan, scenario: Scenario, records: Sequence[Record]) -> Iterator[str]:
    tasks = sum(record.extra.tasks or 0 for record in records)
    requests = sum(record.measurement.requests or 0 for record in records if record.extra.tasks)
    if not tasks or requests / tasks <= SEVERAL:
        return
    each = f"a task asked for {units.significant(requests / tasks, 2)} requests on average"
    if plan.load_of(scenario).model == "open":
        yield (
            f"{each}: offered rates are of tasks, and only the first request of each counts from "
            "when it was due"
        )
    elif scenario.think_ms:
        yield f"{each}, and pauses are between tasks"


def _raised(records: Sequence[Record]) -> Iterator[str]:
    raising = [record.extra for record in records if record.extra.tasks_raised]
    if raising:
        raised = sum(extra.tasks_raised or 0 for extra in raising)
        tasks = sum(record.extra.tasks or 0 for record in records)
        kinds = " and ".join(dict.fromkeys(extra.raised_kinds for extra in raising))
        yield (
            f"{units.count(raised)} of {units.count(tasks)} tasks raised an exception, most often "
            f"{kinds}"
        )


def _fired(records: Sequence[Record]) -> Iterator[str]:
    if events := sum(record.extra.fired_events or 0 for record in records):
        yield (
            f"{units.count(events)} events were fired by the locustfile itself, which stand by "
            "their names and have no part in the other figures"
        )
