"""What `make calibrate` prints, the envelope as a table, and what a run says of its own."""

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Column, Table

from harness.core.units import count
from harness.measure import calibration
from harness.measure.envelope import Envelope, Percentile, Point
from harness.rig.places import Place
from harness.terminal.terminal import OUT, PROGRESS, sentence

# In two lines each, so that the table of a calibration fits into 80 columns.
HEADINGS = (
    "users",
    "req/s",
    "p50\nerr %",
    "p95\nerr %",
    "p99\nerr %",
    "req/s\nerr %",
    "send\nms",
    "server\nms",
    "recv\nms",
    "Locust\nCPU %",
)


def before_run(place: Place, by_requests: bool, users: int) -> Envelope:
    """Return how accurate a measurement of so many users by one of Locust's clients is here now."""
    client = " by the client of an HttpUser" if by_requests else ""
    PROGRESS.print(f"calibrating against a server with known delays{client}, 10 to 30 s")
    measured = calibration.short(place, by_requests, users)
    sentence(f"{measured.sentence}.", to=PROGRESS)
    return measured


def envelope(measured: Envelope) -> None:
    """Print a row for each point of a calibration, wrong ones in yellow, then the sentence."""
    table = Table(Column("delays"), box=SIMPLE_HEAD, padding=0)
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for point in measured.points:
        table.add_row(*_cells(point), style="" if point.right else "yellow")
    OUT.print(table)
    OUT.print(escape(measured.sentence))


def _error(percentile: Percentile | None) -> str:
    return _percent(percentile.error_share) if percentile else ""


def _percent(share: float) -> str:
    return f"{100 * share:+.1f}"


def _cells(point: Point) -> tuple[str, ...]:
    return (
        point.spread,
        count(point.users),
        count(point.rate_rps),
        _error(point.p50),
        _error(point.p95),
        _error(point.p99),
        _percent(point.throughput_error_share),
        f"{point.sending_ms:.2f}",
        f"{point.lateness_ms:.2f}",
        f"{point.receiving_ms:.2f}",
        "" if point.load_cpu_share is None else f"{100 * point.load_cpu_share:.0f}",
    )
