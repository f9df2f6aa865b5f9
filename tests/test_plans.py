"""What the suite's own plans promise: how long they take, what they repeat, what they compare."""

import re
import sys
from pathlib import Path

import pytest

from harness.core import plan_file, schedule
from harness.core.plan import Plan
from harness.runs.compare import identical_pairs

IN_QUESTION = {"gunicorn-gthread-10000", "gunicorn-gevent", "uvicorn", "uvicorn-shared"}


def plan(name: str) -> Plan:
    """Read a plan of the suite."""
    return plan_file.read(Path(f"loadtests/plans/{name}.toml"))[0]


LENGTHS = {
    "account": 3,
    "c10k": 20,
    "c10k-short": 4,
    "claims": 10,
    "compute": 4,
    "database": 8,
    "default": 10,
    "mixed": 4,
    "slow_clients": 7,
    "streams": 7,
}
LENGTHS |= dict.fromkeys(("fanout", "middleware", "views"), 8)


@pytest.mark.parametrize(("name", "most_min"), LENGTHS.items())
def test_a_plan_takes_no_longer_than_the_menu_or_its_head_says(name: str, most_min: int) -> None:
    """By the estimate that a run begins with."""
    seconds = sum(map(schedule.block_seconds, schedule.blocks(plan(name))))
    assert 0.7 * most_min * 60 < seconds < most_min * 60


def test_the_default_plan_has_as_many_threads_as_its_wait_can_use() -> None:
    """T* = 1 + D / S is 251 with S = 1 ms and 455 with S = 0.55 ms, where D = 250 ms."""
    default = plan("default")
    assert default.scenarios[0].wait_ms == 250
    most = max(d.slots or 0 for d in default.deployments if d.interface == "wsgi")
    assert 1 + 250 / 1 <= most <= 1 + 250 / 0.55


def test_the_default_plan_measures_its_own_noise_floor() -> None:
    """One deployment stands in it twice (A/A), at every load of every scenario."""
    default = plan("default")
    ((first, again),) = identical_pairs(default.deployments)
    for scenario in default.scenarios:
        assert {first, again} <= {server.name for server in default.against(scenario)}
        assert not {first, again} & scenario.only.keys()


def test_c10k_repeats_what_is_in_question_on_five_fresh_servers_at_the_top() -> None:
    """What slots alone decide has one round."""
    many = plan("c10k")
    hold = many.scenarios[0]
    servers = {server.name: server for server in many.against(hold)}
    assert many.load_of(hold).users == (10_000,)
    assert {many.rounds_of(hold, servers[name]) for name in IN_QUESTION} == {5}
    assert many.rounds_of(hold, servers["gunicorn-gthread-512"]) == 1


def test_the_first_look_asks_the_same_of_the_same_servers_once() -> None:
    """It is a part of c10k."""
    short, whole = plan("c10k-short"), plan("c10k")
    assert short.rounds == 1
    assert {server.name for server in short.deployments} >= IN_QUESTION
    assert all(server in whole.deployments for server in short.deployments)
    (hold,) = short.scenarios
    assert short.load_of(hold) == whole.load_of(whole.scenarios[0])
    assert (hold.settings, hold.objective_ms) == (
        whole.scenarios[0].settings,
        whole.scenarios[0].objective_ms,
    )


def test_the_plan_for_a_site_of_ones_own_can_be_copied_from_its_documentation(
    tmp_path: Path,
) -> None:
    """It names a file of variables and an interpreter beside it."""
    blocks = re.findall(r"```toml\n(.*?)```", Path("docs/own-app.md").read_text(), re.DOTALL)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (tmp_path / ".env").touch()
    documented = plan_file.parse(blocks[0], "own-app.md", tmp_path)
    assert [each.interface for each in documented.deployments] == ["wsgi", "asgi"]
    assert documented.application.python == python
