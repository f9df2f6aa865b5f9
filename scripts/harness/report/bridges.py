"""Say what serving a view by the other interface costs. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Interface
from harness.core.summary import Bridge, Spread

ADAPTED: dict[Interface, str] = {
    "wsgi": "an async view under WSGI (an event loop for each request)",
    "asgi": "a sync view under ASGI (a thread for each request)",
}


def sentences(crossed: Sequence[Bridge]) -> tuple[str, ...]:
    """Return a sentence for each bridge of each scenario, with all its metrics."""
    places = dict.fromkeys((each.scenario, each.interface) for each in crossed)
    return tuple(
        _sentence([each for each in crossed if (each.scenario, each.interface) == place])
        for place in places
    )


def _sentence(of_place: Sequence[Bridge]) -> str:
    first = of_place[0]
    costs = " and ".join(filter(None, map(_cost, of_place)))
    flagged = " (flagged)" if first.flagged else ""
    return (
        f"For `{first.scenario}` at {clients(int(first.load))}{flagged}, "
        f"{ADAPTED[first.interface]} took {costs} than a native one."
    )


def _cost(each: Bridge) -> str:
    if each.cost is None:
        return ""
    more = "more" if each.cost.middle >= 0 else "less"
    title = METRICS[each.metric].title
    return f"{_amount(each.cost)} {more} {title} ({_within(each.cost)})"


def _amount(cost: Spread) -> str:
    return units.milliseconds(abs(cost.middle))


def _within(cost: Spread) -> str:
    """Return the bounds of a difference, with their signs."""
    if cost.rounds == 1:
        return "one round"
    low, high = units.milliseconds(cost.low), units.milliseconds(cost.high)
    return f"{cost.kind_name} {low} to {high} over {cost.rounds} rounds"
