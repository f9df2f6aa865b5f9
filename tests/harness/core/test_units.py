"""Numbers as people read them."""

from math import inf, nan

import pytest

from harness.core import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (1234.0, "1,230"),
        (12345.0, "12,300"),
        (0.9999, "1.00"),
        (-2.5, "-2.50"),
    ],
)
def test_three_significant_digits_without_exponents(value: float, text: str) -> None:
    """Small and large numbers keep their digits, not their decimals."""
    assert units.significant(value) == text


def test_times_are_printed_in_the_unit_a_person_would_use() -> None:
    """Milliseconds up to ten seconds, then seconds."""
    assert units.milliseconds(0.8) == "0.8 ms"
    assert units.milliseconds(9_999) == "10,000 ms"
    assert units.milliseconds(62_500) == "62.5 s"


def test_durations_are_printed_in_seconds_minutes_or_hours() -> None:
    """The coarser, the longer."""
    assert units.seconds(41.6) == "42 s"
    assert units.seconds(545) == "9 min 05 s"
    assert units.seconds(3720) == "1 h 02 min"


def test_counts_shares_and_factors() -> None:
    """Thousands apart, percent of a share, two digits of a ratio."""
    assert units.count(10_000) == "10,000"
    assert units.percent(0.004) == "0.4%"
    assert units.percent(1) == "100%"


def test_a_threshold_is_printed_as_it_was_set() -> None:
    """0.07 times 100 is 7.000000000000001."""
    assert [units.threshold(share) for share in (0.01, 0.025, 0.07, 0.7)] == [
        *("1%", "2.5%", "7%", "70%")
    ]
    assert units.factor(0.95) == "0.95"
    assert units.factor(3.14) == "3.1"
    assert units.factor(38.2) == "38"


def test_what_happened_once_is_singular() -> None:
    """Else the number of times."""
    assert [units.times(number) for number in (1, 7, 1_200)] == ["once", "7 times", "1,200 times"]


def test_what_is_no_number_is_printed_and_ends_nothing() -> None:
    """A figure that could not be computed must not hide all others behind a traceback."""
    for words in (units.count, units.significant, units.milliseconds, units.seconds):
        assert words(nan).startswith("nan")
        assert words(inf).startswith("inf")
    assert units.percent(nan) == "nan%"
    assert units.factor(inf) == "inf"
