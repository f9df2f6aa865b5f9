"""The scenarios of a run, each with all that its charts need. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from harness.core.holding import Holding
from harness.core.summary import Sample, Summary
from harness.report.charts.data import Subject
from harness.report.charts.looks import ASGI, WSGI, Look


def subjects(summary: Summary) -> tuple[Subject, ...]:
    """Return the scenarios of a summary; a deployment looks the same in all of them."""
    looks = _looks((*summary.samples, *summary.holdings))
    of_scenarios = tuple(
        Subject(
            scenario=scenario,
            rounds=summary.rounds,
            samples=tuple(s for s in summary.samples if s.scenario == scenario),
            comparisons=tuple(c for c in summary.comparisons if c.scenario == scenario),
            looks=looks,
            timelines=tuple(t for t in summary.timelines if t.scenario == scenario),
            prices=tuple(p for p in summary.prices if p.scenario == scenario),
            bridges=tuple(b for b in summary.bridges if b.scenario == scenario),
            predictions=tuple(p for p in summary.predictions if p.scenario == scenario),
            lanes=tuple(each for each in summary.lanes if each.scenario == scenario),
            heat_maps=tuple(each for each in summary.heat_maps if each.scenario == scenario),
            profiles=tuple(p for p in summary.profiles if p.scenario == scenario),
            families=tuple(f for f in summary.families if f.scenario == scenario),
        )
        for scenario in summary.scenarios
    )
    return of_scenarios + of_searches(summary.holdings, looks)


def of_searches(
    holdings: Sequence[Holding], looks: dict[str, Look] | None = None
) -> tuple[Subject, ...]:
    """Return the scenarios of which the load was searched; `looks` are those of a whole run."""
    return tuple(
        Subject(
            scenario=scenario,
            rounds=1,
            samples=(),
            comparisons=(),
            looks=_looks(holdings) if looks is None else looks,
            holdings=tuple(each for each in holdings if each.scenario == scenario),
        )
        for scenario in dict.fromkeys(each.scenario for each in holdings)
    )


def _looks(measured: Sequence[Sample | Holding]) -> dict[str, Look]:
    """Return a look for each deployment, by its interface."""
    looks: dict[str, Look] = {}
    for interface, palette in (("wsgi", WSGI), ("asgi", ASGI)):
        names = dict.fromkeys(each.deployment for each in measured if each.interface == interface)
        looks |= {
            name: replace(palette[i % len(palette)], key=f"d{len(looks) + i}")
            for i, name in enumerate(names)
        }
    return looks
