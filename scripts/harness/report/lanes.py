"""Request lanes in words: the heading of each panel, how to read them, a table. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.plan import Model
from harness.core.summary import Lanes, Summary
from harness.measure.lanes import ANSWER

TITLES = {
    "part_late_ms": "late",
    "part_connect_ms": "connect",
    "part_queue_ms": "queue",
    "part_view_ms": "work",
    "part_wait_ms": "wait",
    "part_back_ms": "back",
    ANSWER: "not told",
}
"""Each part in a word, in the order in which they pass."""

WORDS = (
    "The requests drawn above: the first of a load step that were answered or failed. The columns "
    "say when the last one ended, how many were in their views at once at most, and the mean of "
    "each part. Work is the time in the view without its wait, whether it ran or was held up. "
    "Where a request failed, or the server sent no times, its parts cannot be told apart. The "
    "folder charts beside this report has animated versions, for talks."
)

# A longer name would leave no room beside it.
LONGEST_NAME = 40


def heading(each: Lanes, model: Model) -> str:
    """Return what one panel shows: whose requests, how long they took, how many at once."""
    name = each.deployment
    if len(name) > LONGEST_NAME:
        name = f"{name[: LONGEST_NAME - 1]}…"
    requests = "1 request" if len(each.lanes) == 1 else f"{units.count(len(each.lanes))} requests"
    text = f"{name} at {_load(each, model)}: {requests} in {units.milliseconds(each.end_ms)}"
    return text if each.at_once is None else f"{text}, {_at_once(each.at_once)}"


def _load(each: Lanes, model: Model) -> str:
    """Return the load step: 64 clients, 100 requests/s."""
    if model == "closed":
        return clients(round(each.load))
    return f"{units.significant(each.load)} requests/s"


def _at_once(most: int) -> str:
    if most == 1:
        return "one in its view at a time"
    return f"up to {units.count(most)} in their views at once"


def reading(several: Sequence[Lanes]) -> str:
    """Return how to read the lanes."""
    failed = any(lane.failed for each in several for lane in each.lanes)
    text = (
        "A lane is a request. Where it is broad, it is in its view; the line before is its way "
        "there and its queue,\nthe line after its way back. When it waited in its view is not "
        "recorded: its work there is drawn first."
    )
    return f"{text} x = failed." if failed else text


def headings(summary: Summary, scenario: str) -> tuple[str, ...]:
    """Return the columns of rows()."""
    load = "users" if summary.scenarios[scenario] == "closed" else "offered (requests/s)"
    parts = (f"{TITLES[part]} (ms)" for part in parts_of(_of(summary, scenario)))
    return "deployment", load, "requests", "failed", "last after (ms)", "in views at once", *parts


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row for each deployment of a scenario that has lanes."""
    several = _of(summary, scenario)
    return tuple(_row(each, parts_of(several)) for each in several)


def _of(summary: Summary, scenario: str) -> list[Lanes]:
    return [each for each in summary.lanes if each.scenario == scenario]


def parts_of(several: Sequence[Lanes]) -> list[str]:
    """Return the parts that took any time anywhere, in the order in which they pass."""
    parts = {
        part for each in several for lane in each.lanes for part, ms in lane.parts.items() if ms
    }
    return [part for part in TITLES if part in parts]


def _row(each: Lanes, parts: Sequence[str]) -> tuple[str, ...]:
    return (
        each.deployment,
        units.quotient(each.load),
        units.count(len(each.lanes)),
        units.count(sum(lane.failed for lane in each.lanes)),
        units.significant(each.end_ms),
        "" if each.at_once is None else units.count(each.at_once),
        *(mean(each, part) for part in parts),
    )


def mean(each: Lanes, part: str) -> str:
    """Return how long a part took on average in the lanes that have it; nothing where none has."""
    lengths = [lane.parts[part] for lane in each.lanes if part in lane.parts]
    return units.significant(sum(lengths) / len(lengths)) if lengths else ""
