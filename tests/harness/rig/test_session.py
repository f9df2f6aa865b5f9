"""A session of fake children: watched together, given up together, gone together."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.plan_file import parse
from harness.core.schedule import blocks
from harness.host.machine import Cores
from harness.rig import session as session_module
from harness.rig.session import Services, Session, SessionFailed, services, session
from tests.support import builders
from tests.support.fakes import PLAN, SERVER, fake_locust

__all__ = ["fake_locust"]

ONE_CORE = Cores((0,), (0,))


@pytest.fixture
def running(fake_locust: None, tmp_path: Path) -> Iterator[Session]:
    """Start the first block of the fakes' plan."""
    (tmp_path / "server.py").write_text(SERVER)
    plan = parse(PLAN.format(folder=tmp_path, python=sys.executable, rounds=1), "fake.toml")
    block, *_ = blocks(plan)
    with session(plan.application, block, Services(), tmp_path, ONE_CORE) as running:
        yield running


def test_plateaus_come_one_after_the_other(running: Session) -> None:
    """One user, then two."""
    assert [running.next_plateau().users for _ in range(2)] == [1, 2]


def test_a_server_that_dies_under_load_is_named_with_its_log(running: Session) -> None:
    """The failure holds the child that ended."""
    os.kill(running.server.child.pid, signal.SIGKILL)
    with pytest.raises(SessionFailed, match="was killed by SIGKILL under load") as failure:
        while True:
            running.next_plateau()
    assert failure.value.child is running.server.child
    assert str(running.server.child.log) in failure.value.with_log


def test_a_locust_that_ends_before_its_first_load_step_has_a_message_of_its_own(
    running: Session,
) -> None:
    """Its locustfile or its options must be wrong."""
    os.kill(running.generator.child.pid, signal.SIGKILL)
    with pytest.raises(
        SessionFailed, match="Locust was killed by SIGKILL before its first"
    ) as failure:
        running.next_plateau(began=False)
    assert (failure.value.child, failure.value.began) == (running.generator.child, False)


def test_a_locust_that_hangs_is_given_up(running: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process ended, so there is no log to show; here patience runs out at once."""
    os.kill(running.generator.child.pid, signal.SIGSTOP)
    monkeypatch.setattr(session_module, "PATIENCE_S", -1_000)
    with pytest.raises(SessionFailed, match="Locust hung") as failure:
        while True:
            running.next_plateau()
    assert failure.value.child is None
    assert failure.value.with_log == str(failure.value)


def test_a_plan_without_services_calls_nothing(tmp_path: Path) -> None:
    """Nothing starts, and no variable is set."""
    with services(builders.SMALL, tmp_path, ONE_CORE) as backing:
        assert backing == Services((), {}, None)
    assert list(tmp_path.iterdir()) == []
