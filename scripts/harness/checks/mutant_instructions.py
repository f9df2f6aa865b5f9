"""Count what faults of the application cost in instructions: which of them does a check notice?"""

from collections.abc import Collection, Iterator
from pathlib import Path

from harness.checks.instructions import counted
from harness.checks.revisions import Revision
from harness.core.plan import Plan
from harness.core.score import Score
from harness.rig.mutations import CPU, MISSING_CACHE, MORE_SYSTEM_CALLS, UNCHANGED, Mutation

JUDGE = "instructions of a check"

MUTATIONS = (CPU, MISSING_CACHE, MORE_SYSTEM_CALLS)


def scores(chosen: Plan, folder: Path, without: Collection[str] = ()) -> Iterator[Score]:
    """Yield the score of each fault, by one count as a check of the plan makes it.

    One is enough: two counts of the same code differ by less than a third of the margin. `without`
    are the names of faults that are left out.
    """
    mutations = [mutation for mutation in MUTATIONS if mutation.name not in without]
    if not mutations:
        return
    asynchronous = tuple(each for each in chosen.deployments if each.views == "async")
    plan = chosen.model_copy(update={"deployments": asynchronous})
    alarm = _dearer(plan, UNCHANGED, folder / "0")
    for number, mutation in enumerate(mutations, 1):
        by = _dearer(plan, mutation, folder / str(number))
        yield Score(
            fault=mutation.name,
            place="application",
            judge=JUDGE,
            tries=1,
            noticed=int(bool(by)),
            inconclusive=0,
            equal=1,
            false_alarms=int(bool(alarm)),
            by=by,
        )


def _dearer(plan: Plan, mutation: Mutation, folder: Path) -> str:
    """Return what executes more in the application with the fault; nothing where nothing does."""
    application = plan.application
    base = UNCHANGED.copy(application.directory, folder / "base")
    head = mutation.copy(application.directory, folder / "head")
    sides = (
        Revision("BASE", "unchanged", application.model_copy(update={"directory": base})),
        Revision("HEAD", mutation.name, application.model_copy(update={"directory": head})),
    )
    changes = counted(plan, sides)
    return ", ".join(change.name for change in changes if change.verdict == "regressed")
