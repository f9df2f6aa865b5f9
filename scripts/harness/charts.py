"""Draw the charts of a run. Only this module, chart_parts and sheet know matplotlib.

A chart answers one question about one scenario. Hollow points are doubted, an x at the bottom is
a load at which every round failed, a bar is the range over rounds, or the 95 % interval.
"""

from collections.abc import Callable, Collection, Sequence
from math import nan
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    Locator,
    LogLocator,
    MaxNLocator,
    NullLocator,
)

from harness import series, units
from harness.chart_parts import parts
from harness.findings import Summary
from harness.phrases import over
from harness.series import Look, Point, Subject
from harness.sheet import BAND, INK, LOADS, QUIET, explain, sheet
from harness.stats import MARGIN

STYLE = Path(__file__).with_suffix(".mplstyle")
EQUAL = f"{units.significant(100 * MARGIN, 1)} %"

MODELS = {
    "closed": "Closed loop: a client sends again only after its answer",
    "open": "Open loop: Poisson arrivals; latency counts from when a request was due",
}


def draw(summary: Summary) -> dict[str, Figure]:
    """Draw every chart that a scenario has, keyed `<scenario>.<chart>`."""
    with rc_context(fname=STYLE):
        return {
            f"{subject.scenario}.{name}": chart(subject)
            for subject in series.subjects(summary)
            for name, chart in CHARTS.items()
            if _tells(chart, subject)
        }


def save(figures: dict[str, Figure], folder: Path) -> dict[str, Path]:
    """Write each figure as SVG and PNG, the same bytes every time; give the SVG files."""
    folder.mkdir(parents=True, exist_ok=True)
    with rc_context(fname=STYLE):
        for name, figure in figures.items():
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
            figure.savefig(folder / f"{name}.png", metadata={"Software": None})
    return {name: folder / f"{name}.svg" for name in figures}


def throughput(subject: Subject) -> Figure:
    """Draw requests per second over users, in front of the most that theory allows."""
    figure, (axes,) = _figure(subject, "How many requests per second are served?")
    for name, look in subject.looks.items():
        axes.plot(*subject.bounds(name), color=look.colour, linestyle=":", linewidth=1, alpha=0.8)
        _series(axes, look, subject.points(name, "throughput_rps"))
    _failures(axes, subject)
    # A bound far above everything measured would press the measurements to the floor.
    axes.set_ylim(0, 1.15 * subject.highest("throughput_rps") or 1)
    _value_axis(axes, "throughput (requests/s)", units.count)
    return _explained(figure, subject, "dotted: the most that theory allows")


def ratio(subject: Subject) -> Figure:
    """Draw ASGI's throughput over that of the best WSGI deployment, over users."""
    figure, (axes,) = _figure(subject, "Does ASGI serve more than the best WSGI?")
    reference = subject.reference
    named = reference.deployment if reference else "WSGI"
    compared = [name for name in subject.looks if subject.ratios(named, name, 1)]
    drawn = {n: subject.ratios(named, n, dodge) for n, dodge in subject.dodges(compared).items()}
    axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, zorder=0)
    axes.axhline(1, color=QUIET, linewidth=1)
    for name, points in drawn.items():
        _series(axes, subject.looks[name], points)
    if reference and reference.slots:
        _mark_slots(axes, reference.slots, named)
    _log_axis(axes, "throughput, ASGI / WSGI", least=4)
    return _explained(figure, subject, f"WSGI = {named}; grey: within {EQUAL} of equal", drawn)


def latency(subject: Subject) -> Figure:
    """Draw the latency's percentiles over users, a panel each."""
    figure, panels = _figure(subject, "How long does a request take?", columns=3)
    for axes, rank in zip(panels, ("p50", "p95", "p99"), strict=True):
        metric = f"latency_{rank}_ms"
        axes.set_title(rank, fontsize=10.5, color=INK)
        for name, look in subject.looks.items():
            _series(axes, look, subject.points(name, metric))
        _failures(axes, subject)
        if not any(metric in sample.metrics for sample in subject.samples):
            axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center")
    _log_axis(panels[0], "latency (ms)", least=10)
    return _explained(figure, subject)


def errors(subject: Subject) -> Figure:
    """Draw the share of failed requests over users."""
    figure, (axes,) = _figure(subject, "How many requests fail?")
    for name, dodge in subject.dodges().items():
        _series(axes, subject.looks[name], subject.points(name, "error_share", dodge))
    _failures(axes, subject)
    top = max(0.01, 1.1 * subject.highest("error_share"))
    axes.set_ylim(-0.1 * top, top)
    _value_axis(axes, "errors (% of requests)", lambda share: f"{100 * share:g} %")
    return _explained(figure, subject)


def rounds(subject: Subject) -> Figure:
    """Draw how far each round is off the middle of its cell: what a single run is worth."""
    figure, (axes,) = _figure(subject, "How far do the rounds differ from each other?")
    axes.axhspan(-100 * MARGIN, 100 * MARGIN, color=BAND, zorder=0)
    for name, dodge in subject.dodges().items():
        _markers(axes, subject.looks[name], subject.deviations(name, dodge))
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, -200 * MARGIN), max(high, 200 * MARGIN))
    _value_axis(axes, "throughput, off the middle (%)", lambda off: f"{off:+g} %" if off else "0 %")
    return _explained(figure, subject, f"grey: within {EQUAL} of the middle")


Chart = Callable[[Subject], Figure]

CHARTS: dict[str, Chart] = {
    "throughput": throughput,
    "ratio": ratio,
    "latency": latency,
    "parts": parts,
    "errors": errors,
    "rounds": rounds,
}


def _tells(chart: Chart, subject: Subject) -> bool:
    """Tell whether a chart has something to show: no ratio without a pair, in an open loop none.

    There the rate is given; what it does to latency is the question. No parts without times from
    the server.
    """
    if chart is parts:
        return any(sample.parts for sample in subject.samples)
    if subject.model == "open":
        return chart in (latency, errors)
    return bool(subject.comparisons) or chart is not ratio


def _figure(subject: Subject, question: str, columns: int = 1) -> tuple[Figure, list[Axes]]:
    figure, panels = sheet(subject, question, columns)
    levels = subject.levels
    for axes in panels:
        axes.set_xscale("log")
        axes.set_xlim(levels[0] / 1.5, levels[-1] * 1.5)
        axes.xaxis.set_major_locator(_load_ticks(subject, columns))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: units.count(value)))
        axes.set_xlabel(LOADS[subject.model][columns > 1])
    return figure, panels


def _load_ticks(subject: Subject, columns: int) -> Locator:
    """Mark the loads that were planned; the rates of an open loop are as they come."""
    if subject.model == "open":
        return LogLocator(subs=(1, 2, 5), numticks=9)
    return FixedLocator(series.apart(subject.levels, 0.1 * columns))


def _series(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    # A load without a measurement breaks the line; so does a lower bound, which would bend it down.
    known = [point.spread if point.mark != "≥" else None for point in points]
    middles = [spread.middle if spread else nan for spread in known]
    users = [point.load for point in points]
    axes.plot(users, middles, color=look.colour, linestyle=(0, look.dashes or None))
    for point in points:
        if point.spread:
            low, high = point.spread.low, point.spread.high
            axes.vlines(point.load, low, high, color=look.colour, linewidth=5, alpha=0.35)
    _markers(axes, look, points)
    _marks(axes, look, points)


def _markers(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    measured = [(point, point.spread.middle) for point in points if point.spread]
    axes.scatter(
        [point.load for point, _ in measured],
        [middle for _, middle in measured],
        marker=look.marker,
        s=34,
        facecolors=["white" if point.doubted else look.colour for point, _ in measured],
        edgecolors=look.colour,
        linewidths=1.3,
        zorder=4,
    )


def _failures(axes: Axes, subject: Subject) -> None:
    for name, dodge in subject.dodges().items():
        users = [users * dodge for users in subject.failed(name)]
        axes.scatter(
            users,
            [0.04] * len(users),
            marker="x",
            s=60,
            linewidths=2,
            color=subject.looks[name].colour,
            transform=axes.get_xaxis_transform(),
        )


def _marks(axes: Axes, look: Look, points: Sequence[Point]) -> None:
    for point in points:
        if point.mark and point.spread:
            axes.annotate(
                point.mark,
                (point.load, point.spread.low),
                xytext=(0, -5),
                textcoords="offset points",
                ha="center",
                va="top",
                color=look.colour,
                size=11,
            )


def _mark_slots(axes: Axes, slots: int, named: str) -> None:
    low, high = axes.get_xlim()
    if low <= slots <= high:
        axes.axvline(slots, color=QUIET, linewidth=1, linestyle=":")
        words, above = f"{named}: {units.count(slots)} slots", axes.get_xaxis_transform()
        axes.text(slots, 1.015, words, transform=above, ha="center", size=9, color=QUIET)


def _value_axis(axes: Axes, label: str, words: Callable[[float], str]) -> None:
    axes.set_ylabel(label)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words(value)))


def _log_axis(axes: Axes, label: str, least: float) -> None:
    """Make the values logarithmic, over at least a factor `least`, so that ticks stay legible."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if low <= 0:  # nothing is drawn yet
        low, high = 1, least
    room = max(1.1, (least * low / high) ** 0.5)
    axes.set_ylim(low / room, high * room)
    axes.set_ylabel(label)
    subs = (1, 2, 5) if high / low > 30 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=20))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))


def _explained(
    figure: Figure, subject: Subject, more: str = "", shown: Collection[str] | None = None
) -> Figure:
    signs = "hollow = doubted, x = failed, ~ = undecided, ≥ = at least"
    marks = "; ".join(filter(None, (signs, more)))
    handles = [
        Line2D([], [], color=look.colour, marker=look.marker, dashes=look.dashes, label=name)
        for name, look in subject.looks.items()
        if shown is None or name in shown
    ]
    words = f"{MODELS[subject.model]}; {over(subject.rounds)}\n{marks}"
    return explain(figure, words, handles)
