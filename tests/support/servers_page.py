"""The table of servers in docs/servers.md, as its readers see it."""

from pathlib import Path

PAGE = Path("docs/servers.md")
FIRST = "| server | interface |"


def table() -> dict[str, dict[str, str]]:
    """Return the cells of each server by the names of their columns."""
    lines = PAGE.read_text().splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(FIRST))
    head, _, *rest = lines[begin:]
    end = rest.index("")
    names = _cells(head)
    rows = [dict(zip(names, _cells(line), strict=True)) for line in rest[:end]]
    return {row["server"].strip("`"): row for row in rows}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]
