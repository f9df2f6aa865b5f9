"""Answers of two sides are compared without what changes from answer to answer."""

import pytest

from harness.core.likeness import (
    difference,
    of_facts,
    of_settings,
    of_versions,
    version_facts,
    without_django,
)
from harness.core.plan import Deployment

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


def test_another_framework_has_no_settings_to_differ_by() -> None:
    """Those that serve Django are held against each other; the others are named."""
    served = {
        "django": {"python": "3.11", "django": "5.2", "DEBUG": "False"},
        "flask": {"python": "3.11"},
        "unknown": {},
    }
    assert of_settings(served) == ()
    assert without_django(served) == ("flask serves without Django",)
    again = served | {"again": {"python": "3.11", "django": "5.2", "DEBUG": "True"}}
    assert of_settings(again) == ("DEBUG is False (django); True (again)",)
    only = {"flask": {"python": "3.11"}, "bare": {"python": "3.12"}}
    assert of_settings(only) == ("python is 3.11 (flask); 3.12 (bare)",)
    assert without_django(only) == ()


def test_facts_that_may_differ_are_left_out() -> None:
    """What an entry point reads is not yet what it serves."""
    served = {"one": {"DEBUG": "False", "read": "A"}, "two": {"DEBUG": "False", "read": "A, B"}}
    assert of_facts(served) == ("read is A (one); A, B (two)",)
    assert of_facts(served, but=("read",)) == ()


def test_versions_that_a_plan_names_are_no_different_settings() -> None:
    """They are told, with those that came along; what only one has and nobody names is not."""
    served = {
        "old": {"python": "3.11", "packages": "h11 1, made_up-server 1.0", "DEBUG": "True"},
        "new": {"python": "3.11", "packages": "h11 2, made-up-server 2.0, ruff 9", "DEBUG": "True"},
    }
    command = ("{python}", "{port}")
    new = Deployment(name="new", interface="wsgi", command=command)
    old = new.model_copy(update={"name": "old", "requirements": ("made_up_server==1.0",)})
    assert of_settings(served, version_facts([old, new])) == ()
    assert of_versions(served, [old, new]) == (
        "h11 is 1 (old); 2 (new)",
        "made-up-server is 1.0 (old); 2.0 (new)",
    )
    assert (version_facts([new, new]), of_versions(served, [new, new])) == ((), ())
    assert [text.split()[0] for text in of_settings(served, version_facts([new, new]))] == [
        "packages"
    ]
