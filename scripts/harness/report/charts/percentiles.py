"""Draw the far percentiles of a scenario: latency over 1 / (1 - p), as HdrHistogram plots it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import inf

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from harness.core.labels import load
from harness.core.metrics import METRICS
from harness.core.summary import Sample
from harness.report.charts import data, words
from harness.report.charts.axes import line, log_axis, plain, reading, value_axis
from harness.report.charts.data import Point, Subject
from harness.report.charts.drawing import Choice
from harness.report.charts.figure import sheet
from harness.report.charts.line_names import few, write_names

PERCENTILES = {
    metric.quantile.share: metric
    for metric in METRICS.values()
    if metric.quantile and metric.name.startswith("latency_")
}
"""The metrics that are percentiles of the latency, by their shares, rising."""

# Names of percentiles nearer than this share of the axis would hide each other.
NEAREST = 0.12

UNIT = PERCENTILES[0.5].unit


def percentiles(subject: Subject, log: bool = True) -> Figure:
    """Draw a line for each deployment, up to its last percentile that one request cannot decide."""
    samples = telling(subject)
    at = load(next(iter(samples.values())))
    figure, (axes,) = sheet(subject, f"How slow are the slowest requests at {at}?")
    points = {name: points_of(sample) for name, sample in samples.items()}
    _share_axis(axes, points.values())
    for name, series in points.items():
        line(axes, subject.looks[name], series, far_apart=inf)
    label = f"latency ({UNIT.symbol})"
    if log:
        log_axis(axes, label, least=10)
    else:
        axes.set_ylim(bottom=0)
        value_axis(axes, label, plain)
    if few(points):
        write_names(axes, subject, points)
    more = "a line ends where a single request would decide the next percentile"
    return reading(figure, subject, more, points, at_ends=few(points))


def percentile_variants(subject: Subject) -> dict[Choice, Figure]:
    """Draw the same on a linear axis."""
    return {Choice("linear"): percentiles(subject, log=False)}


def telling(subject: Subject) -> Mapping[str, Sample]:
    """Return the samples of each deployment with percentiles, at the load that tells most.

    That is the highest at which the best of both interfaces were measured, else the highest.
    """
    reference = subject.reference
    best = (reference.deployment if reference else "", subject.best_asgi)
    both = [float(each.users) for each in subject.comparisons if (each.bottom, each.top) == best]
    tailed = [sample for sample in subject.samples if len(points_of(sample)) > 1]
    most = max(both or [sample.load for sample in tailed], default=inf)
    return {sample.deployment: sample for sample in tailed if sample.load == most}


def points_of(sample: Sample) -> list[Point]:
    """Return the percentiles of a sample over 1 / (1 - p)."""
    return [
        Point(
            1 / (1 - share),
            spread,
            bool(sample.doubts),
            "≥" if metric.name in sample.lower_bounds else "",
            said and replace(said, at=_name(share)),
        )
        for share, metric in PERCENTILES.items()
        if (spread := sample.metrics.get(metric.name))
        for said in [words.of_cell(sample, spread, metric)]
    ]


def _share_axis(axes: Axes, points: Iterable[Sequence[Point]]) -> None:
    """Make shares of requests logarithmic, by what is beyond them."""
    axes.set_xscale("log")
    places = sorted({point.load for series in points for point in series})
    axes.xaxis.set_major_locator(FixedLocator(data.apart(places, NEAREST)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda beyond, _: _name(1 - 1 / beyond)))
    axes.set_xlabel("percentile, over 1 / (1 - p)")


def _name(share: float) -> str:
    return f"p{100 * share:g}"
