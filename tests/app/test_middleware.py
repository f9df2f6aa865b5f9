"""Middleware that a deployment chooses: it sees every request and changes no byte of a body."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponseBase
from django.test import override_settings

from config.middleware import SETS, apps, middleware
from tests.app.asking import Ask, content
from tests.support.serving import PROJECT

MARKS = {
    "none": {},
    "sync": {"X-Middleware": "1"},
    "async": {"X-Middleware": "1"},
    "both": {"X-Middleware": "1"},
    "numbered": {},
    "startproject": {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"},
}
"""The headers by which a set shows that it has seen a response."""


@pytest.fixture(params=SETS)
def chosen(request: pytest.FixtureRequest) -> Iterator[str]:
    """Choose each set in turn, as settings.py does."""
    name = str(request.param)
    with override_settings(MIDDLEWARE=middleware(name), INSTALLED_APPS=apps(name)):
        yield name


def marks(response: HttpResponseBase) -> dict[str, str]:
    """Return those headers of a response that show middleware."""
    names = {name for headers in MARKS.values() for name in headers}
    return {name: response[name] for name in names if name in response}


def test_a_set_sees_every_response_and_leaves_its_body(ask: Ask, views: str, chosen: str) -> None:
    """Under both interfaces, before both kinds of view."""
    response = ask(f"/{views}/plain/")
    assert (response.status_code, content(response)) == (200, b'{"workload": "plain"}')
    assert marks(response) == MARKS[chosen]


def test_errors_pass_through_middleware_too(ask: Ask, views: str, chosen: str) -> None:
    """A refused parameter stays a 400 in JSON."""
    response = ask(f"/{views}/wait/?ms=x")
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert marks(response) == MARKS[chosen]


def test_startproject_has_the_middleware_that_django_writes() -> None:
    """As the template of the installed Django has it, in its order."""
    template = Path(django.__path__[0], "conf/project_template/project_name/settings.py-tpl")
    written = re.findall(r"'(django\.[\w.]+Middleware)'", template.read_text())
    assert SETS["startproject"] == written
    assert len(written) == 7


def test_another_name_is_refused_with_those_there_are() -> None:
    """In words that name the variable."""
    with pytest.raises(ImproperlyConfigured) as caught:
        middleware("all")
    assert str(caught.value) == (
        "DJANGO_MIDDLEWARE is 'all': set it to one of none, sync, async, both, numbered, "
        "startproject"
    )


@pytest.mark.parametrize(
    ("variables", "count"), [({}, 0), ({"DJANGO_MIDDLEWARE": "startproject"}, 7)]
)
def test_the_environment_chooses(variables: dict[str, str], count: int) -> None:
    """None where it says nothing."""
    program = "from config.settings import *; print(len(MIDDLEWARE), len(INSTALLED_APPS))"
    words = [sys.executable, "-c", program]
    environment = {**os.environ, **variables}
    answer = subprocess.run(
        words, cwd=PROJECT / "app", env=environment, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [str(count), "5" if count else "1"]
