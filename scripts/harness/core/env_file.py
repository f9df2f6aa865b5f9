"""A file of environment variables, as `.env` files are written: NAME=value a line. Pure."""

import re

from harness.core.errors import BenchError

LINE = re.compile(
    r"""
    (?:export\s+)?
    (?P<name>[A-Za-z_][\w.]*) \s*=\s*
    (?: '(?P<literal>[^']*)' | "(?P<quoted>(?:\\.|[^"\\])*)" | (?P<plain>(?!['"]).*?) )
    \s* (?:(?<!\S)\#.*)?
    """,
    re.VERBOSE,
)

ESCAPES = {r"\n": "\n", r"\t": "\t", r"\r": "\r"}


def variables(text: str, source: str) -> dict[str, str]:
    """Return the variables that a file sets, the last of a name; nothing in a value is expanded.

    Single quotes keep a value as it is, double quotes know \\n, \\t, \\r and a quoted character. A
    comment begins with # after a space. Raise BenchError with `source` and the line where one is
    no NAME=value.
    """
    values = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise BenchError(f"{source}, line {number}: write NAME=value, a variable a line")
        values[match["name"]] = _value(match)
    return values


def _value(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return re.sub(r"\\.", lambda each: ESCAPES.get(each[0], each[0][1:]), match["quoted"])
    return match["literal"] if match["literal"] is not None else match["plain"].strip()
