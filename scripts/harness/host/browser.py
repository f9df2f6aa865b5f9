"""The browser of whoever sits at this machine, where somebody does."""

import os
import sys
import webbrowser
from pathlib import Path

DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")


def show(page: Path) -> bool:
    """Open a page in the browser; return whether there is one that could.

    $BROWSER is always asked. Without it and without a display, Python would take a browser of the
    terminal, which shows no charts.
    """
    windows = sys.platform in ("darwin", "win32") or any(map(os.environ.get, DISPLAYS))
    if not windows and not os.environ.get("BROWSER"):
        return False
    return webbrowser.open(page.absolute().as_uri())
