"""docs/models.md shows the programs as they are, and no figure but those of the stored run."""

import re
from pathlib import Path

import pytest

from harness.report import execution_model_files as files
from harness.report.execution_models import PLACE, fill

PAGE = Path("docs/models.md")
TEXT = PAGE.read_text()
REFERENCE = Path("results/models/reference")

PROGRAMS = sorted(Path("models").glob("*.py"))
SOURCES = "\n".join(path.read_text() for path in PROGRAMS)
QUOTES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("quote", QUOTES, ids=range(len(QUOTES)))
def test_every_quote_is_what_a_program_does(quote: str) -> None:
    """Line by line."""
    assert quote in SOURCES


def test_every_program_is_explained() -> None:
    """With a link to all of it."""
    for path in PROGRAMS:
        assert f"](../{path})" in TEXT


def test_the_figures_are_those_of_the_stored_run() -> None:
    """Without one there are none: every place is empty."""
    if REFERENCE.exists():
        assert fill(TEXT, files.read(REFERENCE), "../results/models/reference/") == TEXT
    else:
        assert [place[0] for place in PLACE.finditer(TEXT)] == [
            place[1] + place[3] for place in PLACE.finditer(TEXT)
        ]


def test_the_page_has_a_place_for_all_that_is_measured() -> None:
    """Machine, charts and both tables."""
    assert {place[2] for place in PLACE.finditer(TEXT)} == {
        "machine",
        "lanes",
        "times",
        "waits",
        "computations",
    }


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Programs, documents and charts are there."""
    assert (PAGE.parent / link).exists()
