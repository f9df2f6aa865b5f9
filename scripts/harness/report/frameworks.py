"""How much of the CPU time per request is the framework's, as rows and as sentences. Pure."""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.summary import FrameworkCost, Spread, Summary
from harness.runs.framework_cost import METRIC

CPU = METRICS[METRIC]

WORDS = (
    "CPU time per request of the whole server, beside that of its ground: the same server and the "
    "same view without a framework. What is beyond the ground is the framework's. In brackets the "
    "range over the rounds, from five rounds on the 95% interval. ○ = rests on flagged trials, "
    "~ = the two cannot be told apart."
)

HEADINGS = (
    "deployment",
    "users",
    "flagged",
    CPU.heading,
    "its ground",
    "server and view",
    "framework",
    "framework's share",
)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each cell of a scenario whose deployment has a ground."""
    return tuple(_row(cost) for cost in summary.frameworks if cost.scenario == scenario)


def sentences(costs: Sequence[FrameworkCost]) -> tuple[str, ...]:
    """Return a sentence for each scenario, at its highest load; those that cost most first."""
    texts = []
    for scenario in dict.fromkeys(cost.scenario for cost in costs):
        of_scenario = [cost for cost in costs if cost.scenario == scenario]
        most = max(cost.users for cost in of_scenario)
        here = sorted(
            (cost for cost in of_scenario if cost.users == most),
            key=lambda cost: -cost.share.middle,
        )
        clauses = "; ".join(map(_clause, here))
        texts.append(
            f"For `{scenario}` at {clients(most)}, this much of the {CPU.title} was the "
            f"framework's, and the rest that of the server and the view: {clauses}."
        )
    return tuple(texts)


def _row(cost: FrameworkCost) -> tuple[str, ...]:
    own_ms = cost.cpu_ms.middle - cost.ground_ms.middle
    return (
        cost.deployment,
        units.count(cost.users),
        "○" if cost.flagged else "",
        CPU.unit.text(cost.cpu_ms.middle),
        cost.ground,
        CPU.unit.text(cost.ground_ms.middle),
        CPU.unit.text(own_ms),
        f"{'' if cost.decided else '~ '}{_share(cost.share)}",
    )


def _clause(cost: FrameworkCost) -> str:
    flagged = ", flagged" if cost.flagged else ""
    if not cost.decided:
        return f"of {cost.deployment} inconclusive ({_bounds(cost.share)}{flagged})"
    return f"{_share(cost.share)} of {cost.deployment}{flagged}"


def _share(share: Spread) -> str:
    return f"{units.percent(share.middle)} ({_bounds(share)})"


def _bounds(share: Spread) -> str:
    if share.rounds == 1:
        return "one round"
    return f"{units.percent(share.low)} to {units.percent(share.high)}"
