"""No figure in a document without a source: it stands in a file that its section cites.

A source is a file of this repository (the report of a committed run, a test, a plan, the code that
holds the constant) that the section links or names between backticks. Figures between backticks,
in code blocks and in headings are names or commands, and years belong to papers.
"""

import re
from functools import cache
from pathlib import Path

import pytest

DOCUMENTS = (*map(Path, ("README.md", "README.ja.md")), *sorted(Path("docs").glob("*.md")))
FIGURE = re.compile(r"(?<![\w.,/-])\d[\d,_]*(?:\.\d+)?(?![\w/-]|\.\d)")
CITED = re.compile(r"\]\(([^)#:]+)\)|`([\w./-]+\.\w+)`")
NO_FIGURES = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|https?://\S+|^#[^\n]*", re.DOTALL | re.MULTILINE
)


def sections(document: Path) -> list[str]:
    """Return the text below each heading, down to the next one."""
    return re.split(r"^(?=##+ )", document.read_text(), flags=re.MULTILINE)


def sources(section: str, document: Path) -> list[Path]:
    """Return the files that a section cites, relative to its document or to the repository."""
    names = [link or name for link, name in CITED.findall(section)]
    paths = [base / name for name in names for base in (document.parent, Path())]
    return [path.resolve() for path in paths if path.is_file() and path.suffix != ".png"]


def numbers(text: str) -> set[float]:
    """Return the numbers of a text, thousands set apart or not; years are none."""
    plain = (figure.replace(",", "").replace("_", "") for figure in FIGURE.findall(text))
    return {float(number) for number in plain if not re.fullmatch(r"(19|20)\d\d", number)}


@cache
def numbers_of(source: Path) -> set[float]:
    """Return the numbers that a file backs; a share in it also backs its percentage."""
    values = numbers(source.read_text())
    return values | {round(100 * value, 9) for value in values if value < 1}


SECTIONS = [
    pytest.param(document, section, id=f"{document.name}: {section.splitlines()[0].strip('# ')}")
    for document in DOCUMENTS
    for section in sections(document)
    if section.strip()
]


@pytest.mark.parametrize(("document", "section"), SECTIONS)
def test_every_figure_stands_in_a_file_that_its_section_cites(document: Path, section: str) -> None:
    """A run that is replaced leaves no figure of the old one behind."""
    backed = set[float]().union(*map(numbers_of, sources(section, document)))
    unbacked = {
        sentence: lacking
        for sentence in re.split(r"(?<=[.:;])\s|\n", NO_FIGURES.sub("", section))
        if (lacking := sorted(numbers(sentence) - backed))
    }
    assert unbacked == {}


def test_a_figure_that_no_source_holds_is_noticed(tmp_path: Path) -> None:
    """The check itself can fail: 41 stands in no plan."""
    (tmp_path / "plan.toml").write_text("rounds = 5\nshare = 0.07\n")
    assert numbers("5 rounds, 7%, p95, 127.0.0.1 and 10,000 in 2011") == {5, 7, 10_000}
    assert numbers(NO_FIGURES.sub("", "## 3 steps\n`41` [x](a/9.md)")) == set()
    assert 41 not in numbers_of(tmp_path / "plan.toml")
    assert {5, 7} <= numbers_of(tmp_path / "plan.toml")
