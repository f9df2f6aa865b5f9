"""Say how well the closed network predicts, where it fails and why, in sentences and rows. Pure."""

from collections.abc import Iterable, Iterator
from statistics import median

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.prediction import Cause, Prediction, StepPrediction
from harness.core.summary import Sample, Summary
from harness.runs.predictions import P95, THROUGHPUT, WITHIN

WHY: dict[Cause, str] = {
    "flagged": "a gate flagged trials of the load step",
    "rounds": "the rounds of the load step differ by as much",
    "less CPU": (
        "a request takes less CPU time than where S was measured, on a core that was idle in "
        "between, which makes each cost more"
    ),
    "more CPU": (
        "a request takes more CPU time than where S was measured, as by threads that take turns at "
        "the interpreter's lock, or by a garbage collector that has more to visit"
    ),
    "delays": (
        "requests take longer than their waits and CPU times explain, as when the server stands "
        "still (garbage collections, the interpreter's lock) or answers in bursts; of milliseconds "
        "a part is the client's own time"
    ),
    "even": "latency varies less than with CPU times that are random (exponential)",
    "unexplained": "nothing that was measured explains it",
}

# So many more threads than at the load step of S, and so many at least, get in each other's way.
MANY_TIMES, MANY_THREADS = 2, 100

HEADINGS = (
    "deployment",
    "users",
    "flagged",
    "S (ms)",
    "at users",
    f"predicted {METRICS[THROUGHPUT].heading}",
    "off",
    f"predicted {METRICS[P95].heading}",
    "off",
    f"why it is off by more than {units.threshold(WITHIN)}",
)

WORDS = (
    "What a closed network of wait, slots, cores and think time predicts of each load step from S, "
    "the CPU time per request of one of them, with its error: predicted / measured - 1, from twice "
    "as much on the ratio. Empty = not predicted, or nothing to hold it against. Less or more CPU: "
    "what a request took at this step."
)


def sentences(summary: Summary) -> tuple[str, ...]:
    """Return for each scenario how many load steps were predicted, and where and why not."""
    texts: list[str] = []
    for scenario in summary.scenarios:
        texts += _of_scenario(scenario, summary)
    if not texts:
        return ()
    causes = {cause for each in summary.predictions for s in each.steps for cause in s.causes}
    return (
        *texts,
        *(f"The cause `{cause}`: {why}." for cause, why in WHY.items() if cause in causes),
    )


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each load step of a scenario that was predicted."""
    return tuple(
        _row(prediction, step)
        for prediction in summary.predictions
        if prediction.scenario == scenario
        for step in prediction.steps
    )


def off(error: float) -> str:
    """Return predicted / measured - 1 with its sign, from twice as much on as a ratio."""
    return f"{error:+z.0%}" if error < 1 else f"{units.factor(1 + error)} times"


def _of_scenario(scenario: str, summary: Summary) -> Iterator[str]:
    """Yield how well the model predicts one scenario, and at which load steps it fails."""
    predictions = [each for each in summary.predictions if each.scenario == scenario]
    others = [step for prediction in predictions for step in prediction.others]
    hits = [clause for metric in (THROUGHPUT, P95) if (clause := _hits(metric, others))]
    if not hits:
        return
    yield (
        f"For `{scenario}`, a model of waits, slots, cores and pauses, with the CPU time per "
        f"request of one load step of each deployment (S), predicts {' and '.join(hits)}."
    )
    misses = [
        _miss(prediction, step, summary)
        for prediction in predictions
        for step in prediction.steps
        if step.misses
    ]
    if misses:
        yield f"For `{scenario}`, the model fails at {'; at '.join(misses)}."


def _hits(metric: str, steps: Iterable[StepPrediction]) -> str:
    """Return at how many load steps a metric was predicted; nothing where none could be judged."""
    errors = [abs(step.errors[metric]) for step in steps if metric in step.errors]
    if not errors:
        return ""
    within = sum(error <= WITHIN for error in errors)
    return (
        f"{METRICS[metric].title} within {units.threshold(WITHIN)} at {within} of {len(errors)} "
        f"other load steps (median error {units.percent(median(errors))})"
    )


def _miss(prediction: Prediction, step: StepPrediction, summary: Summary) -> str:
    """Return one load step that was missed, by how much, and what its figures show of why."""
    errors = ", ".join(f"{METRICS[name].title} {_off(step, name)}" for name in step.misses)
    return (
        f"{clients(step.users)} of {prediction.deployment} ({errors}: {_causes(prediction, step)}"
        f"{_threads(prediction, step, summary)}{_collections(prediction, step, summary)})"
    )


def _threads(prediction: Prediction, step: StepPrediction, summary: Summary) -> str:
    """Return the threads that share the interpreter's lock, where there are many more of them."""
    if "more CPU" not in step.causes:
        return ""
    cells = {
        sample.users: sample
        for sample in summary.samples
        if (sample.scenario, sample.deployment) == (prediction.scenario, prediction.deployment)
    }
    now = _count(cells[step.users], "server_threads")
    before = _count(cells[prediction.source_users], "server_threads")
    if not before or now < max(MANY_THREADS, MANY_TIMES * before):
        return ""
    return f", {units.count(now)} threads instead of {units.count(before)}"


def _collections(prediction: Prediction, step: StepPrediction, summary: Summary) -> str:
    """Return how often the collector stopped a server with a probe, where that may be a cause."""
    stopped = sum(
        tally.collecting
        for tally in summary.stopped
        if (tally.scenario, tally.deployment) == (prediction.scenario, prediction.deployment)
    )
    if not stopped or not {"more CPU", "delays"} & set(step.causes):
        return ""
    return f", stopped by the garbage collector {units.times(stopped)} in all"


def _count(sample: Sample, metric: str) -> float:
    spread = sample.metrics.get(metric)
    return spread.middle if spread else 0.0


def _row(prediction: Prediction, step: StepPrediction) -> tuple[str, ...]:
    predicted = (
        (METRICS[name].unit.text(step.values[name]), _off(step, name))
        if name in step.values
        else ("", "")
        for name in (THROUGHPUT, P95)
    )
    return (
        prediction.deployment,
        units.count(step.users),
        "○" if step.flagged else "",
        units.significant(prediction.system.cpu_ms),
        units.count(prediction.source_users),
        *(text for pair in predicted for text in pair),
        _causes(prediction, step),
    )


def _off(step: StepPrediction, metric: str) -> str:
    """Return the error of a metric; nothing where it was not measured."""
    return off(step.errors[metric]) if metric in step.errors else ""


def _causes(prediction: Prediction, step: StepPrediction) -> str:
    """Return why a load step was missed, with the CPU time that a request took there."""
    return ", ".join(
        f"{cause} ({units.milliseconds(step.cpu_ms)} instead of "
        f"{units.milliseconds(prediction.system.cpu_ms)})"
        if cause in ("less CPU", "more CPU") and step.cpu_ms is not None
        else cause
        for cause in step.causes
    )
