"""What a check judges: a margin, a direction, a unit and a row of the method for each metric."""

import re
from pathlib import Path

from harness.checks.metric import FAILED_GATE, METRICS
from harness.checks.starts import COUNTS, JUDGED_P95, sides
from tests.support.turns import starts

METHOD = Path("docs/method.md").read_text()


def test_everything_that_starts_come_to_is_judged() -> None:
    """And nothing is judged that no start has."""
    base, _ = sides(starts(3))
    assert set(base) == set(METRICS)
    assert set(COUNTS) < set(METRICS)


def test_what_is_judged_has_a_better_direction_and_a_margin() -> None:
    """Of a ratio in margins of the check, of a difference its own."""
    for kind in (*METRICS.values(), FAILED_GATE):
        assert kind.entry.better
        assert 0 < kind.within(0.03) < 0.21
        assert kind.must_see(0.03) > (0 if kind.scale == "ratio" else kind.margin)


def test_a_wider_margin_of_the_check_is_seen_by_no_narrower_measure() -> None:
    """A check that lets 20% pass need not see a tenth."""
    assert METRICS["throughput_rps"].must_see(0.03) == 0.10
    assert METRICS["throughput_rps"].must_see(0.20) == 0.40


def test_the_method_has_a_row_for_each_metric_that_a_check_judges() -> None:
    """In any order, each once; and the least count of a percentile."""
    _, _, below = METHOD.partition("| metric | of a start |")
    table, _, _ = below.partition("\n\n")
    named = [name for row in table.splitlines()[2:] for name in _names(row)]
    assert sorted(named) == sorted(METRICS)
    assert f"p95 from {JUDGED_P95.least} on" in table


def _names(row: str) -> list[str]:
    return re.findall(r"`(\w+)`", row.split("|")[1])
