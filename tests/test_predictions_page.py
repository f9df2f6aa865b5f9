"""docs/method.md sets predictions against measurements: all figures are those of stored runs."""

from functools import cache
from pathlib import Path

import pytest

from harness.core import units
from harness.core.labels import clients, markdown_table
from harness.core.metrics import METRICS
from harness.core.prediction import StepPrediction
from harness.core.summary import Summary
from harness.report.predictions import off, sentences
from harness.runs.predictions import P95, THROUGHPUT
from harness.runs.store import Run
from harness.runs.summarise import summarise

PAGE = Path("docs/method.md").read_text()
RUNS = ("results/reference", "results/workloads/default")


@cache
def summary(folder: str) -> Summary:
    """Return the summary of a stored run."""
    run = Run.open(Path(folder))
    return summarise(run.name, run.plan, run.facts.machine, run.records())


def cell(step: StepPrediction | None, metric: str, measured: float | None) -> str:
    """Return what was predicted of a load step / what was measured there, and the error."""
    if step is None:
        return ""
    text = METRICS[metric].unit.text
    if metric not in step.errors or measured is None:
        return f"{text(step.values[metric])} / ?"
    flag = "○ " if step.flagged else ""
    return f"{flag}{text(step.values[metric])} / {text(measured)} ({off(step.errors[metric])})"


def table(summary: Summary, scenario: str, metric: str) -> str:
    """Return a metric of each deployment at each load step as a table in Markdown."""
    of = [each for each in summary.predictions if each.scenario == scenario]
    loads = sorted({step.users for each in of for step in each.steps})
    measured = {
        (sample.deployment, sample.users): sample.metrics[metric].middle
        for sample in summary.samples
        if sample.scenario == scenario and metric in sample.metrics
    }
    rows = []
    for each in of:
        steps = {step.users: step for step in each.steps}
        cells = (
            cell(steps.get(users), metric, measured.get((each.deployment, users)))
            for users in loads
        )
        cpu = f"{units.significant(each.system.cpu_ms)} at {units.count(each.source_users)}"
        rows.append((each.deployment, cpu, *cells))
    return markdown_table(("deployment", "S (ms)", *map(clients, loads)), rows)


@pytest.mark.parametrize("metric", [THROUGHPUT, P95])
@pytest.mark.parametrize("scenario", ["wait", "plain"])
def test_the_tables_are_those_of_the_stored_default_run(scenario: str, metric: str) -> None:
    """Each prediction beside what was measured; a run that is replaced has others."""
    assert table(summary(RUNS[0]), scenario, metric) in PAGE


@pytest.mark.parametrize("folder", RUNS)
def test_how_many_load_steps_were_predicted_is_said_of_both_default_runs(folder: str) -> None:
    """Word for word as in their reports."""
    hits = [each for each in sentences(summary(folder)) if " predicts " in each]
    assert len(hits) == 2
    assert all(each in PAGE for each in hits)
