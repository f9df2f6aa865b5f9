"""Loads in words and tables in Markdown, the same in tables, charts, sentences and documents."""

from collections.abc import Iterable, Sequence

from harness.core import units
from harness.core.summary import Sample
from harness.core.trial import Trial


def clients(users: int) -> str:
    """Return a number of clients in words: 1 client, 1,024 clients."""
    return "1 client" if users == 1 else f"{units.count(users)} clients"


def load(of: Trial | Sample) -> str:
    """Return a load in words: 64 clients, 50% of its capacity (128 requests/s)."""
    if of.model == "closed":
        return clients(of.users)
    rate = f"{units.significant(of.rate_rps)} requests/s" if of.rate_rps else ""
    if of.fraction is None:
        return rate
    share = f"{units.percent(of.fraction)} of its capacity"
    return f"{share} ({rate})" if rate else share


def loads(users: Sequence[int]) -> str:
    """Return one load or more in words: 16, 64 and 256 clients."""
    *most, last = users
    return ", ".join(map(units.count, most)) + (" and " if most else "") + clients(last)


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown, which ends with a line end; cells are taken as they are."""
    lines = (headings, ["---"] * len(headings), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
