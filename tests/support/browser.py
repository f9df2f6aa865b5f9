"""A page in a real browser: what a script of the test sees on it, and what stands on paper."""

import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import product
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from tests.support.patience import PATIENCE_S

BROWSER = next(filter(None, map(which, ("chromium", "chromium-browser", "google-chrome"))), "")
WORDS_OF_PDF = which("pdftotext") or ""
AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"

needs_browser = pytest.mark.skipif(not BROWSER, reason="no Chromium here: apt-get install chromium")
needs_pdftotext = pytest.mark.skipif(
    not WORDS_OF_PDF, reason="no pdftotext here: apt-get install poppler-utils"
)
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="no axe-core here: npm ci --prefix=tests/support/axe"
)

FRAMES = """<!doctype html>
<body>
<script>
const seen = {};
addEventListener("message", (event) => {
  const from = (frame) => frame.contentWindow === event.source;
  seen[[...document.querySelectorAll("iframe")].find(from).name] = JSON.parse(event.data);
  document.body.dataset.seen = JSON.stringify(seen);
});
</script>
"""
FRAME = (
    '<iframe name="{width} {scheme}" src="page.html{link}" '
    'style="border: 0; width: {width}px; height: 900px; color-scheme: {scheme}"></iframe>\n'
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word on paper: its sheet, its box in points from the upper left corner, and both sizes."""

    text: str
    sheet: int
    box: tuple[float, float, float, float]
    paper: tuple[float, float]


def visit(folder: Path, page: str, probe: str, width: int, link: str = "") -> dict[str, Any]:
    """Return what a probe sees on a page in a light frame of one width, as `visits` does."""
    return visits(folder, page, probe, [width], link=link)[width, "light"]


def visits(
    folder: Path,
    page: str,
    probe: str,
    widths: Sequence[int],
    schemes: Sequence[str] = ("light",),
    link: str = "",
) -> dict[tuple[int, str], dict[str, Any]]:
    """Return what a probe sees on a page, by the width and the colour scheme of a frame around it.

    One start of the browser shows all frames; a frame may be narrower than any window. The probe is
    a script that stands first on the page and posts JSON to its parent; `link` is what follows the
    page's name in its address.
    """
    (folder / "page.html").write_text(page.replace("<style>", f"{probe}<style>", 1))
    shown = list(product(widths, schemes))
    frames = [FRAME.format(width=width, scheme=scheme, link=link) for width, scheme in shown]
    (folder / "frames.html").write_text(FRAMES + "".join(frames))
    dom = _start(folder, "frames.html", "--window-size=1600,1000", "--dump-dom")
    seen = re.search(r'data-seen="([^"]*)"', dom)
    assert seen, dom[-2000:]
    by_name = json.loads(unescape(seen[1]))
    return {(width, scheme): by_name[f"{width} {scheme}"] for width, scheme in shown}


def printed(folder: Path, page: str) -> list[Word]:
    """Print a page; return every word on the paper."""
    (folder / "page.html").write_text(page)
    pdf = folder / "page.pdf"
    _start(folder, "page.html", "--no-pdf-header-footer", f"--print-to-pdf={pdf}")
    command = [WORDS_OF_PDF, "-bbox", str(pdf), "-"]
    boxes = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words: list[Word] = []
    for number, sheet in enumerate(boxes.split("<page ")[1:]):
        width, height = map(float, re.findall(r'"([\d.]+)"', sheet.partition(">")[0]))
        for *box, text in re.findall(r"<word" + 4 * r' \w+="(-?[\d.]+)"' + ">(.*?)</word>", sheet):
            left, top, right, bottom = map(float, box)
            words.append(Word(unescape(text), number, (left, top, right, bottom), (width, height)))
    return words


def _start(folder: Path, name: str, *options: str) -> str:
    """Show a file of the folder; return what the browser prints."""
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=10000",
        f"--user-data-dir={folder / 'profile'}",
        *options,
        (folder / name).resolve().as_uri(),
    ]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    ).stdout
