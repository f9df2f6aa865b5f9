"""How much load deployments hold, in words: a sentence and a table for each scenario. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.core import units
from harness.core.holding import Capacity, Holding, Limit, Outcome, SearchTrial
from harness.core.labels import clients, markdown_table
from harness.core.metrics import METRICS
from harness.core.plan import Model, Plan
from harness.report.objectives import brief, wording

HEADINGS = ("deployment", "holds", "there", "CPU per request", "memory", "trials")
TEXTS = (0, 1, 2, len(HEADINGS) - 1)
"""The columns that hold words."""

OUTCOMES = {Outcome.MET: "met", Outcome.MISSED: "missed", Outcome.VOID: "flagged"}
UNITS: dict[Model, str] = {"closed": "clients", "open": "requests/s"}

MEANINGS = (
    "**holds**: the highest load at which the objective is met, with the 95% interval in which it "
    "lies by the outcomes of all trials, and in which another search at another time finds it; "
    "*at least* where no trial of a higher load counts. Deployments of one search take turns, and "
    "so differ by less than their intervals do.",
    "**there**: the latency that the objective limits, in the trials of the highest load that met "
    "it in each of them; CPU time of the server and its memory (PSS) are those of the same trials.",
    "**trials**: how many met the objective, how many missed it, and how many were flagged and "
    "say nothing.",
)
"""What the columns hold that do not explain themselves."""

METHOD = (
    "Each trial has a server of its own. The load grows until a trial misses the objective, or "
    "until its requests in flight and its latency grow significantly; the bracket is halved, and "
    "both its ends are tried again in fresh rounds, in a random order over all deployments."
)


def markdown(
    plan: Plan,
    holdings: Sequence[Holding],
    charts: Mapping[str, str],
    facts: Mapping[str, str],
) -> str:
    """Return capacity.md; `charts` are the files of the charts by scenario."""
    parts = [f"# {plan.name}: how much load is held"]
    for scenario, of_scenario in by_scenario(holdings).items():
        parts += [
            f"## {scenario}",
            sentence(of_scenario),
            markdown_table(HEADINGS, [row(each) for each in of_scenario]).rstrip("\n"),
            f"![Each trial: its load, its latency, and whether it met the objective]"
            f"({charts[scenario]})",
        ]
    parts += [
        "\n".join(f"- {meaning}" for meaning in MEANINGS),
        METHOD,
        f"Measured with {', '.join(f'{name} {fact}' for name, fact in facts.items())}.",
    ]
    return "\n\n".join(parts) + "\n"


def by_scenario(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    """Return the capacities of each scenario by its name, in their order."""
    scenarios: dict[str, list[Holding]] = {}
    for each in holdings:
        scenarios.setdefault(each.scenario, []).append(each)
    return scenarios


def entry(holding: Holding) -> dict[str, Any]:
    """Return what a script reads of one deployment's capacity, with the outcome of each trial."""
    return {
        "scenario": holding.scenario,
        "deployment": holding.deployment,
        "model": holding.model,
        "objective": holding.objective.model_dump(exclude_none=True),
        **asdict(holding.capacity),
        "outcomes": [
            {"load": each.load, "outcome": each.outcome, "hint": each.hint}
            for each in holding.trials
        ],
    }


def headline(holdings: Sequence[Holding]) -> str:
    """Return in one short sentence up to which load each deployment of a scenario holds."""
    first = holdings[0]
    held = [each for each in holdings if _held(each)]
    none = [each.deployment for each in holdings if not _held(each)]
    parts = [f"up to {_listed(held)}"] if held else []
    if none:
        parts.append(f"at no load with {', '.join(none)}")
    return f"`{first.scenario}` meets {brief(first.objective)} {'; '.join(parts)}."


def _listed(held: Sequence[Holding]) -> str:
    """Return what each holds, with its interval; the first has the unit."""
    first, *others = held
    rest = (f"{_number(each)} with {each.deployment}{_interval(each)}" for each in others)
    unit = UNITS[first.model]
    whole = f"{_number(first)} {unit} with {first.deployment}{_interval(first)}"
    return ", ".join([whole, *rest])


def _number(holding: Holding) -> str:
    return amount(holding.capacity, holding.model)


def _interval(holding: Holding) -> str:
    return interval(holding.capacity, holding.model)


def amount(capacity: Capacity, model: Model) -> str:
    """Return how much is held as a number without its unit: 214, at least 617."""
    if capacity.load is None:
        return "no load"
    least = "at least " if capacity.at_least else ""
    return f"{least}{_figure(model, capacity.load)}"


def interval(capacity: Capacity, model: Model) -> str:
    """Return the bounds of what is held: (203 to 226); nothing where there is none above."""
    if capacity.low is None or capacity.high is None:
        return ""
    ends = "" if capacity.confirmed else ", its ends not confirmed"
    low, high = (_figure(model, bound) for bound in (capacity.low, capacity.high))
    return f" ({low} to {high}{ends})"


def _figure(model: Model, load: float) -> str:
    """Return a load as a number: users are whole."""
    return units.count(load) if model == "closed" else units.significant(load)


def sentences(holdings: Sequence[Holding]) -> tuple[str, ...]:
    """Return the sentence of each scenario that was searched."""
    return tuple(sentence(each) for each in by_scenario(holdings).values())


def sentence(holdings: Sequence[Holding]) -> str:
    """Return up to which load each deployment of one scenario meets its objective."""
    first = holdings[0]
    held = [f"{reach(each)} with {each.deployment}" for each in holdings if _held(each)]
    none = [_nowhere(each) for each in holdings if not _held(each)]
    parts = [f"{wording(first.objective)} is met up to {', '.join(held)}"] if held else []
    if none:
        begin = "" if held else f"{wording(first.objective)}: "
        parts.append(begin + "; ".join(none))
    return f"`{first.scenario}`: {'; '.join(parts)}."


def flags(holding: Holding) -> str:
    """Return how many trials of a search were flagged, and by which gates; empty without any."""
    flagged = [trial for trial in holding.trials if trial.flags]
    if not flagged:
        return ""
    gates = dict.fromkeys(gate for trial in flagged for gate, _ in trial.flags)
    return (
        f"`{holding.scenario}`, {holding.deployment}: {len(flagged)} of {len(holding.trials)} "
        f"trials of the search: {', '.join(gates)}"
    )


def reach(holding: Holding) -> str:
    """Return up to which load a deployment that holds any does: 214 requests/s (203 to 226)."""
    if holding.capacity.at_least:
        return f"{holds(holding)} ({_why(holding)})"
    return holds(holding)


def holds(holding: Holding) -> str:
    """Return how much a deployment holds, with its interval: 214 requests/s (203 to 226)."""
    if holding.capacity.load is None:
        return "no load"
    least = "at least " if holding.capacity.at_least else ""
    return f"{least}{load_text(holding, holding.capacity.load)}{_interval(holding)}"


def row(holding: Holding) -> Sequence[str]:
    """Return the row of one deployment under HEADINGS."""
    there = holding.at_the_limit
    counts = {word: len(holding.outcomes(outcome)) for outcome, word in OUTCOMES.items()}
    return (
        holding.deployment,
        holds(holding),
        ", ".join(_latency(metric, there) for metric in holding.objective.limits),
        _text(holding.cpu_ms, "ms"),
        _text(holding.memory_mib, "MiB"),
        ", ".join(f"{count} {word}" for word, count in counts.items() if count),
    )


def _held(holding: Holding) -> bool:
    return holding.capacity.load is not None


def load_text(holding: Holding, load: float) -> str:
    """Return a load of a search in words: 214 requests/s, 64 clients."""
    if holding.model == "closed":
        return clients(round(load))
    return f"{units.significant(load)} requests/s"


def _why(holding: Holding) -> str:
    """Return why no higher load was seen to miss the objective."""
    if holding.capacity.limit is Limit.HIGHEST:
        return "the most that was tried"
    gates = dict.fromkeys(
        gate
        for trial in holding.outcomes(Outcome.VOID)
        if trial.load > (holding.capacity.load or 0)
        for gate, _ in trial.flags
    )
    return f"above it every trial was flagged: {', '.join(gates)}"


def _nowhere(holding: Holding) -> str:
    """Return what a deployment that held no load made of the lowest that it was given."""
    name = holding.deployment
    missed = holding.outcomes(Outcome.MISSED)
    if not missed:
        reasons = [": ".join(flag) for trial in holding.trials for flag in trial.flags]
        return f"with {name} no trial can be trusted ({reasons[-1] if reasons else 'no reason'})"
    lowest = min(trial.load for trial in missed)
    there = [trial for trial in holding.trials if trial.load == lowest]
    shown = ", ".join(_latency(metric, there) for metric in holding.objective.limits)
    return f"no load meets it with {name}, not even {load_text(holding, lowest)}: {shown}"


def _latency(metric: str, trials: Sequence[SearchTrial]) -> str:
    """Return one percentile of some trials: p95 312 to 340 ms."""
    values = [trial.latencies_ms[metric] for trial in trials]
    measured = [value for value in values if value is not None]
    if not measured:
        return f"{METRICS[metric].short} not measured"
    shown = dict.fromkeys(units.milliseconds(value) for value in (min(measured), max(measured)))
    return f"{METRICS[metric].short} {' to '.join(shown)}"


def _text(value: float | None, unit: str) -> str:
    return "" if value is None else f"{units.significant(value)} {unit}"
