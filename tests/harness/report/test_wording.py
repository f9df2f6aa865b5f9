"""Phrases that several sentences share."""

from harness.core.gate import CellDoubt, GateName
from harness.core.summary import Spread
from harness.report.wording import bounds, flag_reason, over


def test_bounds_are_called_what_they_are() -> None:
    """A range, an interval, or a single round, which has neither."""
    assert bounds(Spread(1.1, 1.0, 1.2, 3, "range")) == "range 1.00 to 1.20 over 3 rounds"
    five = Spread(3.1, 2.9, 3.3, 5, "interval")
    assert bounds(five) == "95% interval 2.9 to 3.3 over 5 rounds"
    assert bounds(Spread(2, 2, 2, 1, "range")) == "one round"


def test_a_flag_of_a_cell_names_gate_reason_and_rounds() -> None:
    """Reasons that differ from round to round are represented by the first."""
    same = CellDoubt(GateName.HOST, ("swapped", "swapped", "swapped"), rounds=3)
    assert flag_reason(same) == "host: swapped (3 of 3 rounds)"
    other = CellDoubt(GateName.GENERATOR, ("71% of a core", "72% of a core"), rounds=3)
    assert flag_reason(other) == "generator: e.g. 71% of a core (2 of 3 rounds)"
    once = CellDoubt(GateName.HOST, ("swapped",), rounds=1)
    assert flag_reason(once) == "host: swapped (1 of 1 round)"


def test_a_legend_says_what_so_many_rounds_show() -> None:
    """From five rounds on it is no longer the median."""
    assert [over(rounds) for rounds in (1, 4, 5)] == [
        "1 round",
        "median and range of 4 rounds",
        "mean and 95% interval of 5 rounds",
    ]
