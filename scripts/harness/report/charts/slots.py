"""Draw what slots decide: ASGI / each WSGI deployment, over users per slot."""

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from harness.core.metrics import METRICS
from harness.core.statistics import MARGIN
from harness.report.charts.axes import MOST_OF_NAME, deployment_keys, line, log_axis
from harness.report.charts.colours import BAND, QUIET
from harness.report.charts.data import Subject
from harness.report.charts.figure import explain, sheet
from harness.report.charts.words import short
from harness.report.wording import MARGIN_TEXT, over


def slots(subject: Subject) -> Figure:
    """Draw the ratio over users / slots: whatever their number, slots should cross at 1.

    The dotted curves are the ratios that theory predicts from the bounds of both sides.
    """
    best = subject.best_asgi
    figure, (axes,) = sheet(subject, "From how many users per slot does ASGI serve more?")
    axes.set_xscale("log")
    axes.axhspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND, zorder=0)
    axes.axhline(1, color=QUIET, linewidth=1)
    axes.axvline(1, color=QUIET, linewidth=1, linestyle=":")
    above = axes.get_xaxis_transform()
    axes.text(1, 1.015, "as many users as slots", transform=above, ha="center", size=9, color=QUIET)
    ratios = {name: points for name, points in subject.slot_ratios().items() if points}
    for name, points in ratios.items():
        look = subject.looks[name]
        line(axes, look, points)
        per_slot, predicted = subject.predicted_slot_ratios(name)
        axes.plot(
            per_slot,
            predicted,
            color=look.colour,
            linestyle=":",
            linewidth=1.2,
            alpha=0.8,
            gid=look.key,
        )
    axes.xaxis.set_major_locator(LogLocator(subs=(1,), numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set_xlabel("users per slot of the WSGI deployment")
    asgi = short(best, MOST_OF_NAME)
    log_axis(axes, f"{METRICS['throughput_rps'].title}, {asgi} / WSGI", least=4)
    text = (
        f"Closed loop; {over(subject.rounds)}; hollow = flagged, ~ = inconclusive\n"
        f"dotted: predicted from the bounds; grey: within {MARGIN_TEXT} of equal"
    )
    return explain(figure, text, deployment_keys(subject, ratios))
