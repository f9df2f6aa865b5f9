"""A site is looked at before it is measured: small Django sites, each with a fault of its own."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.host.machine import Cores
from harness.rig.preflight import Preflight, preflight
from tests.support.django_sites import SITE, plan

ONE_CORE = Cores((0,), (0,))


def examined(folder: Path, **changes: object) -> Preflight:
    """Return what comes of looking at a site."""
    return preflight(plan(folder, **changes), ONE_CORE)  # type: ignore[arg-type]


def refused(folder: Path, **changes: object) -> str:
    """Return the first line of the error that comes of looking at a site."""
    with pytest.raises(BenchError) as caught:
        examined(folder, **changes)
    return str(caught.value).splitlines()[0]


def test_what_is_served_is_known_without_its_secrets(tmp_path: Path) -> None:
    """The same for both, so that there is nothing to remark: the time differs in every answer."""
    result = examined(tmp_path)
    assert result.remarks == ()
    facts = result.served["one"]
    assert facts == result.served["two"]
    assert (facts["settings"], facts["DEBUG"], facts["CONN_MAX_AGE"]) == (
        "set in code",
        "False",
        "0",
    )
    assert facts["database"] == "default sqlite3 site.sqlite3"
    assert "tests only" not in str(facts)


@pytest.mark.long
def test_debug_and_different_pages_are_remarked_on(tmp_path: Path) -> None:
    """One says None where the other says hello."""
    debugging, different = examined(tmp_path, debug=True, says="hello").remarks
    assert debugging.startswith("DEBUG is on for one, two")
    assert different == "/ is answered differently by one and two: 'None</p>'"


@pytest.mark.long
def test_variables_of_the_shell_are_remarked_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the site reads them: another shell serves another site."""
    monkeypatch.setenv("OF_SHELL", "1")
    chosen = plan(tmp_path)
    site = tmp_path / "site_of_mine.py"
    site.write_text("import os\nos.environ.get('OF_SHELL')\n" + site.read_text())
    (remark,) = preflight(chosen, ONE_CORE).remarks
    assert remark.startswith("the shell sets OF_SHELL, which the site reads: the plan alone does")


@pytest.mark.long
def test_deployments_with_other_settings_are_refused(tmp_path: Path) -> None:
    """A ratio of two settings says nothing of two servers."""
    other = SITE.format(hosts="['127.0.0.1']", debug=True)
    (tmp_path / "debug.py").write_text(other)
    message = refused(tmp_path, two="debug:application")
    assert message.startswith(
        "deployments serve by different settings: DEBUG is False (one); True (two); let both"
    )
    allowed = examined(
        tmp_path, two="debug:application", keys="allow_different_settings = true"
    ).remarks
    assert allowed[0] == "DEBUG is False (one); True (two)"


@pytest.mark.long
def test_a_host_that_is_not_allowed_is_named_with_one_that_is(tmp_path: Path) -> None:
    """And with that host the site answers."""
    hosts = "['.example.com']"
    message = refused(tmp_path, hosts=hosts)
    assert message.endswith('ALLOWED_HOSTS refuses 127.0.0.1: set application.host = "example.com"')
    assert examined(tmp_path, hosts=hosts, keys='host = "example.com"').remarks == ()


@pytest.mark.long
def test_a_missing_table_is_named_until_the_site_is_prepared(tmp_path: Path) -> None:
    """Although its page only says Server Error."""
    message = refused(tmp_path, paths='"/posts/"')
    assert message.startswith("one: /posts/ gave status 500; ")
    assert "OperationalError: no such table: posts in site_of_mine.py:" in message
    assert ": migrations are missing: prepare = " in message
    migrate = (
        "import sqlite3; sqlite3.connect('site.sqlite3').execute('CREATE TABLE posts (title)')"
    )
    keys = f'prepare = [["{{python}}", "-c", "{migrate}"]]'
    assert examined(tmp_path, paths='"/posts/"', keys=keys).remarks == ()


@pytest.mark.long
def test_a_redirect_to_https_is_named_with_its_location(tmp_path: Path) -> None:
    """Its cure is a header."""
    message = refused(tmp_path, paths='"/inside/"')
    assert "gave status 302 to https://127.0.0.1/inside/; it redirects to https:" in message
    assert "X-Forwarded-Proto" in message


def test_an_entry_point_that_is_not_there_is_named(tmp_path: Path) -> None:
    """In a second, not after the time-out of a server."""
    message = refused(tmp_path, two="nowhere.asgi:application")
    assert message.startswith("two: nowhere.asgi:application cannot be imported by ")


def test_a_command_of_the_site_that_fails_is_shown(tmp_path: Path) -> None:
    """Before any server starts; each reset comes before the server that it is for."""
    for key in ("prepare", "reset"):
        keys = f'{key} = [["{{python}}", "-c", "import sys; print(1 + 1); sys.exit(3)"]]'
        with pytest.raises(
            BenchError, match=rf"application\.{key}: .* ended with status 3; mend"
        ) as it:
            examined(tmp_path, keys=keys)
        assert str(it.value).endswith("    2")


def by_locustfile(folder: Path, asks: str) -> str:
    """Write a locustfile that asks so, and return the end of a plan's scenario that names it."""
    (folder / "load.py").write_text(LOCUSTFILE.format(asks=asks))
    return 'locustfile = "load.py"'


LOCUSTFILE = """
from locust import FastHttpUser, task

class Visitor(FastHttpUser):
    @task
    def visit(self):
        {asks}
"""


@pytest.mark.long
def test_what_a_locustfile_asks_is_looked_at_in_the_same_way(tmp_path: Path) -> None:
    """The view that raises is named with its cause, before anything is measured: a POST too."""
    scenario = by_locustfile(tmp_path, 'self.client.post("/posts/", name="a post", json={})')
    message = refused(tmp_path, scenario=scenario)
    assert message.startswith("one: POST /posts/ gave status 500; ")
    assert "OperationalError: no such table: posts in site_of_mine.py:" in message


@pytest.mark.long
def test_answers_to_a_locustfile_that_differ_are_remarked_on(tmp_path: Path) -> None:
    """The time differs in every answer, so only the word is a difference."""
    scenario = by_locustfile(tmp_path, 'self.client.get("/")')
    (remark,) = examined(tmp_path, scenario=scenario, says="hello").remarks
    assert remark == "/ is answered differently by one and two: 'None</p>'"


@pytest.mark.long
def test_a_locustfile_that_is_refused_is_refused_here(tmp_path: Path) -> None:
    """In seconds, not after the calibration."""
    scenario = by_locustfile(tmp_path, 'self.client.get("/")') + '\nusers = ["Buyer"]'
    message = refused(tmp_path, scenario=scenario)
    assert message == "scenario look: the locustfile has no user class Buyer; it has Visitor"
