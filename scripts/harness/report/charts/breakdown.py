"""Draw where the time of a request goes: its mean latency, cut into its parts."""

from math import ceil, isnan

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harness.core import units
from harness.core.labels import load
from harness.core.summary import Sample
from harness.report.charts.colours import INK, PAPER
from harness.report.charts.data import Subject
from harness.report.charts.figure import LOADS, explain, sheet
from harness.report.charts.words import Series, Words

# After Okabe & Ito (2008); neighbours in the stack differ in lightness, so also in grey, and a line
# is between them. What passes in the view is blue.
LOOKS = {
    "part_late_ms": ("late (due, not yet sent)", "#000000"),
    "part_connect_ms": ("connect", "#F0E442"),
    "part_queue_ms": ("queue (before the view)", "#E69F00"),
    "part_view_ms": ("view (without its wait)", "#0072B2"),
    "part_wait_ms": ("wait (in the view)", "#56B4E9"),
    "part_back_ms": ("back (after the view)", "#00664B"),
    "part_outside_ms": ("queue and back (clocks apart)", "#999999"),
}

# A panel with more bars than this needs half of the sheet, so that the numbers stay legible.
MOST_BARS = 6
PALE = 0.45
PANEL_HEIGHT_IN = 2.3
TEXT_HEIGHT_IN = 1.9


def parts(subject: Subject) -> Figure:
    """Draw each part's share of the mean latency over the load, a panel per deployment.

    Shares, as the latencies of one scenario differ a hundredfold; each bar's whole is written
    above it, in milliseconds.
    """
    names = [name for name in subject.looks if subject.samples_of(name)]
    most = max(len(subject.samples_of(name)) for name in names)
    columns = min(len(names), 3 if most <= MOST_BARS else 2)
    rows = ceil(len(names) / columns)
    question = "Where does the time of a request go?"
    figure, panels = sheet(subject, question, columns, rows)
    figure.set_figheight(PANEL_HEIGHT_IN * rows + TEXT_HEIGHT_IN)
    for axes, name in zip(panels, names, strict=False):
        _panel(axes, subject, name)
    for axes in panels[len(names) :]:
        axes.set_axis_off()
    for axes in panels[::columns]:
        axes.set_ylabel("share of mean latency (%)")
    return explain(figure, _reading(subject), _keys(subject))


def _panel(axes: Axes, subject: Subject, name: str) -> None:
    """Draw one deployment: a bar per load, in equal steps; a rate may be unknown."""
    samples = subject.samples_of(name)
    loads = ["?" if isnan(sample.load) else units.count(sample.load) for sample in samples]
    axes.set_title(name, fontsize=10.5, color=INK, pad=22)
    axes.set_gid(subject.looks[name].key)
    axes.grid(False, axis="x")
    axes.set_axisbelow(True)
    size = 8.5 if len(samples) <= MOST_BARS else 7.5
    axes.set_xticks(range(len(samples)), loads, fontsize=size)
    axes.set_xlim(-0.6, len(samples) - 0.4)
    axes.set_ylim(0, 100)
    axes.set_xlabel(LOADS[subject.model][1])
    for place, sample in enumerate(samples):
        _bar(axes, place, sample)


def _bar(axes: Axes, place: int, sample: Sample) -> None:
    """Stack the parts of one cell up to 100%, and write above what that is."""
    if not sample.rounds:
        above = axes.get_xaxis_transform()
        axes.scatter(place, 0.04, marker="x", s=60, linewidths=2, color=INK, transform=above)
    whole = sum(sample.parts.values())
    base = 0.0
    for part, ms in sample.parts.items():
        label, colour = LOOKS[part]
        share = 100 * ms / whole
        words = Words(label, load(sample), f"{units.milliseconds(ms)}, {units.significant(share)}%")
        (patch,) = axes.bar(place, share, 0.8, base, color=colour, edgecolor=PAPER, linewidth=0.6)
        patch.set(alpha=PALE if sample.doubts else 1, gid=Series.of("bar", [words]))
        base += share
    if sample.parts:
        least = "≥" if "latency_mean_ms" in sample.lower_bounds else ""
        flag = "○\n" if sample.doubts else ""
        text = f"{flag}{least}{_short(whole)}"
        axes.text(place, 101.5, text, ha="center", va="bottom", size=8, color=INK)


def _short(ms: float) -> str:
    """Return a time for little room: in milliseconds, from 10,000 on in seconds."""
    return units.significant(ms) if ms < 9_999 else f"{units.significant(ms / 1000, 2)} s"


def _reading(subject: Subject) -> str:
    rounds = "1 round" if subject.rounds == 1 else f"medians of {subject.rounds} rounds"
    return (
        f"Above each bar: mean latency, the sum of its parts, in ms unless in s; {rounds}\n"
        "pale with ○ = flagged, x = failed, ≥ = at least"
    )


def _keys(subject: Subject) -> list[Patch]:
    """Return the parts that took any time anywhere, from the bottom of the stack up."""
    return [
        Patch(facecolor=colour, linewidth=0, label=label)
        for part, (label, colour) in LOOKS.items()
        if any(sample.parts.get(part) for sample in subject.samples)
    ]
