"""The report as data: its parts in the order of both pages, and the sections of each. Pure.

A new section is an entry in the list of its part. What has nothing to show is left out.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from harness.core.labels import load
from harness.core.plan import Model
from harness.core.statistics import MIN_ROUNDS_FOR_INTERVAL, kind
from harness.core.summary import Kind, Sample, Summary
from harness.report import (
    answer_table,
    calculator,
    capacity,
    cpu_profile,
    frameworks,
    lanes,
    league,
    memory,
    name_table,
    predictions,
    ratio_table,
    tables,
    time_table,
    workers,
)
from harness.report.narrate import Narrative
from harness.report.section import Answer, Part, Section, Table
from harness.report.wording import KEY, flag_reason

LOOPS: dict[Model, str] = {
    "closed": "Closed loop: a client sends its next request only after an answer.",
    "open": (
        "Open loop: requests arrive at random, whether or not the server keeps up. Latency counts "
        "from when a request was due."
    ),
}
MARKS = f"{KEY} (some requests were never answered)."
POINTS: dict[Kind, str] = {
    "range": "Points are medians over the rounds, bars their range",
    "interval": (
        "Points are geometric means over the rounds (of shares: means), bars 95% intervals; "
        f"under {MIN_ROUNDS_FOR_INTERVAL} measured rounds, medians and ranges"
    ),
}
GATES = "Every gate tests every measured trial. What fails one is flagged, and its numbers stay in."

NO_ERRORS = "No request failed at any load, so there is no chart of errors."

# Charts that stand in a part of their own, and not with their scenario.
TIME_CHARTS = ("parts",)
LANE_CHARTS = ("lanes",)
CPU_CHARTS = ("cpu",)
COST_CHARTS = ("price",)
ELSEWHERE = (*TIME_CHARTS, *LANE_CHARTS, *CPU_CHARTS, *COST_CHARTS)

# Longer lists are folded behind their title.
MOST_OPEN = 6

REPEAT = (
    "`run.json` beside this report holds the plan word for word. Copy it to a file, and "
    "`make bench PLAN=FILE` carries it out again in a folder of its own.",
    "`make report RUN=NAME` draws a report again from its `trials.csv`.",
    "A run on another machine answers another question: the facts below should be the same.",
)

# How many charts of a scenario are open; the others are folded behind their titles.
OPEN_CHARTS = 2


def answer(summary: Summary, narrative: Narrative, charts: Collection[str]) -> Answer:
    """Return the opening; its picture is the chart of the first scenario that tells most."""
    table = Table(
        "the answer",
        answer_table.HEADINGS,
        answer_table.rows(summary),
        answer_table.WORDS,
        texts=(0, 2, 5),
    )
    return Answer(
        lines=narrative.short,
        in_full=narrative.answers,
        picture=_opening_chart(summary, charts),
        tables=(table,) if table.rows else (),
    )


def _opening_chart(summary: Summary, charts: Collection[str]) -> tuple[str, ...]:
    searched = (holding.scenario for holding in summary.holdings)
    first = next(iter((*summary.scenarios, *searched)), "")
    return _own(first, charts)[:1]


def _own(scenario: str, charts: Collection[str]) -> tuple[str, ...]:
    """Return the charts that stand with their scenario, those that tell most first."""
    elsewhere = {f"{scenario}.{name}" for name in ELSEWHERE}
    return tuple(
        key for key in charts if key.rpartition(".")[0] == scenario and key not in elsewhere
    )


def parts(summary: Summary, narrative: Narrative, charts: Collection[str]) -> tuple[Part, ...]:
    """Return the parts that follow the answer; `charts` are those that are drawn."""
    return _filled(
        (
            Part("What to run", (Section("", narrative.advice),)),
            Part("How much is held", _held(summary, charts)),
            Part("How far to trust it", _trust(summary, narrative)),
            *(
                Part(f"Scenario `{name}`", _scenario(summary, narrative, name, model, charts))
                for name, model in summary.scenarios.items()
            ),
            Part("Where the time goes", _time(summary, narrative, charts)),
            Part("With your own numbers", _own_numbers(summary)),
            Part("What it costs", _costs(summary, narrative, charts)),
            Part("What is not equal", _inequalities(narrative)),
            Part("The machine, and how to repeat it", _machine(summary)),
        )
    )


def _held(summary: Summary, charts: Collection[str]) -> tuple[Section, ...]:
    """Return what each search came to; its first picture may open the report."""
    opening = _opening_chart(summary, charts)
    return tuple(
        Section(
            scenario,
            charts=tuple(key for key in _own(scenario, charts) if key not in opening),
            tables=(
                Table(
                    f"{scenario}: how much is held",
                    capacity.HEADINGS,
                    tuple(map(capacity.row, holdings)),
                    f"{' '.join(capacity.MEANINGS)} {capacity.METHOD}".replace("*", ""),
                    texts=capacity.TEXTS,
                ),
            ),
        )
        for scenario, holdings in capacity.by_scenario(summary.holdings).items()
    )


def _trust(summary: Summary, narrative: Narrative) -> tuple[Section, ...]:
    flags = _flags(summary)
    return (
        Section("Accuracy and noise floor", (narrative.calibration, *narrative.noise)),
        Section(
            "Flagged trials",
            flags,
            otherwise="No gate flagged any trial.",
            closed=len(flags) > MOST_OPEN,
        ),
        Section(
            "Failed requests",
            narrative.failures,
            otherwise="No request failed, and no log has an error.",
        ),
        Section(
            "Missing results",
            narrative.holes,
            otherwise="Every trial of the plan was measured.",
        ),
        Section("What this does not show", narrative.limits, closed=True),
        Section("Gates", tables=(_gates(summary),), closed=True),
    )


def _scenario(
    summary: Summary,
    narrative: Narrative,
    scenario: str,
    model: Model,
    charts: Collection[str],
) -> tuple[Section, ...]:
    """Return what a scenario is, its charts that do not open the report, then its tables."""
    opening = _opening_chart(summary, charts)
    own = tuple(key for key in _own(scenario, charts) if key not in opening)
    return (
        Section(
            "",
            words=" ".join(
                (_conditions(narrative, scenario), _no_errors(summary, scenario))
            ).strip(),
            charts=own[:OPEN_CHARTS],
            folded=own[OPEN_CHARTS:],
        ),
        Section("All numbers", tables=_tables(summary, scenario, model), closed=True),
    )


def _conditions(narrative: Narrative, scenario: str) -> str:
    facts = narrative.conditions.get(scenario, "")
    return f"{facts[0].upper()}{facts[1:]}." if facts else ""


def _no_errors(summary: Summary, scenario: str) -> str:
    """Return a sentence where no request failed, as there is no chart then."""
    samples = [sample for sample in summary.samples if sample.scenario == scenario]
    shares = [sample.metrics.get("error_share") for sample in samples]
    clean = all(share and share.high == 0 for share in shares)
    return NO_ERRORS if clean and not any(sample.failed_rounds for sample in samples) else ""


def _tables(summary: Summary, scenario: str, model: Model) -> tuple[Table, ...]:
    """Return the tables of a scenario that have any rows."""
    glossary = f"{LOOPS[model]} {POINTS[kind(summary.rounds)]}; {MARKS}"
    of = (summary, scenario)
    every = (
        Table("all numbers", tables.headings(*of), tables.rows(*of), glossary),
        Table("in time", time_table.headings(*of), time_table.rows(*of), time_table.WORDS),
        Table(
            "ratios",
            ratio_table.headings(*of),
            ratio_table.rows(*of),
            ratio_table.WORDS,
            texts=(0, 1),
        ),
        Table("league", league.HEADINGS, league.rows(*of), league.WORDS),
        Table("workers", workers.HEADINGS, workers.rows(*of), workers.WORDS),
        Table("frameworks", frameworks.HEADINGS, frameworks.rows(*of), frameworks.WORDS),
        Table(
            "names",
            name_table.headings(model),
            name_table.rows(*of),
            name_table.WORDS,
            texts=(0, 3),
        ),
    )
    return tuple(table for table in every if table.rows)


def _time(summary: Summary, narrative: Narrative, charts: Collection[str]) -> tuple[Section, ...]:
    return (
        Section("The parts of a request", charts=_named(charts, TIME_CHARTS)),
        Section(
            "Single requests",
            charts=_named(charts, LANE_CHARTS),
            tables=_of_scenarios(summary, _single),
        ),
        Section(
            "The server's CPU time",
            charts=_named(charts, CPU_CHARTS),
            tables=_of_scenarios(summary, _profiled),
        ),
        Section(
            "What the model predicts",
            narrative.model,
            tables=_of_scenarios(summary, _predicted),
            closed=True,
        ),
    )


def _of_scenarios(summary: Summary, table: Callable[[Summary, str], Table]) -> tuple[Table, ...]:
    """Return a table of each scenario that has rows for it."""
    every = (table(summary, scenario) for scenario in summary.scenarios)
    return tuple(each for each in every if each.rows)


def _single(summary: Summary, scenario: str) -> Table:
    headings, rows = lanes.headings(summary, scenario), lanes.rows(summary, scenario)
    return Table(f"{scenario}: single requests", headings, rows, lanes.WORDS)


def _profiled(summary: Summary, scenario: str) -> Table:
    return Table(
        f"{scenario}: CPU time",
        cpu_profile.HEADINGS,
        cpu_profile.rows(summary, scenario),
        cpu_profile.WORDS,
        texts=(0, 1, len(cpu_profile.HEADINGS) - 1),
        links=(len(cpu_profile.HEADINGS) - 1,),
    )


def _predicted(summary: Summary, scenario: str) -> Table:
    return Table(
        f"{scenario}: model",
        predictions.HEADINGS,
        predictions.rows(summary, scenario),
        predictions.WORDS,
        texts=(0, len(predictions.HEADINGS) - 1),
    )


def _own_numbers(summary: Summary) -> tuple[Section, ...]:
    """Return the calculator with what it cannot know; nothing where the model predicts nothing."""
    shown = calculator.calculator(summary)
    if shown is None:
        return ()
    cases = Table(
        "cases",
        calculator.headings(shown),
        calculator.rows(shown),
        calculator.words(shown),
        texts=(0, len(calculator.headings(shown)) - 1),
    )
    return (
        Section("", tables=(cases,), calculator=shown),
        Section("What it cannot know", calculator.UNKNOWN),
    )


def _memory(summary: Summary, scenario: str) -> Table:
    return Table(
        f"{scenario}: memory",
        memory.HEADINGS,
        memory.rows(summary, scenario),
        memory.WORDS,
        texts=(0, len(memory.HEADINGS) - 2, len(memory.HEADINGS) - 1),
    )


def _costs(summary: Summary, narrative: Narrative, charts: Collection[str]) -> tuple[Section, ...]:
    connections = Table(
        "the cost of a connection",
        tables.COST_HEADINGS,
        tables.cost_rows(summary.prices),
        tables.COST_WORDS,
        texts=(0, 1),
    )
    requests = Table(
        "CPU and memory",
        tables.LOAD_HEADINGS,
        tables.load_rows(summary),
        tables.LOAD_WORDS,
        texts=(0, 1),
    )
    return (
        Section("CPU and memory at the highest load", tables=(requests,) if requests.rows else ()),
        Section(
            "Memory, and whether it grows",
            narrative.memory,
            tables=_of_scenarios(summary, _memory),
        ),
        Section(
            "The cost of a connection",
            charts=_named(charts, COST_CHARTS),
            tables=(connections,) if connections.rows else (),
        ),
    )


def _inequalities(narrative: Narrative) -> tuple[Section, ...]:
    return (
        Section(
            "What else differs",
            narrative.unequal,
            otherwise="Nothing that the plan specifies.",
        ),
        Section(
            "What the locustfile does",
            narrative.locustfile,
            otherwise="Nothing that changes a figure.",
        ),
    )


def _machine(summary: Summary) -> tuple[Section, ...]:
    facts = {"run": summary.run, "rounds": str(summary.rounds), **summary.machine}
    return (
        Section("How to repeat it", REPEAT),
        Section(
            "Run and machine",
            tables=(Table("facts", ("fact", "value"), tuple(facts.items()), texts=(0, 1)),),
        ),
    )


def _gates(summary: Summary) -> Table:
    return Table(
        "gates", tables.GATE_HEADINGS, tables.gate_rows(summary.gates), GATES, texts=(0, 1)
    )


def _named(charts: Collection[str], names: Collection[str]) -> tuple[str, ...]:
    """Return the keys of the charts of those names, whatever their scenario."""
    return tuple(key for key in charts if key.rpartition(".")[2] in names)


def _filled(every: Sequence[Part]) -> tuple[Part, ...]:
    """Return the parts without empty sections, and without those that are empty then."""
    shown = (
        replace(part, sections=tuple(each for each in part.sections if not each.empty))
        for part in every
    )
    return tuple(part for part in shown if part.sections)


def _flags(summary: Summary) -> tuple[str, ...]:
    return tuple(
        f"{_cell(sample)}: {flag_reason(doubt)}"
        for sample in summary.samples
        for doubt in sample.doubts
    ) + tuple(filter(None, map(capacity.flags, summary.holdings)))


def _cell(sample: Sample) -> str:
    return f"`{sample.scenario}`, {sample.deployment}, {load(sample)}"
