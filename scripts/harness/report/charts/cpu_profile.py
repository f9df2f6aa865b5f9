"""Draw where the CPU time of each server goes: one bar each, cut into the parts of its profile."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from harness.core import units
from harness.core.cpu_profile import TITLES, CpuProfile, Part
from harness.report.charts.colours import BAND, INK, PAPER, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.words import Series, Words
from harness.report.cpu_profile import load_text

# After Okabe & Ito (2008); neighbours differ in lightness, so also in grey, and a line is between
# them.
LOOKS: dict[Part, str] = {
    "app": "#0072B2",
    "framework": "#56B4E9",
    "threads": "#D55E00",
    "server": "#F0E442",
    "interpreter": "#009E73",
    "kernel": QUIET,
    "idle": BAND,
}

# A narrower part has no room for its number.
LEAST_LABELLED = 0.04

BAR_HEIGHT_IN = 0.42
TEXT_HEIGHT_IN = 2.0


def cpu(subject: Subject) -> Figure:
    """Draw the shares of each deployment's cores as a bar of 100%, under one another."""
    profiles = subject.profiles
    figure, (axes,) = sheet(subject, "Where does the server's CPU time go?")
    figure.set_figheight(BAR_HEIGHT_IN * len(profiles) + TEXT_HEIGHT_IN)
    for place, profile in enumerate(profiles):
        _bar(axes, place, profile)
    axes.set_yticks(range(len(profiles)), [profile.deployment for profile in profiles])
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.set_axisbelow(True)
    axes.set_xlim(0, 100)
    axes.set_xlabel("share of the time of the server's cores (%)")
    loads = ", ".join(dict.fromkeys(map(load_text, profiles)))
    reading = f"At {loads}, in a load step of its own; by the innermost Python frame of samples"
    return explain(figure, reading, _keys())


def _bar(axes: Axes, place: int, profile: CpuProfile) -> None:
    """Stack the parts of one profile to the right, each with its number where there is room."""
    base = 0.0
    for part, share in profile.shares.items():
        width = 100 * share
        text = f"{TITLES[part]} {units.percent(share)}"
        words = Words(profile.deployment, load_text(profile), text)
        (bar,) = axes.barh(place, width, 0.7, base, color=LOOKS[part], edgecolor=PAPER, lw=0.6)
        bar.set_gid(Series.of("bar", [words]))
        if share >= LEAST_LABELLED:
            _number(axes, base + width / 2, place, width)
        base += width


def _number(axes: Axes, middle: float, place: int, width: float) -> None:
    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.2, "alpha": 0.85}
    text = axes.text(middle, place, f"{width:.0f}", size=8, color=INK, bbox=box)
    text.set(ha="center", va="center")


def _keys() -> list[Patch]:
    return [
        Patch(facecolor=colour, linewidth=0, label=TITLES[part]) for part, colour in LOOKS.items()
    ]
