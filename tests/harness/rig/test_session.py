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
from harness.rig import session as watching
from harness.rig.session import Services, Session, SessionFailed, services, session
from tests.support.fakes import PLAN, SERVER, faked

__all__ = ["faked"]

ONE_CORE = Cores((0,), (0,))


@pytest.fixture
def started(faked: None, tmp_path: Path) -> Iterator[Session]:
    """Start the first block of the fakes' plan."""
    (tmp_path / "server.py").write_text(SERVER)
    plan = parse(PLAN.format(folder=tmp_path, python=sys.executable, rounds=1), "fake.toml")
    block, *_ = blocks(plan)
    with session(plan.application, block, Services((), {}), tmp_path, ONE_CORE) as started:
        yield started


def test_plateaus_come_one_after_the_other(started: Session) -> None:
    """One user, then two."""
    assert [started.next_plateau().users for _ in range(2)] == [1, 2]


def test_a_server_that_dies_under_load_is_named_and_its_log_is_there(started: Session) -> None:
    """The session tells whose child ended."""
    os.kill(started.server.child.pid, signal.SIGKILL)
    with pytest.raises(SessionFailed, match="was killed by SIGKILL under load") as failure:
        while True:
            started.next_plateau()
    assert failure.value.child is started.server.child
    assert str(started.server.child.log) in failure.value.with_log


def test_a_locust_that_ends_before_its_first_plateau_is_told_apart(started: Session) -> None:
    """What it was started with cannot be right."""
    os.kill(started.generator.child.pid, signal.SIGKILL)
    with pytest.raises(
        SessionFailed, match="Locust was killed by SIGKILL before its first"
    ) as lost:
        started.next_plateau(began=False)
    assert (lost.value.child, lost.value.began) == (started.generator.child, False)


def test_a_locust_that_hangs_is_given_up(started: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process ended, so there is no log to show; here patience has run out at once."""
    os.kill(started.generator.child.pid, signal.SIGSTOP)
    monkeypatch.setattr(watching, "PATIENCE_S", -1_000)
    with pytest.raises(SessionFailed, match="Locust hung") as failure:
        while True:
            started.next_plateau()
    assert failure.value.child is None
    assert failure.value.with_log == str(failure.value)


def test_a_plan_without_an_upstream_calls_nothing(tmp_path: Path) -> None:
    """Nothing is started, no variable is set."""
    with services(None, tmp_path, ONE_CORE) as called:
        assert (called.servers, called.variables) == ((), {})
    assert list(tmp_path.iterdir()) == []
