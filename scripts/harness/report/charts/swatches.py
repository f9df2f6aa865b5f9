"""Draw what a key shows of a series, as small SVG for the page."""

from collections.abc import Iterable, Sequence

from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.patches import Patch
from matplotlib.path import Path

from harness.report.charts.colours import css


def of_handle(handle: Artist) -> str:
    """Return what an entry of a key looks like, as SVG."""
    if isinstance(handle, Line2D):
        dashes = (4, 2) if handle.is_dashed() else ()
        line = handle.get_linestyle() != "None"
        return of_line(str(handle.get_color()), str(handle.get_marker()), dashes, line)
    assert isinstance(handle, Patch)
    opacity = handle.get_alpha() or 1
    fill = css(handle.get_facecolor())
    return _svg(f'<rect width="24" height="12" style="fill:{fill};opacity:{opacity:g}"/>')


def of_line(colour: str, marker: str, dashes: Sequence[float], line: bool = True) -> str:
    """Return a marker on its line, or alone."""
    stroke = css(colour)
    style = f"stroke:{stroke};stroke-width:2;stroke-dasharray:{' '.join(f'{d:g}' for d in dashes)}"
    drawn = f'<path d="M0 6H24" style="{style}"/>' if line else ""
    return _svg(f'{drawn}<path d="{_outline(marker)}" style="fill:{stroke}"/>')


def _outline(marker: str) -> str:
    """Return the path of a marker, in the middle of a swatch."""
    style = MarkerStyle(marker)
    outline = style.get_path().transformed(style.get_transform())
    commands = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C"}
    steps = [
        "Z" if code == Path.CLOSEPOLY else commands[code] + _places(points)
        for points, code in outline.iter_segments(simplify=False)
    ]
    return "".join(steps)


def _places(points: Iterable[float]) -> str:
    values = list(points)
    pairs = zip(values[::2], values[1::2], strict=True)
    return " ".join(f"{12 + 8 * x:.4g} {6 - 8 * y:.4g}" for x, y in pairs)


def _svg(content: str) -> str:
    return f'<svg class="swatch" viewBox="0 0 24 12" aria-hidden="true">{content}</svg>'
