"""The numbers of a chart as a table."""

from harness.report.chart_tables import of_drawing
from harness.report.charts.drawing import Drawing, Panel
from harness.report.charts.words import Words


def drawing(*words: Words) -> Drawing:
    """Build a chart of one panel."""
    return Drawing("How many?", (), (), (Panel("p50", "<svg/>", words),))


def test_series_are_rows_and_loads_are_columns() -> None:
    """A value that is missing is empty; several at one load stand beside each other."""
    (table,) = of_drawing(
        drawing(
            Words("one", "16 clients", "5 ms"),
            Words("one", "64 clients", "6 ms"),
            Words("two", "16 clients", "7 ms"),
            Words("two", "16 clients", "8 ms"),
        )
    )
    assert table.title == "How many?: p50"
    assert table.headings == ("p50", "16 clients", "64 clients")
    assert table.rows == [("one", "5 ms", "6 ms"), ("two", "7 ms; 8 ms", "")]


def test_one_series_over_many_loads_stands_upright() -> None:
    """A row for each load: a screen is longer than wide."""
    (table,) = of_drawing(drawing(*(Words("one", f"{second} s", "9") for second in range(3))))
    assert table.headings == ("p50", "one")
    assert table.rows == [("0 s", "9"), ("1 s", "9"), ("2 s", "9")]


def test_a_panel_without_points_has_no_table() -> None:
    """Such as one in which nothing was measured."""
    assert of_drawing(drawing()) == ()
