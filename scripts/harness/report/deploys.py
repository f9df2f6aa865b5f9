"""Deploying under load in words: a table for each server, and what backs it. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from harness.core.deploys import Outcome
from harness.core.labels import markdown_table
from harness.core.plan import Event, Plan, Scenario
from harness.core.units import count, milliseconds, significant

HEADINGS = (
    "event",
    "requests",
    "lost",
    "in flight, lost",
    "lost in work",
    "late",
    "twice",
    "longest gap",
    "new process after",
    "ended after",
    "reconnected",
)

MEANINGS = (
    "**requests**: all that were due in the load step.",
    "**lost**: no good answer came: *refused* (no connection), *cut* (the connection closed before "
    "the answer was complete), *status* (an error for an answer), *unanswered* (nothing by the end "
    "of the drain).",
    "**in flight, lost**: sent before the event and not answered by then, and how many of those "
    "were lost.",
    "**lost in work**: of the lost, those that the application had begun, and among these the ones "
    "that it had finished: work that was done and whose answer did not arrive.",
    "**late**: answered, but not within the objective, counted from when the request was due.",
    "**twice**: executed more than once.",
    "**longest gap**: the longest time without a good answer, from the event on.",
    "**new process after**: from the event to the first answer of a process that was not there "
    "before it.",
    "**ended after**: from the event to the end of the whole server, which was then started again "
    "on the same port, as a service manager does; empty where it went on.",
    "**reconnected**: connections that clients made from the event on, as theirs were closed; "
    "empty where the server keeps none.",
)
"""What each column after the first holds."""

KINDS = {
    "refused": "refused",
    "cut": "cut",
    "by_status": "status",
    "unanswered": "unanswered",
    "otherwise": "other",
}


def markdown(plan: Plan, outcomes: Sequence[Outcome], facts: Mapping[str, str]) -> str:
    """Return deploys.md: a table for each server, what the columns mean, where it was measured."""
    parts = [
        f"# {plan.name}: deploying under load",
        *(_load(plan, scenario) for scenario in plan.scenarios),
        *(
            f"## {heading}\n\n{markdown_table(HEADINGS, rows)}"
            for heading, rows in tables(plan, outcomes)
        ),
        "\n".join(f"- {meaning}" for meaning in MEANINGS),
        "\n".join(f"- `{event.name}`: {happens(event)}" for event in plan.events),
        *notes(outcomes),
        f"Measured once each, with {', '.join(f'{name} {fact}' for name, fact in facts.items())}.",
    ]
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _load(plan: Plan, scenario: Scenario) -> str:
    load = plan.load_of(scenario)
    if load.model == "open":
        asking = f"{significant(load.steps[0])} requests/s by {count(load.clients)} clients"
    else:
        asking = f"{count(load.most_users)} clients in a closed loop"
    return (
        f"`{scenario.name}`: {asking}, each of which keeps its connection; a request waits "
        f"{milliseconds(scenario.wait_ms)}, and is late after "
        f"{milliseconds(scenario.objective_ms or 0)}."
    )


def tables(
    plan: Plan, outcomes: Sequence[Outcome]
) -> Iterator[tuple[str, Sequence[Sequence[str]]]]:
    """Yield, for each server of each scenario that has outcomes, a heading and its rows."""
    there = {each.key: each for each in outcomes}
    for scenario in plan.scenarios:
        for deployment in plan.against(scenario):
            server = scenario.name, deployment.name
            if not any(key[:2] == server for key in there):
                continue
            heading = deployment.name if len(plan.scenarios) == 1 else ", ".join(server[::-1])
            keys = [(*server, event.name) for event in plan.events]
            yield heading, [row(there[key]) for key in keys if key in there]


def row(outcome: Outcome) -> Sequence[str]:
    """Return the row of one outcome under HEADINGS."""
    return (
        outcome.event,
        count(outcome.asked),
        lost(outcome),
        f"{outcome.in_flight_lost} of {outcome.in_flight}",
        f"{outcome.lost_begun} ({outcome.lost_ended})" if outcome.lost_begun else "0",
        count(outcome.late),
        count(outcome.twice),
        milliseconds(outcome.gap_ms),
        _seconds(outcome.took_over_s, "none"),
        _seconds(outcome.stopped_s, ""),
        "" if outcome.reopened is None else count(outcome.reopened),
    )


def lost(outcome: Outcome) -> str:
    """Return how many requests were lost, and how: 12 (10 refused, 2 cut)."""
    kinds = {word: getattr(outcome, field) for field, word in KINDS.items()}
    words = ", ".join(f"{count(number)} {word}" for word, number in kinds.items() if number)
    return f"{count(outcome.lost)} ({words})" if words else "0"


def _seconds(value: float | None, otherwise: str) -> str:
    return otherwise if value is None else f"{significant(value, 2)} s"


def happens(event: Event) -> str:
    """Return what an event does to a server, in words."""
    if event.signal is None:
        share = f"each after its share of {count(event.requests or 0)} requests"
        return f"workers end by themselves, {share}; without a row where a server has no such way."
    whom = "the process that was started" if event.to == "master" else "the worker that served last"
    return f"{event.signal} to {whom}."


def notes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield what the counts rest on: the time before the events, Locust, and whether they agree."""
    before = sum(each.before for each in outcomes)
    spoilt = sum(each.spoilt_before for each in outcomes)
    gap_ms = max((each.gap_before_ms for each in outcomes), default=0.0)
    lag_ms = max((each.lag_p99_ms for each in outcomes), default=0.0)
    yield (
        f"Before the events, {count(spoilt)} of {count(before)} requests were lost or late, and "
        f"the longest time without an answer was {milliseconds(gap_ms)}: so much is not theirs. "
        f"Locust woke up at most {milliseconds(lag_ms)} late (p99)."
    )
    if wrong := [each for each in outcomes if each.astray]:
        names = ", ".join(f"{each.deployment} ({each.event}: {each.astray})" for each in wrong)
        yield f"Client and server do NOT agree on what was executed: {names}."
    else:
        yield (
            "Every request was counted on both sides: each good answer was begun and ended by the "
            "application, and each number that was sent has an answer, a failure or its place "
            "among the unanswered."
        )
