"""Say how many threads hold as much as an event loop, and at what price. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.bounds import Bound
from harness.core.holding import Holding
from harness.report import capacity, more_slots


def sentences(holdings: Sequence[Holding]) -> tuple[str, ...]:
    """Return a sentence for each scenario that searched several numbers of threads and a loop."""
    every = map(_sentence, capacity.by_scenario(holdings).values())
    return tuple(filter(None, every))


def threaded(holdings: Sequence[Holding]) -> list[Holding]:
    """Return those that hold anything with a number of slots, from the fewest up."""
    held = [(each.slots, each) for each in holdings if each.slots and each.capacity.load]
    return [each for _, each in sorted(held, key=lambda pair: pair[0])]


def _sentence(holdings: Sequence[Holding]) -> str:
    """Return which number of threads equals the best without one; empty where none can."""
    threads = threaded(holdings)
    loops = [each for each in holdings if not each.slots and each.capacity.load]
    if len(threads) < 2 or not loops:
        return ""
    best = max(loops, key=lambda each: each.capacity.load or 0)
    equal = next((each for each in threads if _reaches(each, best)), None)
    most = equal or threads[-1]
    return (
        f"For `{best.scenario}`, {_claim(most, best, bool(equal))}: {capacity.holds(most)} beside "
        f"{capacity.holds(best)}, with {_price(most)} beside {_price(best)}.{_theory(most)}"
    )


def _claim(threads: Holding, loop: Holding, equal: bool) -> str:
    """Return that so many threads are enough, or that not even so many are."""
    slots = f"{units.count(threads.slots or 0)} slots ({threads.deployment})"
    # A loop of which no higher load counts may hold more than was seen.
    as_much = f"hold as much as {loop.deployment}"
    as_much += " was seen to hold" if loop.capacity.at_least else ""
    if equal:
        return f"{slots} are the fewest of those tried that {as_much}"
    return f"not even {slots} {as_much}"


def _reaches(threads: Holding, loop: Holding) -> bool:
    """Return whether some threads may hold as much as a loop, by the intervals of both."""
    high, low = threads.capacity.high, loop.capacity.low
    return high is None or low is None or high >= low


def _price(holding: Holding) -> str:
    """Return what a request and the server took at the limit."""
    parts = (
        "" if holding.memory_mib is None else f"{units.significant(holding.memory_mib)} MiB",
        "" if holding.cpu_ms is None else f"{units.milliseconds(holding.cpu_ms)} of CPU each",
    )
    return " and ".join(filter(None, parts)) or "a price that was not measured"


def _theory(threads: Holding) -> str:
    """Return from how many slots on a core is full, by what its requests took."""
    if threads.wait_ms is None or threads.cpu_ms is None:
        return ""
    return more_slots.theory(Bound(threads.wait_ms, threads.cpu_ms, 0, threads.slots, 1))
