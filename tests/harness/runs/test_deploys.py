"""Which events a plan leads to, and what it is refused for."""

from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.plan import Event, Plan
from harness.runs import deploys

PLAN, _ = plan_file.read(Path("loadtests/plans/deploys.toml"))


def test_each_server_has_each_event_but_those_that_it_has_no_setting_for() -> None:
    """Granian's workers have no limit of requests."""
    names = [case.key[1:] for case in deploys.cases(PLAN)]
    events = [event.name for event in PLAN.events]
    assert [event for name, event in names if name == "gunicorn-gthread"] == events
    for server in ("granian-wsgi", "granian-asgi"):
        assert [event for name, event in names if name == server] == events[:3]
    assert len(set(names)) == len(names) == 22


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("gunicorn-sync", "--max-requests=40"),
        ("gunicorn-gthread", "--max-requests=80"),
        ("uvicorn", "--limit-max-requests=80"),
    ],
)
def test_workers_share_the_requests_after_which_they_end(server: str, words: str) -> None:
    """160 among 4 workers, and among 2; only in that event."""
    commands = {
        event: case.block.deployment.command
        for case in deploys.cases(PLAN)
        for _, name, event in [case.key]
        if name == server
    }
    assert commands["max-requests"] == (*commands["reload"], words)


def test_all_of_it_takes_about_five_minutes() -> None:
    """By the estimate that it begins with."""
    assert 4 * 60 < deploys.seconds(deploys.cases(PLAN)) < 6 * 60


def changed(**keys: object) -> Plan:
    """Return the plan with some keys of its scenario or of itself replaced."""
    scenario = PLAN.scenarios[0].model_copy(update=keys)
    return PLAN.model_copy(update={"scenarios": (scenario,)})


@pytest.mark.parametrize(
    ("plan", "fault"),
    [
        (PLAN.model_copy(update={"events": ()}), "has no events to carry out"),
        (changed(objective_ms=None), "scenario wait: needs objective_ms"),
        (
            changed(load=PLAN.load.model_copy(update={"rates_rps": (10.0, 20.0)})),
            "scenario wait: an event needs one load step",
        ),
        (
            changed(load=PLAN.load.model_copy(update={"processes": 2})),
            "scenario wait: an event needs one load step by one process",
        ),
    ],
)
def test_a_plan_that_cannot_be_counted_is_refused(plan: Plan, fault: str) -> None:
    """In one line with the cure."""
    with pytest.raises(BenchError, match=f"^deploys.toml: {fault}"):
        deploys.check(plan, "deploys.toml")


def test_an_event_has_one_cause() -> None:
    """A signal or a share of requests, not both and not neither."""
    for keys in ({}, {"signal": "SIGHUP", "requests": 5}):
        with pytest.raises(ValueError, match="needs one of signal and requests"):
            Event.model_validate({"name": "event", **keys})
