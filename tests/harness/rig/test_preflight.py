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
    assert "OperationalError: no such table: posts: migrations are missing: prepare = " in message
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
