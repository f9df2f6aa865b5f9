"""Draw the trials of a capacity search: load against latency, with the objective's line."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from harness.core import units
from harness.core.holding import Holding, Outcome, SearchTrial
from harness.core.metrics import METRICS, Metric
from harness.report import capacity
from harness.report.charts.axes import MODELS, deployment_keys, log_axis
from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import LOADS, explain, sheet
from harness.report.charts.looks import Look
from harness.report.charts.words import Series, Words

TEXT = (
    "filled: met the objective; hollow: missed it, or its queue grew; x: flagged\n"
    "dashed: the objective; bar on it: the highest load that is held, with its 95% interval"
)


def trials(subject: Subject) -> Figure:
    """Draw the trials of all deployments of one scenario that was searched."""
    objective = subject.holdings[0].objective
    metric = METRICS[[*objective.limits][-1]]
    limit_ms = objective.limits[metric.name]
    figure, (axes,) = sheet(subject, "How much is held?")
    axes.set_xscale("log")
    axes.axhline(limit_ms, color=INK, linestyle="--", linewidth=1)
    for holding in subject.holdings:
        look = subject.looks[holding.deployment]
        _trials(axes, holding, look, metric)
        _capacity(axes, holding, look, limit_ms)
    axes.set_xlabel(LOADS[subject.model][0])
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7), numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
    log_axis(axes, metric.axis, least=10)
    return explain(figure, f"{MODELS[subject.model]}\n{TEXT}", deployment_keys(subject))


def _trials(axes: Axes, holding: Holding, look: Look, metric: Metric) -> None:
    """Draw each trial of a deployment that has the percentile."""
    for outcome in Outcome:
        trials = holding.outcomes(outcome)
        measured = [each for each in trials if each.latencies_ms[metric.name] is not None]
        loads = [each.load for each in measured]
        values = [each.latencies_ms[metric.name] or 0.0 for each in measured]
        gid = Series.of(look.key, (_words(holding, each, metric) for each in measured))
        if outcome is Outcome.VOID:
            axes.scatter(loads, values, marker="x", s=30, color=QUIET, zorder=3, gid=gid)
        else:
            axes.scatter(
                loads,
                values,
                marker=look.marker,
                s=34,
                facecolors=look.colour if outcome is Outcome.MET else "white",
                edgecolors=look.colour,
                linewidths=1.3,
                zorder=4,
                gid=gid,
            )


def _words(holding: Holding, trial: SearchTrial, metric: Metric) -> Words:
    at = capacity.load_text(holding, trial.load)
    latency = metric.unit.text(trial.latencies_ms[metric.name] or 0.0)
    return Words(holding.deployment, at, f"{latency}, {capacity.OUTCOMES[trial.outcome]}")


def _capacity(axes: Axes, holding: Holding, look: Look, limit_ms: float) -> None:
    """Draw on the objective's line where a deployment's capacity lies."""
    held = holding.capacity
    if held.load is None or held.low is None:
        return
    axes.hlines(
        limit_ms,
        held.low,
        held.high or held.load,
        color=look.colour,
        linewidth=6,
        alpha=0.5,
        gid=look.key,
    )
    words = Words(holding.deployment, "holds", capacity.holds(holding))
    axes.scatter(
        held.load,
        limit_ms,
        marker="|",
        s=120,
        color=look.colour,
        zorder=5,
        gid=Series.of(look.key, [words]),
    )
