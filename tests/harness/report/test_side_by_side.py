"""Two runs side by side: what a person reads of them."""

from dataclasses import replace

from harness.core.metrics import METRICS
from harness.report import page
from harness.report.side_by_side import Bar, glance, heads, notes, tables
from harness.runs.drift import SideBySide, side_by_side
from harness.runs.entry import Entry
from tests.support.histories import NEWER, cell, entry

RATE = METRICS["throughput_rps"]


def run(number: int, *values: tuple[str, float], doubted: bool = False, off: float = 0.02) -> Entry:
    """Build a run from the value that all metrics of a cell have, give or take a share."""
    cells = tuple(cell(name, value, doubted, off) for name, value in values)
    return replace(entry(number, {}), cells=cells)


def both(now: float, doubted: bool = False, off: float = 0.02) -> SideBySide:
    """Set 100 in one run beside a value in another, which may be doubted."""
    before = run(0, ("uvicorn.wait.64", 100.0))
    return side_by_side(before, run(1, ("uvicorn.wait.64", now), doubted=doubted, off=off))


def test_a_row_has_both_values_and_their_ratio_with_its_bounds() -> None:
    """98 to 102 and 147 to 153: from 147 / 102 = 1.44 to 153 / 98 = 1.56."""
    assert glance(both(150)) == {
        "wait": (
            {
                "deployment": "uvicorn",
                "load": "64",
                "A req/s": "100",
                "B req/s": "150",
                "B/A": "1.50 (1.44 to 1.56)",
                "p95 B/A": "1.50",
            },
        )
    }


def test_marks_say_what_is_open_and_what_is_flagged() -> None:
    """98 to 102 and 99 to 103 overlap."""
    (row,) = glance(both(101, doubted=True))["wait"]
    assert (row["B req/s"], row["B/A"]) == ("○ 101", "○ ~ 1.01 (0.97 to 1.05)")
    assert row["A req/s"] == "100"


def test_a_single_round_says_so() -> None:
    """Its ratio is inconclusive."""
    once = replace(run(1), cells=(cell("uvicorn.wait.64", 150.0, rounds=1),))
    (row,) = glance(side_by_side(run(0, ("uvicorn.wait.64", 100.0)), once))["wait"]
    assert row["B/A"] == "~ 1.50 (one round)"


def test_scenarios_stay_in_the_order_of_the_plan() -> None:
    """Each with its own rows."""
    cells = (("uvicorn.wait.64", 100.0), ("uvicorn.call.64", 50.0), ("uvicorn.call.16", 20.0))
    shown = glance(side_by_side(run(0, *cells), run(1, *cells)))
    assert {name: len(rows) for name, rows in shown.items()} == {"wait": 1, "call": 2}
    assert list(shown) == ["wait", "call"]


def test_it_is_said_which_run_is_which() -> None:
    """With its commit and its day."""
    assert heads(both(100)) == (
        "A = run run-0 (abc123) of 2026-01-01",
        "B = run run-1 (abc123) of 2026-01-02",
    )


def test_what_is_not_comparable_is_said() -> None:
    """Facts that differ, and the cells of one run alone: the first three, then how many more."""
    more = [(f"gunicorn.wait.{users}", 1.0) for users in (1, 2, 3, 4, 5)]
    before = run(0, ("uvicorn.wait.64", 100.0), *more)
    now = replace(run(1, ("uvicorn.wait.64", 100.0)), facts=NEWER)
    different, only, verdict = notes(side_by_side(before, now))
    assert different == (
        "Not the same in A and B, and part of every ratio: python CPython 3.11.2 -> CPython 3.12.1."
    )
    assert only == (
        "Only in A: gunicorn, wait at 1 client; gunicorn, wait at 2 clients; gunicorn, wait at 3 "
        "clients and 2 more."
    )
    assert verdict.startswith("This is a trend, not a verdict")
    assert len(notes(both(100))) == 1


def test_a_bar_lies_on_a_logarithmic_axis_from_half_to_twice() -> None:
    """Equal is in the middle; the square root of 2 is three quarters of the way."""
    (row,) = tables(both(2**0.5 * 100, off=0.0))["wait"]
    figure = row.figures[0]
    assert figure.bar is not None and figure.bar.middle == 75
    (row,) = tables(both(1_000))["wait"]
    assert row.figures[0].bar == Bar(100, 100, 100)


def test_the_page_escapes_every_name_and_asks_no_network() -> None:
    """Whatever a run or a deployment is called."""
    hostile = replace(both(150), before=replace(run(0), run="<script>alert(1)</script>"))
    text = page.comparison(hostile)
    assert "&lt;script&gt;" in text and "<script" not in text
    assert "http" not in text
    for words in ("1.50 (1.44 to 1.56)", RATE.heading, "color-scheme: light dark"):
        assert words in text
