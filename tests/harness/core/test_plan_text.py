"""A plan that is written as TOML is read back as the same plan."""

from pathlib import Path

import pytest

from harness.core import plan_file, plan_text
from tests.support.plans import SUITE

PLANS = sorted((SUITE / "loadtests" / "plans").glob("*.toml"))

SITE = r"""
name = "site"

[application]
directory = "mysite"
wsgi = "mysite.wsgi:application"
environment = { "A.B" = "a \"quote\" and a \\", "ä" = "ö\u007f" }
prepare = [["{python}", "manage.py", "migrate"]]

[[deployments]]
name = "one"
interface = "wsgi"
command = ["{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}"]

[[scenarios]]
name = "browse"
settings = { think_ms = 0.5, "own" = true }
only = { one = [1, 8] }
paths = [
    "/",
    { path = "/search/?q={word}", weight = 2, words = { word = "words.txt" }, name = "search" },
    { path = "/api/", method = "POST", json = { a = [1, { b = "c" }] } },
]

[load]
users = [1, 8]
settle_s = 1
measure_s = 2.5
"""


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_every_plan_of_the_suite_survives_being_written(path: Path) -> None:
    """Its paths are absolute afterwards, so it may stand in another folder."""
    plan, _ = plan_file.read(path.absolute())
    assert plan_file.stored(plan_text.text(plan), "written", Path("/elsewhere")) == plan


def test_strings_tables_and_paths_of_a_site_survive_too() -> None:
    """Quotes, backslashes, control characters, keys with dots, a body, files of words."""
    plan = plan_file.stored(SITE, "read", Path("/home/me"))
    assert plan.application.environment["ä"] == "ö\x7f"
    assert plan_file.stored(plan_text.text(plan), "written", Path("/elsewhere")) == plan
