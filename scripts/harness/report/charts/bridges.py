"""Draw sync and async views under both interfaces, two by two, with the cost of each bridge."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Interface, Views
from harness.core.summary import Bridge, Spread
from harness.report.charts.colours import INK, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.looks import ASGI, WSGI
from harness.report.charts.words import Series, Words
from harness.report.wording import over
from harness.runs.bridges import NATIVE

ROWS: tuple[Interface, ...] = ("wsgi", "asgi")
COLUMNS: tuple[Views, ...] = ("sync", "async")
ROW_NAMES = ("WSGI", "ASGI")
COLUMN_NAMES = ("sync view", "async view")
COLOURS = {"wsgi": WSGI[0].colour, "asgi": ASGI[0].colour}
GAP = 0.04


def two_by_two(subject: Subject) -> Figure:
    """Draw a panel for each metric: the four values, and below adapted ones what was added."""
    metrics = list(dict.fromkeys(each.metric for each in subject.bridges))
    figure, panels = sheet(subject, "What does the other interface cost?", columns=len(metrics))
    figure.set_figheight(4.2)
    for axes, metric in zip(panels, metrics, strict=True):
        _grid(axes, metric)
        for each in subject.bridges:
            if each.metric == metric:
                _row(axes, each)
    first = subject.bridges[0]
    flagged = "; ○ = flagged" if any(each.flagged for each in subject.bridges) else ""
    text = f"At {clients(int(first.load))}; {over(subject.rounds)}{flagged}"
    return explain(figure, text, _keys())


def _grid(axes: Axes, metric: str) -> None:
    """Label two rows and two columns, without an axis of values."""
    axes.set_title(METRICS[metric].title, fontsize=10.5, color=INK)
    axes.set_xlim(0, 2)
    axes.set_ylim(2, 0)
    axes.set_xticks([0.5, 1.5], COLUMN_NAMES)
    axes.set_yticks([0.5, 1.5], ROW_NAMES)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _row(axes: Axes, each: Bridge) -> None:
    """Draw the native and the adapted cell of one interface."""
    row, native = ROWS.index(each.interface), COLUMNS.index(NATIVE[each.interface])
    text = METRICS[each.metric].unit.text
    mark = " ○" if each.flagged else ""
    values = dict(zip((native, 1 - native), each.values, strict=True))
    for column, value in values.items():
        adapted = column != native
        words = Words(ROW_NAMES[row], COLUMN_NAMES[column], text(value.middle) + mark)
        _cell(axes, column, row, COLOURS[each.interface], adapted, words)
        _write(axes, column, row, 0.42, text(value.middle) + mark, 13, INK)
        if adapted and each.cost:
            _write(axes, column, row, 0.66, _added(each.cost), 9.5, INK)


def _added(cost: Spread) -> str:
    """Return a difference in milliseconds with its sign and, below it, its bounds."""
    middle, low, high = (_signed(value) for value in (cost.middle, cost.low, cost.high))
    return f"{middle} ms" if cost.rounds == 1 else f"{middle} ms\n({low} to {high})"


def _signed(value: float) -> str:
    return ("+" if value >= 0 else "") + units.significant(value)


def _cell(axes: Axes, column: int, row: int, colour: str, adapted: bool, words: Words) -> None:
    axes.add_patch(
        Rectangle(
            (column + GAP, row + GAP),
            1 - 2 * GAP,
            1 - 2 * GAP,
            facecolor=colour,
            alpha=0.32 if adapted else 0.12,
            edgecolor="none",
            gid=Series.of("cell", [words]),
        )
    )


def _write(axes: Axes, column: int, row: int, at: float, text: str, size: float, ink: str) -> None:
    axes.text(column + 0.5, row + at, text, ha="center", va="center", fontsize=size, color=ink)


def _keys() -> list[Patch]:
    return [
        Patch(color=QUIET, alpha=0.12, label="native"),
        Patch(color=QUIET, alpha=0.32, label="adapted, with what that added"),
    ]
