"""Draw when the events of streams come, and how many streams a server's memory holds."""

from matplotlib.figure import Figure

from harness.core import units
from harness.core.metrics import EVENT_GAP, FIRST_EVENT, STREAMS_PER_MIB
from harness.report.charts.axes import (
    at_axis,
    failures,
    line,
    log_axis,
    over_loads,
    reading,
    value_axis,
)
from harness.report.charts.data import Subject

PANELS = (FIRST_EVENT, EVENT_GAP, STREAMS_PER_MIB)


def streams(subject: Subject) -> Figure:
    """Draw first events, gaps and streams per MiB over users, a panel each."""
    question = "When do events come, and what do streams take?"
    figure, panels = over_loads(subject, question, columns=len(PANELS), sharey=False)
    for axes, metric in zip(panels, PANELS, strict=True):
        for name, look in subject.looks.items():
            line(axes, look, subject.streamed(name, metric))
        failures(axes, subject)
    first, *others = panels
    log_axis(first, FIRST_EVENT.axis, least=10)
    for axes, metric in zip(others, PANELS[1:], strict=True):
        axes.set_ylim(bottom=0)
        value_axis(axes, metric.axis, units.quotient)
    more = "a gap of 0 = held back, and sent when all events were there"
    return reading(figure, subject, more, at_ends=at_axis(subject))
