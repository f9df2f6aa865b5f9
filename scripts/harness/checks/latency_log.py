"""Latencies as an HdrHistogram interval log (Tene), which the readers of many languages take."""

from pathlib import Path

from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogWriter

from harness.core.statistics import Floats

# Whole nanoseconds, as readers expect: their default is to show a millionth, milliseconds. From a
# microsecond to an hour, told apart by a thousandth.
NS_PER_MS = 1_000_000
LOWEST_NS, HIGHEST_NS, DIGITS = 1_000, 3_600_000 * NS_PER_MS, 3


def append(path: Path, tag: str, opened: float, closed: float, latencies_ms: Floats) -> None:
    """Add one interval, in seconds since the epoch, with all its latencies, under a tag.

    What several intervals of a tag come to is the sum of their histograms: that is exact, unlike
    any mean of percentiles. A tag holds no comma and no space.
    """
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, DIGITS)
    for latency_ms in latencies_ms.tolist():
        histogram.record_value(min(round(latency_ms * NS_PER_MS), HIGHEST_NS))
    new = not path.exists()
    with path.open("a") as file:
        writer = HistogramLogWriter(file)
        if new:
            writer.output_comment("[Latencies in nanoseconds, an interval for each turn]")
            writer.output_log_format_version()
            writer.output_legend()
        file.write(f"Tag={tag},")  # which the writer does not know of, unlike the reader
        writer.output_interval_histogram(histogram, opened, closed, NS_PER_MS)
