"""Draw metrics as ratios to those of the reference deployment, round by round."""

from collections.abc import Iterator, Sequence

from matplotlib.figure import Figure

from harness.core.metrics import Metric
from harness.core.statistics import MARGIN
from harness.core.summary import Comparison, Sample
from harness.report.charts import words
from harness.report.charts.axes import MOST_OF_NAME, line, log_axis, over_loads, reading
from harness.report.charts.colours import BAND, INK, QUIET
from harness.report.charts.data import Point, Subject
from harness.report.charts.line_names import name_ends, named
from harness.report.wording import MARGIN_TEXT
from harness.runs.compare import pair


def relative(subject: Subject, question: str, metrics: Sequence[Metric]) -> Figure | None:
    """Draw a panel for each metric; None where there is nothing to divide by, or to divide."""
    reference = subject.reference
    rivals = [name for name in subject.shown if reference and name != reference.deployment]
    if reference is None or not any(ratios(subject, each, metrics[0]) for each in rivals):
        return None
    figure, panels = over_loads(subject, question, columns=len(metrics))
    for axes, metric in zip(panels, metrics, strict=True):
        axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, zorder=0)
        axes.axhline(1, color=QUIET, linewidth=1)
        dodges = subject.dodges(rivals)
        points = {name: ratios(subject, name, metric, dodges[name]) for name in rivals}
        for name, series in points.items():
            line(axes, subject.looks[name], series)
        if len(panels) > 1:
            axes.set_title(metric.short, fontsize=10.5, color=INK)
    log_axis(panels[0], f"ratio to\n{words.short(reference.deployment, MOST_OF_NAME)}", least=4)
    if len(panels) == 1:
        name_ends(panels[0], subject, points)
    more = f"ratio to {reference.deployment}, by round; grey: within {MARGIN_TEXT} of equal"
    return reading(figure, subject, more, at_ends=len(panels) == 1 and named(subject, points))


def ratios(subject: Subject, deployment: str, metric: Metric, dodge: float = 1) -> list[Point]:
    """Return a metric of one deployment / that of the reference, at each load that both have."""
    return [
        Point(
            sample.load * dodge,
            comparison.ratio,
            bool(comparison.doubts),
            _mark(sample, comparison),
            words.of_relative(sample, comparison),
        )
        for sample, comparison in _comparisons(subject, deployment, metric.name)
    ]


def _comparisons(
    subject: Subject, deployment: str, metric: str
) -> Iterator[tuple[Sample, Comparison]]:
    """Yield each sample with its comparison; over a lower bound a ratio would say nothing."""
    reference = subject.reference
    below = subject.samples_of(reference.deployment) if reference else ()
    by_users = {each.users: each for each in below if metric not in each.lower_bounds}
    for sample in subject.samples_of(deployment):
        bottom = by_users.get(sample.users)
        comparison = pair(sample, bottom, metric) if bottom else None
        if comparison:
            yield sample, comparison


def _mark(sample: Sample, comparison: Comparison) -> str:
    if comparison.metric in sample.lower_bounds:
        return "≥"
    return "~" if comparison.sign == "~" else ""
