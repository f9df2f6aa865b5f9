"""What `make advise` prints."""

from collections.abc import Sequence

from rich.markup import escape

from harness.core.advice import Advice
from harness.core.candidates import Forecast
from harness.core.labels import clients
from harness.core.plan import Plan
from harness.core.units import seconds
from harness.report import advice as words
from harness.report import objectives
from harness.runs import advice as runs
from harness.runs.advice import Question
from harness.runs.store import Run
from harness.terminal.terminal import OUT, sentence


def begin(question: Question) -> None:
    """Print what is asked, and how long the answer takes at most."""
    sentence(
        f"{question.scenario.name}: {clients(question.users)} within "
        f"{objectives.wording(question.objective)}; at most about "
        f"{seconds(runs.most_seconds(question))} in two runs"
    )


def servers(plan: Plan, expected: Sequence[Forecast]) -> None:
    """Print which servers are measured, and how many users each is expected to hold."""
    users = {each.candidate.name: each.users for each in expected}
    for name in (deployment.name for deployment in plan.deployments):
        forecast = users[name]
        holds = "no forecast" if forecast is None else f"may hold {clients(forecast)}"
        sentence(f"{name}: {holds}")


def result(advice: Advice, run: Run) -> None:
    """Print what to run, and where it is on disk."""
    OUT.print()
    for text in words.sentences(advice):
        OUT.print(escape(text))
    OUT.print(f"\nadvice: {run.folder / 'advice.json'}, report: {run.folder / 'report.html'}")
