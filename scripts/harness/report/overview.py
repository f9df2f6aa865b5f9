"""The end of a run at a glance: a line for each cell, for a terminal and for scripts. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.core.metrics import METRICS
from harness.core.plan import Plan
from harness.core.summary import Comparison, Sample, Summary
from harness.report import capacity
from harness.report.contest import THROUGHPUT, contest
from harness.report.narrate import Narrative
from harness.report.ratio_table import ratio_text
from harness.report.tables import load_text, middle_text
from harness.runs.leaders import first_labels

P95 = "latency_p95_ms"

MOST_LINES = 30
"""More are no glance: then the first scenario stands for all, and the report has the others."""


@dataclass(frozen=True, slots=True)
class Line:
    """One cell, and the throughput of an ASGI deployment over that of WSGI at the same load.

    The ratio is over the WSGI deployment that served the most in the scenario; None without one.
    """

    sample: Sample
    ratio: Comparison | None

    @property
    def flags(self) -> list[str]:
        """Return the gates that the cell failed in any round."""
        return sorted({doubt.gate for doubt in self.sample.doubts})

    def content(self) -> dict[str, Any]:
        """Return what a script reads of it, under the keys that summary.json has for the same."""
        sample = self.sample
        spreads = {name: sample.metrics.get(name) for name in (THROUGHPUT, P95)}
        return {
            "scenario": sample.scenario,
            "deployment": sample.deployment,
            "interface": sample.interface,
            "users": sample.users,
            "rate_rps": sample.rate_rps,
            "rounds": sample.rounds,
            "flags": self.flags,
            "lower_bounds": sample.lower_bounds,
            "ratio": _ratio_content(self.ratio) if self.ratio else None,
            **{name: asdict(spread) if spread else None for name, spread in spreads.items()},
        }


def _ratio_content(ratio: Comparison) -> dict[str, Any]:
    gates = sorted({doubt.gate for doubt in ratio.doubts})
    return {"over": ratio.bottom, "sign": ratio.sign, "flags": gates, **asdict(ratio.ratio)}


def lines(plan: Plan, summary: Summary) -> tuple[Line, ...]:
    """Return a line for each cell, in the order of the plan."""
    return tuple(
        Line(sample, ratios.get((sample.deployment, sample.users)))
        for scenario in summary.scenarios
        for ratios in (_ratios(plan, summary, scenario),)
        for sample in summary.samples
        if sample.scenario == scenario
    )


def _ratios(plan: Plan, summary: Summary, name: str) -> dict[tuple[str, int], Comparison]:
    """Return each throughput of a scenario over that of its best WSGI deployment."""
    (scenario,) = (each for each in plan.scenarios if each.name == name)
    samples = [each for each in summary.samples if each.scenario == name]
    pairs = [each for each in summary.comparisons if each.scenario == name]
    both = contest(plan, scenario, first_labels(samples, plan.deployments), pairs)
    against = both.against if both else ()
    return {(each.top, each.users): each for each in against if each.metric == THROUGHPUT}


def content(plan: Plan, summary: Summary, narrative: Narrative, report: str) -> dict[str, Any]:
    """Return the end of a run for a script: answer, report, missing results and all cells."""
    return {
        "run": summary.run,
        "plan": summary.plan,
        "rounds": summary.rounds,
        "answer": narrative.short,
        "report": report,
        "missing": narrative.holes,
        "cells": [line.content() for line in lines(plan, summary)],
        "capacities": [capacity.entry(each) for each in summary.holdings],
    }


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one scenario, and what its ratios are over; nothing where it has none."""

    scenario: str
    over: str
    rows: tuple[Mapping[str, str], ...]


def parts(plan: Plan, summary: Summary) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Return the rows for a glance by scenario, and the scenarios that are left to the report."""
    whole = lines(plan, summary)
    names = list(summary.scenarios)
    shown = names if len(whole) <= MOST_LINES else names[:1]
    compared = any(line.ratio for line in whole if line.sample.scenario in shown)
    made = (
        _part(name, [line for line in whole if line.sample.scenario == name], summary, compared)
        for name in shown
    )
    return tuple(made), tuple(names[len(shown) :])


def _part(name: str, whole: Sequence[Line], summary: Summary, compared: bool) -> Part:
    over = next((line.ratio.bottom for line in whole if line.ratio), "")
    return Part(name, over, tuple(dict(_cells(line, summary.rounds, compared)) for line in whole))


def _cells(line: Line, rounds: int, compared: bool) -> Iterator[tuple[str, str]]:
    """Yield the headings with their texts; that of ratios only where any is compared."""
    sample = line.sample
    throughput = middle_text(sample, METRICS[THROUGHPUT])
    yield "deployment", sample.deployment
    yield "load", load_text(sample)
    yield "req/s", throughput or ("failed" if sample.failed_rounds else "")
    yield "p95", middle_text(sample, METRICS[P95])
    if compared:
        yield "ratio", ratio_text(line.ratio, rounds) if line.ratio else ""
    yield "flag", "○" if sample.doubts else ""
