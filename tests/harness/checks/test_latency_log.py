"""The latencies of a check, read back with the library that others read them with."""

from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from harness.checks.latency_log import append
from harness.core.statistics import Floats

MS = 1e6


def read(path: Path) -> dict[str, list[HdrHistogram]]:
    """List the histograms of each tag."""
    reader = HistogramLogReader(str(path), HdrHistogram(1, 10, 3))
    found: dict[str, list[HdrHistogram]] = {}
    while histogram := reader.get_next_interval_histogram():
        found.setdefault(histogram.get_tag(), []).append(histogram)
    reader.close()
    return found


def turn(seed: int, count: int = 1_000) -> Floats:
    """Give latencies of some 20 ms with a long tail; of 1,000 every rank is a whole number.

    The library rounds ranks to the nearest, this suite upwards.
    """
    return np.sort(np.random.default_rng(seed).lognormal(3, 1, count))


def test_each_turn_is_an_interval_of_its_tag(tmp_path: Path) -> None:
    """With all its latencies, and when it was."""
    log = tmp_path / "latencies.hlog"
    append(log, "uvicorn.wait.BASE", 1_700_000_000.25, 1_700_000_001.5, turn(1))
    append(log, "uvicorn.wait.HEAD", 1_700_000_002.0, 1_700_000_003.0, turn(2, 100))
    append(log, "uvicorn.wait.BASE", 1_700_000_004.0, 1_700_000_005.0, turn(3))
    found = read(log)
    counts = {tag: [each.get_total_count() for each in found[tag]] for tag in found}
    assert counts == {"uvicorn.wait.BASE": [1_000, 1_000], "uvicorn.wait.HEAD": [100]}
    first = found["uvicorn.wait.BASE"][0]
    assert first.get_start_time_stamp() == pytest.approx(1_700_000_000_250, abs=1)
    assert first.get_end_time_stamp() == pytest.approx(1_700_000_001_500, abs=1)


@pytest.mark.parametrize("rank", [50, 95, 99])
def test_percentiles_are_right_to_a_thousandth(tmp_path: Path, rank: int) -> None:
    """Of one turn, and of two turns added up, which is as exact."""
    log = tmp_path / "latencies.hlog"
    append(log, "a.BASE", 1.0, 2.0, turn(1))
    append(log, "a.BASE", 3.0, 4.0, 2 * turn(2))
    one, other = read(log)["a.BASE"]
    expected = np.percentile(turn(1), rank, method="inverted_cdf")
    assert one.get_value_at_percentile(rank) / MS == pytest.approx(expected, rel=1e-3)
    one.add(other)
    both = np.append(turn(1), 2 * turn(2))
    expected = np.percentile(both, rank, method="inverted_cdf")
    assert one.get_value_at_percentile(rank) / MS == pytest.approx(expected, rel=1e-3)


def test_no_latency_is_lost_at_either_end(tmp_path: Path) -> None:
    """Half a microsecond and three hours count, as the least and the most that can be told."""
    append(tmp_path / "log", "a.BASE", 1.0, 2.0, np.array([0.0005, 3 * 3_600_000.0]))
    (histogram,) = read(tmp_path / "log")["a.BASE"]
    assert histogram.get_total_count() == 2
    assert histogram.get_max_value() / MS == pytest.approx(3_600_000, rel=1e-3)


def test_a_turn_without_an_answer_is_an_empty_interval(tmp_path: Path) -> None:
    """A side that answered nothing is not left out."""
    append(tmp_path / "log", "a.HEAD", 1.0, 2.0, np.empty(0))
    (histogram,) = read(tmp_path / "log")["a.HEAD"]
    assert histogram.get_total_count() == 0


def test_the_file_says_what_it_is(tmp_path: Path) -> None:
    """Once, at its top: its format's version, and the unit."""
    for seed in (1, 2):
        append(tmp_path / "log", "a.HEAD", float(seed), seed + 0.5, turn(seed))
    lines = (tmp_path / "log").read_text().splitlines()
    assert "nanoseconds" in lines[0]
    assert lines[1].startswith("#[Histogram log format version 1.")
    assert [line.split(",")[0] for line in lines[2:]] == ['"StartTimestamp"', *["Tag=a.HEAD"] * 2]
