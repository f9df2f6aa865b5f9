"""What all charts share: ink, the sheet with its question, the explanation and key below it."""

from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Subject

# The load's axis: where there is room, and where there is little.
LOADS = {
    "closed": ("users (concurrent clients)", "users"),
    "open": ("offered rate (requests/s)", "offered requests/s"),
}


def sheet(
    subject: Subject, question: str, columns: int = 1, rows: int = 1, sharey: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a figure titled by a question, and its panels row by row; `sharey`: one value axis."""
    return blank(f"{question} ({subject.scenario})", columns, rows, sharey)


def blank(
    title: str, columns: int = 1, rows: int = 1, sharey: bool = True
) -> tuple[Figure, list[Axes]]:
    """Return a figure of that title and its panels, as a sheet that is about no scenario."""
    figure = Figure(layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08), linewidth=2)
    figure.suptitle(title, x=0.015, ha="left", fontsize=13, weight="bold", color=INK)
    panels = figure.subplots(rows, columns, sharey=sharey, squeeze=False)
    return figure, [axes for row in panels for axes in row]


def explain(figure: Figure, text: str, handles: Sequence[Artist], columns: int = 3) -> Figure:
    """Write below the panels how to read them, and the key in columns; return the figure."""
    legend = figure.legend(
        handles=handles, title=text, loc="outside lower left", ncols=columns, alignment="left"
    )
    legend.get_title().set_color(QUIET)
    return figure
