"""Files of variables are read as Django projects write them."""

import pytest

from harness.core.env_file import variables
from harness.core.errors import BenchError

FILE = r"""
# what the site needs
DEBUG=off
export ALLOWED_HOSTS = example.com, www.example.com   # both
DATABASE_URL=sqlite:////var/db#1.sqlite3
SECRET='a $b # "c"'
BANNER="first\nsecond \"quoted\""
EMPTY=
DEBUG=on
"""


def test_names_and_values_are_read_and_nothing_is_expanded() -> None:
    """A comment begins with # after a space; the last of a name counts."""
    assert variables(FILE, ".env") == {
        "DEBUG": "on",
        "ALLOWED_HOSTS": "example.com, www.example.com",
        "DATABASE_URL": "sqlite:////var/db#1.sqlite3",
        "SECRET": 'a $b # "c"',
        "BANNER": 'first\nsecond "quoted"',
        "EMPTY": "",
    }


@pytest.mark.parametrize("line", ["no value", "1A=2", "A='open", 'A="a" b', "=1"])
def test_a_line_that_sets_nothing_is_named(line: str) -> None:
    """By file and line, without its content: it may be a secret."""
    with pytest.raises(BenchError) as caught:
        variables(f"A=1\n{line}\n", "site/.env")
    assert str(caught.value) == "site/.env, line 2: write NAME=value, a variable a line"
