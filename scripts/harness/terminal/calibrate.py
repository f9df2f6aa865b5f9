"""What `make calibrate` prints: the envelope as a table."""

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from harness.core.units import count
from harness.measure.envelope import Envelope, Point
from harness.terminal.terminal import OUT

# In two lines each, so that the table of a calibration fits into 80 columns.
HEADINGS = (
    *("users", "req/s", "p50\nerr %", "p95\nerr %", "p99\nerr %", "req/s\nerr %"),
    *("send\nms", "server\nms", "recv\nms", "Locust\nCPU %"),
)


def envelope(found: Envelope) -> None:
    """Print a row for each point of a calibration, those not right in yellow, then the sentence."""
    table = Table(Column("delays"), box=SIMPLE_HEAD, padding=0)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for point in found.points:
        table.add_row(*_cells(point), style="" if point.right else "yellow")
    OUT.print(table)
    OUT.print(escape(found.sentence))


def _cells(point: Point) -> tuple[str, ...]:
    errors = [p.error_share if p else None for p in (point.p50, point.p95, point.p99)]
    errors.append(point.throughput_error_share)
    parts = (point.sending_ms, point.lateness_ms, point.receiving_ms)
    return (
        *(point.spread, count(point.users), count(point.rate_rps)),
        *("" if share is None else f"{100 * share:+.1f}" for share in errors),
        *(f"{part:.2f}" for part in parts),
        "" if point.load_cpu_share is None else f"{100 * point.load_cpu_share:.0f}",
    )
