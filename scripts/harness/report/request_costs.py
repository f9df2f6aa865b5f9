"""What requests cost in instructions, as files: a table to read and one to compute with."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.checks import store
from harness.checks.request_costs import RequestCost
from harness.core.labels import markdown_table
from harness.core.units import count, factor

COSTS = "instructions.csv"

HEADINGS = (
    "scenario",
    "deployment",
    "instructions per request",
    "more than the first",
    "times the first",
    "to start",
)

WORDS = (
    "Counted under valgrind, one request after the other, in the server's processes and outside "
    "the kernel: waiting, system calls and locks do not show. The first is the plan's first "
    "deployment in the same scenario."
)


def append(folder: Path, cost: RequestCost) -> None:
    """Put one cost on disk."""
    store.append(folder / COSTS, cost)


def rows(costs: Sequence[RequestCost]) -> Iterator[tuple[str, ...]]:
    """Yield a row under HEADINGS for each cost, beside the first of its scenario."""
    firsts: dict[str, RequestCost] = {}
    for cost in costs:
        first = firsts.setdefault(cost.scenario, cost)
        yield (
            cost.scenario,
            cost.deployment,
            count(cost.per_request),
            "" if cost is first else f"{cost.per_request - first.per_request:+,d}",
            "" if cost is first else factor(cost.per_request / first.per_request),
            count(cost.to_start),
        )


def markdown(plan: str, costs: Sequence[RequestCost]) -> str:
    """Return instructions.md: what was counted, and the table."""
    return (
        f"# {plan}: instructions per request\n\n{WORDS}\n\n{markdown_table(HEADINGS, rows(costs))}"
    )
