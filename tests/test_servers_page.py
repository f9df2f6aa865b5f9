"""The table of docs/servers.md says what profiles, plans and the stored run of events say.

What a server does beyond its slots, when a client leaves and at SIGTERM, is held against the server
itself: tests/harness/rig/test_plan_servers.py.
"""

import re
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.deploys import Outcome
from harness.core.launch import Launch
from harness.core.plan import Deployment
from harness.host import launches
from harness.report import deploy_files
from tests.support.plans import TINY
from tests.support.servers_page import PAGE, table

PLAN, _ = plan_file.read(Path("loadtests/plans/servers.toml"))
TUNED = {each.name: each for each in PLAN.deployments if not each.default_of}
AS_IT_COMES = {each.default_of: each for each in PLAN.deployments if each.default_of}
AS_IT_COMES["uvicorn-asyncio"] = AS_IT_COMES["uvicorn"]
TABLE = table()
EVENTS = {each.key: each for each in deploy_files.read(Path("results/deploys/reference"))}


def launched(server: Deployment) -> Launch:
    """Return how a deployment of the plan launches its server."""
    return launches.launch(PLAN.application, server)


def test_every_server_of_the_plan_has_a_row() -> None:
    """And no other has."""
    assert list(TABLE) == list(TUNED)


@pytest.mark.parametrize("name", TUNED)
def test_what_a_row_says_of_the_server_as_it_comes_is_in_profiles_and_plan(name: str) -> None:
    """Interface, slots, keep-alive, backlog; the profile has no default of a worker's class."""
    row, server, tuned = TABLE[name], AS_IT_COMES[name], launched(TUNED[name])
    profile = tuned.profile
    assert profile
    assert row["interface"] == server.interface.upper()
    assert row["slots"] == (f"{server.slots:,}" if server.slots else "no limit")
    kept_s = profile.keep_alive_s if server.keep_alive else 0
    assert row["keep-alive"] == (f"{kept_s:g} s" if kept_s else "none")
    assert row["backlog"].split()[0] == f"{int(profile.backlog.default or 0):,}"


@pytest.mark.parametrize("name", TUNED)
def test_the_model_is_what_the_plan_tunes(name: str) -> None:
    """Processes, threads or greenlets are its slots; what has none is an event loop."""
    server, launch = TUNED[name], launched(TUNED[name])
    of_slots = {
        "greenlets": "gevent" in launch.packages,
        "threads": launch.threads == server.slots,
        "processes": launch.workers == server.slots,
    }
    models = [model for model, true in of_slots.items() if true]
    assert [TABLE[name]["model"]] == (models if server.slots else ["event loop"])


@pytest.mark.parametrize("name", TUNED)
def test_what_a_reload_costs_is_in_the_stored_run(name: str) -> None:
    """Of the servers that it has."""
    outcome = EVENTS.get(("wait", name, "reload"))
    assert TABLE[name]["SIGHUP"] == (_cost(outcome) if outcome else "not measured")


def _cost(outcome: Outcome) -> str:
    return f"{outcome.lost} lost, {outcome.late} late"


def test_the_deployments_that_the_page_shows_can_be_in_a_plan() -> None:
    """Word by word, in place of those of another."""
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    before, _, after = TINY.partition("[[deployments]]")
    scenarios = "[[scenarios]]" + after.partition("[[scenarios]]")[2]
    deployments = plan_file.parse(f"{before}{shown}{scenarios}", "page").deployments
    pins = [each.requirements for each in deployments]
    assert pins == [("gunicorn==26.0.0",), ("gunicorn==27.0.1",)]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/.]+)`", PAGE.read_text()))))
def test_every_test_that_the_page_names_is_there(path: str) -> None:
    """A cell without evidence would be a rumour."""
    assert Path(path).is_file()
