"""What a report is made of: parts, their sections, and tables. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from harness.report.calculator import Calculator


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings, and in `words` how to read them.

    `texts` are columns that hold words, `links` those that hold the path of a file beside the page.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: str = ""
    texts: Collection[int] = (0,)
    links: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences, charts and tables, mostly under a title.

    `otherwise` stands where there are no sentences. `charts` are keys of the charts of a run;
    `folded` are those that a reader opens by their titles, as is a whole section that is `closed`.
    A `calculator` takes the place of the tables where the page's script runs.
    """

    title: str
    lines: tuple[str, ...] = ()
    charts: tuple[str, ...] = ()
    folded: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    words: str = ""
    otherwise: str = ""
    closed: bool = False
    calculator: Calculator | None = None

    @property
    def empty(self) -> bool:
        """Return whether there is nothing to show and nothing to say of that."""
        shown = (self.lines, self.charts, self.folded, self.tables, self.words, self.otherwise)
        return not any(shown)


@dataclass(frozen=True, slots=True)
class Part:
    """Sections under one heading of the page, which its index lists."""

    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report opens with: short sentences, one picture, one table, and all in full."""

    lines: tuple[str, ...]
    in_full: tuple[str, ...]
    picture: tuple[str, ...]
    tables: tuple[Table, ...]
