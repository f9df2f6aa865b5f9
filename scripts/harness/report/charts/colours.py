"""The colours of all charts, and what each is on a dark page.

A chart is drawn in the light colours. On the page each is a variable, so that the reader's setting
chooses; what is distinct in one list is distinct in the other, by lightness too.
"""

from matplotlib.colors import to_hex
from matplotlib.typing import ColorType

INK = "#222222"
QUIET = "#666666"
BAND = "#e2e2e2"
GRID = "#e4e4e4"
PAPER = "#ffffff"

DARK = {
    INK: "#e6e9ed",
    QUIET: "#a2abb5",
    BAND: "#343b44",
    GRID: "#2d343b",
    PAPER: "#15181c",
    "#000000": "#f4f6f8",
    # WSGI
    "#0072b2": "#3d9be0",
    "#00385a": "#b5dcf7",
    "#5fb0e5": "#2d6fa3",
    "#3e5c76": "#8fb0cc",
    "#17919b": "#35c0cb",
    "#8aa4c8": "#6d8fc0",
    # ASGI
    "#d55e00": "#f0813a",
    "#7f3300": "#ffc39a",
    "#f2a25c": "#b8702a",
    "#a8577e": "#d98bb0",
    "#b3221a": "#ef5b50",
    "#d9b44a": "#e0bd55",
    "#5c1f2e": "#e39aac",
    "#b08060": "#c59a7b",
    # parts of a request, and how clients arrive
    "#f0e442": "#f0e442",
    "#e69f00": "#e69f00",
    "#56b4e9": "#b9e0f7",
    "#00664b": "#1f9d78",
    "#009e73": "#2fc498",
    "#bbbbbb": "#59616b",
}
"""Each colour that a chart may have, in small letters, with that of a dark page."""


def css(colour: ColorType) -> str:
    """Return a colour as the page has it: a variable, or the colour itself where it has none."""
    light = to_hex(colour)
    return f"var({_variable(light)})" if light in DARK else light


def variables(dark: bool = False) -> dict[str, str]:
    """Return the colour of each variable, on a light page or on a dark one."""
    return {_variable(light): (other if dark else light) for light, other in DARK.items()}


def _variable(light: str) -> str:
    return f"--c{light.lstrip('#')}"
