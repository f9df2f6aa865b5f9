"""The points of a chart as a table for each of its panels: series over loads. Pure."""

from harness.report.charts.drawing import Drawing, Panel
from harness.report.section import Table


def of_drawing(drawing: Drawing) -> tuple[Table, ...]:
    """Return a table for each panel with points, titled by the question and by the panel.

    A variant that shows the same values on another axis has none of its own.
    """
    own = [_of_panel(drawing.question, panel) for panel in drawing.panels if panel.words]
    others = [
        _of_panel(f"{drawing.question}: {variant.choice.title}", panel)
        for variant in drawing.variants
        for panel in variant.panels
        if panel.words and all(panel.words != each.words for each in drawing.panels)
    ]
    return (*own, *others)


def _of_panel(question: str, panel: Panel) -> Table:
    """Return the table of a panel; its rows are what there is more of, series or loads."""
    cells: dict[tuple[str, str], list[str]] = {}
    for each in panel.words:
        cells.setdefault((each.series, each.at), []).append(each.value)
    series = list(dict.fromkeys(each.series for each in panel.words))
    loads = list(dict.fromkeys(each.at for each in panel.words))
    title = ": ".join(filter(None, (question, panel.title)))
    if len(series) >= len(loads):
        rows = [(name, *("; ".join(cells.get((name, at), ())) for at in loads)) for name in series]
        return Table(title, (panel.title or "deployment", *loads), rows)
    rows = [(at, *("; ".join(cells.get((name, at), ())) for name in series)) for at in loads]
    return Table(title, (panel.title or "at", *series), rows)
