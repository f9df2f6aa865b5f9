"""What `make capacity` prints: how long it takes, each trial, then what is held."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from rich.markup import escape

from harness.core import capacity as core
from harness.core.holding import Capacity, Holding, Outcome
from harness.core.labels import load
from harness.core.record import Record
from harness.core.units import milliseconds, seconds, significant
from harness.report import capacity as report
from harness.report.capacity_files import SearchKey
from harness.runs.capacity import Target, probe, seconds_of
from harness.runs.store import Run
from harness.terminal.terminal import OUT, PROGRESS, sentence, table


def begin(run: Run, targets: Sequence[Target]) -> None:
    """Print how much is searched, and about how long that takes."""
    searches = "1 search" if len(targets) == 1 else f"{len(targets)} searches"
    PROGRESS.print(f"run {run.name}: {searches}, about {seconds(seconds_of(targets))}")


def follow(targets: Sequence[Target], records: Iterable[Record]) -> None:
    """Consume the records and print a line for each trial as it ends."""
    by_key = {target.key: target for target in targets}
    for record in records:
        trial = record.trial
        target = by_key[trial.deployment, trial.scenario]
        outcome = probe(target, record).outcome
        metric = [*target.objective.limits][-1]
        value_ms = getattr(record.measurement, metric)
        shown = "" if value_ms is None else f", {milliseconds(value_ms)}"
        grew = ", still growing" if record.extra.grew else ""
        line = f"{trial.block}, {load(trial)}: {report.OUTCOMES[outcome]}{shown}{grew}"
        flags = "; ".join(str(doubt.gate) for doubt in record.doubts)
        PROGRESS.print(escape(f"{line} ({flags})" if outcome is Outcome.VOID else line))


def summary(holdings: Sequence[Holding], page: Path) -> None:
    """Print a sentence and a table for each scenario, and where the page is."""
    for of_scenario in report.by_scenario(holdings).values():
        OUT.print()
        sentence(report.sentence(of_scenario))
        held(of_scenario)
    OUT.print(f"report: {page}")


def repeats(key: SearchKey, runs: Mapping[str, Capacity]) -> float:
    """Print a row for each search, and how many hold the median of the others; return the share."""
    verdicts = core.repeats([*runs.values()])
    model = key.model
    table(
        [
            {
                "run": name,
                "holds": f"{report.amount(each, model)}{report.interval(each, model)}",
                "repeats": "yes" if verdict else "no",
            }
            for (name, each), verdict in zip(runs.items(), verdicts, strict=True)
        ]
    )
    middle = median(core.loads_of([*runs.values()]))
    sentence(
        f"`{key.scenario}`, {key.deployment}: {sum(verdicts)} of {len(verdicts)} "
        f"searches have the median of the others within their interval; the median of all is "
        f"{significant(middle)} {report.UNITS[model]}."
    )
    return sum(verdicts) / len(verdicts)


def held(holdings: Sequence[Holding]) -> None:
    """Print the table of one scenario."""
    table([dict(zip(report.HEADINGS, report.row(each), strict=True)) for each in holdings])
