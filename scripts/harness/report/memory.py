"""Say what memory deployments take, and name a leak, in sentences and rows. Pure."""

from collections.abc import Iterable, Sequence

from harness.core import units
from harness.core.memory import Estimate, Finding, MemoryUse
from harness.core.summary import Summary
from harness.measure.memory import FIRST_REQUESTS
from harness.runs.memory import (
    CONFIDENCE,
    FEWEST_REQUESTS,
    FEWEST_STARTS,
    LEAK_MIB,
    PER_IN_FLIGHT,
    PER_REQUESTS,
)

HEADINGS = (
    "deployment",
    "at rest (MiB a worker)",
    f"each {PER_IN_FLIGHT} in flight (MiB)",
    f"growth (MiB per {units.count(PER_REQUESTS)} requests)",
    "starts",
    "counted as",
    "finding",
)

WORDS = (
    "What memory the server takes: a worker before its first request, what more requests in flight "
    "add (a line over the load steps of a start), and how much it grew after the first "
    f"{units.count(FIRST_REQUESTS)} requests of a load step. Means over the starts ± their "
    "standard error; one start has none. PSS counts pages that processes share once, RSS for each "
    "of them. Empty = not measured, or too little to tell."
)

# Of a MiB: less than a page of 4 KiB is no memory.
MOST_DIGITS = 3

NEEDS = (
    f"that takes {FEWEST_STARTS} rounds with {units.count(FIRST_REQUESTS + FEWEST_REQUESTS)} "
    "requests in a load step (`measure_s`)"
)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each deployment of a scenario of which anything is known."""
    return tuple(
        (
            use.deployment,
            _text(use.at_rest_mib),
            _text(use.in_flight_mib),
            _text(use.growth_mib),
            units.count(_starts(use)),
            use.counting,
            use.finding,
        )
        for use in summary.memory_uses
        if use.scenario == scenario and _starts(use)
    )


def leaks(uses: Iterable[MemoryUse]) -> tuple[str, ...]:
    """Return a sentence for each deployment that leaks."""
    return tuple(
        f"For `{use.scenario}`, {use.deployment} leaks memory: it grew by {growth_text(use)}."
        for use in uses
        if use.finding == "leak"
    )


def sentences(summary: Summary) -> tuple[str, ...]:
    """Return which deployments do not leak, for which that is open, and how many nobody tested."""
    texts = (
        text
        for scenario in summary.scenarios
        for finding in SAYING
        if (text := _of_scenario(scenario, finding, summary.memory_uses))
    )
    return (*texts, *_untested(summary.memory_uses))


def growth_text(use: MemoryUse) -> str:
    """Return by how much a server grew: 3.81 ± 0.05 MiB per 10,000 requests."""
    return f"{_text(use.growth_mib)} MiB per {units.count(PER_REQUESTS)} requests"


SAYING: dict[Finding, str] = {
    "no leak": (
        f"no leak in {{names}}: growth is below {LEAK_MIB:g} MiB per {units.count(PER_REQUESTS)} "
        f"requests with {units.threshold(CONFIDENCE)} confidence"
    ),
    "undecided": (
        "growth is inconclusive for {names}: it differs too much from start to start to be told "
        f"from {LEAK_MIB:g} MiB per {units.count(PER_REQUESTS)} requests"
    ),
}


def _of_scenario(scenario: str, finding: Finding, uses: Iterable[MemoryUse]) -> str:
    names = [u.deployment for u in uses if (u.scenario, u.finding) == (scenario, finding)]
    if not names:
        return ""
    return f"For `{scenario}`, {SAYING[finding].format(names=', '.join(names))}."


def _untested(uses: Sequence[MemoryUse]) -> tuple[str, ...]:
    untested = sum(use.finding in ("too few starts", "too few requests") for use in uses)
    if not untested:
        return ()
    pairs = f"{untested} of {len(uses)} pairs of deployment and scenario"
    return (f"Whether the server leaks was not tested in {pairs}: {NEEDS}.",)


def _text(estimate: Estimate | None) -> str:
    """Return a mean with its standard error; nothing where it was not measured."""
    if estimate is None:
        return ""
    middle = units.significant(estimate.middle)
    if estimate.error is None:
        return middle
    return f"{middle} ± {units.significant(round(estimate.error, MOST_DIGITS), 2)}"


def _starts(use: MemoryUse) -> int:
    """Return of how many starts anything is known."""
    known = (use.at_rest_mib, use.in_flight_mib, use.growth_mib)
    return max((each.starts for each in known if each), default=0)
