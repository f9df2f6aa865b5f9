"""The table of servers agrees with the servers that are installed here, and with itself."""

from collections.abc import Mapping
from inspect import signature

import pytest
from gunicorn import config as gunicorn_config
from gunicorn.workers import SUPPORTED_WORKERS
from uvicorn import main as uvicorn_main

from harness.core.server_profiles import (
    DAPHNE,
    GRANIAN,
    GUNICORN,
    HYPERCORN,
    PROFILES,
    UVICORN,
    WAITRESS,
    Setting,
)


@pytest.mark.parametrize("name", ["workers", "threads", "backlog"])
def test_gunicorns_settings_are_those_of_its_source(name: str) -> None:
    """Flags, the key in its file and the default."""
    ours: Setting = getattr(GUNICORN, name)
    theirs = gunicorn_config.make_settings()[name]
    assert list(ours.flags) == theirs.cli
    assert (ours.key, ours.default) == (theirs.name, str(theirs.get()))


def test_gunicorn_keeps_connections_as_long_as_its_source_says() -> None:
    """In seconds."""
    assert gunicorn_config.make_settings()["keepalive"].get() == GUNICORN.keep_alive_s


def test_every_worker_class_of_gunicorn_is_in_the_table() -> None:
    """Apart from those that need no package."""
    worker_class = GUNICORN.choices[0]
    bare = {"sync", "gthread"}
    with_packages = {name for name in worker_class.packages if "." not in name}
    assert with_packages | bare == set(SUPPORTED_WORKERS)


def uvicorn_defaults() -> Mapping[str, object]:
    """Return the options of Uvicorn's command with their defaults."""
    return {flag: each.default for each in uvicorn_main.params for flag in each.opts}


def test_uvicorns_settings_are_those_of_its_source() -> None:
    """Its workers have no default there: WEB_CONCURRENCY is looked at first, then it is 1."""
    defaults = uvicorn_defaults()
    assert str(defaults["--backlog"]) == UVICORN.backlog.default
    assert defaults["--timeout-keep-alive"] == UVICORN.keep_alive_s
    assert "--workers" in defaults
    assert uvicorn_main.context_settings["auto_envvar_prefix"] == "UVICORN"


def test_hypercorns_settings_are_those_of_its_source() -> None:
    """Of the class whose attributes are its defaults."""
    theirs = pytest.importorskip("hypercorn.config").Config
    assert str(theirs.backlog) == HYPERCORN.backlog.default
    assert theirs.keep_alive_timeout == HYPERCORN.keep_alive_s


def test_waitress_settings_are_those_of_its_source() -> None:
    """A channel is what it calls a connection."""
    theirs = pytest.importorskip("waitress.adjustments").Adjustments
    assert WAITRESS.threads
    assert (str(theirs.threads), str(theirs.backlog)) == (
        WAITRESS.threads.default,
        WAITRESS.backlog.default,
    )
    assert theirs.channel_timeout == WAITRESS.keep_alive_s


def test_granians_settings_are_those_of_its_source() -> None:
    """Of its command line; the time for headers, in ms, is that for which it keeps connections."""
    options = pytest.importorskip("granian.cli").cli.params
    defaults = {flag: each.default for each in options for flag in each.opts}
    assert str(defaults["--backlog"]) == GRANIAN.backlog.default
    assert defaults["--http1-header-read-timeout"] == 1000 * GRANIAN.keep_alive_s


def test_daphnes_settings_are_those_of_twisted() -> None:
    """It asks for no listen queue of its own, nor for a time to keep connections."""
    endpoints = pytest.importorskip("twisted.internet.endpoints")
    http = pytest.importorskip("twisted.web.http")
    backlog = signature(endpoints.TCP4ServerEndpoint).parameters["backlog"].default
    assert str(backlog) == DAPHNE.backlog.default
    assert signature(http.HTTPFactory).parameters["timeout"].default == DAPHNE.keep_alive_s


def test_variables_of_a_setting_are_kept_from_servers() -> None:
    """Whatever a server would read from the environment of `make` is left out of its own."""
    for profile in PROFILES:
        settings = (profile.workers, profile.threads, profile.backlog)
        names = {name for setting in settings if setting for name in setting.variables}
        names |= {profile.arguments} if profile.arguments else set()
        prefixes = tuple(name for name in profile.variables if name.endswith("_"))
        assert all(name in profile.variables or name.startswith(prefixes) for name in names)


def test_no_two_servers_are_recognised_by_the_same_name() -> None:
    """Otherwise the first in the table would win."""
    programs = [program for profile in PROFILES for program in profile.programs]
    modules = [profile.module for profile in PROFILES if profile.module]
    assert len(set(programs)) == len(programs)
    assert len(set(modules)) == len(modules)
