"""What the suite's own plans promise: how long they take, what they repeat, what they compare."""

import csv
import re
import sys
from pathlib import Path

import pytest

from harness.core import plan_file, schedule
from harness.core.plan import Plan
from harness.host import launches, limits
from harness.host.limits import Ceiling
from harness.measure.gates import MOST_LOAD_CPU
from harness.measure.lanes import MOST
from harness.runs import capacity
from harness.runs.compare import identical_pairs
from harness.runs.facts import RunFacts
from harness.runs.worker_families import worker_families

IN_QUESTION = {"gunicorn-gthread-10000", "gunicorn-gevent", "uvicorn", "uvicorn-shared"}


def plan(name: str) -> Plan:
    """Read a plan of the suite."""
    return plan_file.read(Path(f"loadtests/plans/{name}.toml"))[0]


LENGTHS = {
    "account": 3,
    "big": 6,
    "c100k": 12,
    "c10k": 20,
    "c10k-short": 4,
    "claims": 10,
    "collections": 8,
    "compute": 4,
    "database": 8,
    "default": 10,
    "frameworks": 11,
    "grid": 22,
    "mixed": 4,
    "protocols": 7,
    "quick": 2,
    "servers": 11,
    "slow_clients": 7,
    "streams": 7,
    "workers": 8,
}
LENGTHS |= dict.fromkeys(("fanout", "middleware", "views"), 8)


@pytest.mark.parametrize(("name", "most_min"), LENGTHS.items())
def test_a_plan_takes_no_longer_than_the_menu_or_its_head_says(name: str, most_min: int) -> None:
    """By the estimate that a run begins with."""
    seconds = sum(map(schedule.block_seconds, schedule.blocks(plan(name))))
    assert 0.7 * most_min * 60 < seconds < most_min * 60


@pytest.mark.parametrize(
    ("name", "most_s"), [("frontier", 600), ("capacity-repeats", 120), ("capacity", 4 * 105)]
)
def test_a_plan_of_searches_takes_no_longer_than_its_head_says(name: str, most_s: int) -> None:
    """By the estimate that a search begins with: ten minutes, two, and 1.5 for each of four."""
    facts = RunFacts(schema=1, started="", plan="", machine={})
    assert 0.7 * most_s < capacity.seconds_of(capacity.targets(plan(name), facts)) < most_s


def test_the_frontier_has_as_many_threads_as_its_wait_can_use_and_twice_as_many() -> None:
    """T* = 1 + D / S is 501 with S = 0.5 ms, where D = 250 ms; and those that many run."""
    frontier = plan("frontier")
    assert frontier.scenarios[0].wait_ms == 250
    assert [each.slots for each in frontier.deployments] == [16, 64, 500, 1000, None, None, None]


def test_lanes_are_drawn_within_a_minute() -> None:
    """By the same estimate; each server is asked by as many clients as there are lanes."""
    burst = plan("lanes")
    assert sum(map(schedule.block_seconds, schedule.blocks(burst))) < 50
    assert burst.load.users == (MOST,)


def test_each_framework_is_served_as_its_ground_is() -> None:
    """Nothing but the entry point differs, so that the rest of the cost is the framework's."""
    servers = {server.name: server for server in plan("frameworks").deployments}
    framed = [server for server in servers.values() if server.ground]
    assert len(framed) == len(servers) - 2
    for server in framed:
        ground = servers[server.ground or ""]
        pairs = zip(server.command, ground.command, strict=True)
        ((entry, bare),) = [(one, other) for one, other in pairs if one != other]
        assert ":" in bare
        assert ":" in entry or entry in ("{wsgi}", "{asgi}")
        assert (server.slots, server.views) == (ground.slots, ground.views)


def test_each_server_as_it_comes_is_the_one_that_is_tuned() -> None:
    """And all that are tuned have a queue that no load of the plan fills."""
    whole = plan("servers")
    started = {
        server.name: launches.launch(whole.application, server) for server in whole.deployments
    }
    for server in whole.deployments:
        if server.default_of:
            assert started[server.name].profile == started[server.default_of].profile
        else:
            assert (started[server.name].backlog or 0) >= schedule.most_users(whole)


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


def test_the_quick_plan_leaves_a_minute_for_what_is_no_load() -> None:
    """Of two and a half: looks at the deployments, calibration, report. Both sides, repeated."""
    quick = plan("quick")
    assert sum(map(schedule.block_seconds, schedule.blocks(quick))) <= 90
    assert (len(quick.deployments), len(quick.scenarios), quick.rounds) == (3, 1, 2)
    assert {server.interface for server in quick.deployments} == {"asgi", "wsgi"}
    assert all(server in plan("default").deployments for server in quick.deployments)


def test_the_plan_for_eight_cores_fills_those_that_serve_and_not_those_that_load() -> None:
    """A request takes one worker 0.557 ms or more: four on as many cores serve 7,182 a second.

    2,048 clients that pause for 200 ms ask for 10,240. Locust takes 0.351 ms or less for each, so
    7,182 take 2.5 of its four cores, 63%.
    """
    big = plan("big")
    with Path("results/workloads/workers/trials.csv").open() as file:
        top = [trial for trial in csv.DictReader(file) if trial["users"] == "128"]
    lone = [trial for trial in top if trial["workers"] == "1"]
    cpu_ms = min(float(trial["server_cpu_ms_per_request"]) for trial in lone)
    load_s = max(float(t["load_cpu_share"]) / float(t["throughput_rps"]) for t in top)
    assert big.cores
    most_rps = 1000 * len(big.cores.server) / cpu_ms
    asked_rps = 1000 * big.load.users[-1] / big.scenarios[0].think_ms
    assert (round(most_rps), round(asked_rps)) == (7_182, 10_240)
    processes = min(big.load.processes, len(big.cores.load))
    assert round(most_rps * load_s / processes, 2) == 0.63 < MOST_LOAD_CPU


def test_the_plan_for_eight_cores_has_up_to_a_worker_for_each_core_that_serves() -> None:
    """One, two and four of each server, which are drawn as one line."""
    big = plan("big")
    assert big.cores
    families = worker_families(big, len(big.cores.server))
    assert [tuple(family.workers.values()) for family in families] == [(1, 2, 4)] * 2
    assert sum(len(family.workers) for family in families) == len(big.deployments)


def test_c100k_fits_into_twenty_thousand_descriptors_a_process() -> None:
    """100,000 / 6 are 16,667 clients of a Locust process, 1.1 times as many of a worker 18,334.

    Of 28,232 ports half are used: from eight addresses.
    """
    many = plan("c100k")
    assert schedule.most_users(many) == 100_000
    assert limits.largest_fit(many, {"descriptors": Ceiling(20_000, 20_000)}) == 100_000
    assert limits.sources(many, Ceiling(28_232, 28_232), 100_000) == 8


def test_c100k_asks_no_more_of_two_cores_than_they_have() -> None:
    """100,000 / 240 s are 417 answers a second, where polls of 60 s would bring 1,667.

    A connection is kept while its poll lasts and longer.
    """
    many = plan("c100k")
    hold = many.scenarios[0]
    assert round(many.load.users[-1] / hold.cycle_s) == 417
    assert round(many.load.users[-1] / 60) == 1_667
    assert many.load.tail_s > hold.wait_ms / 1000
    (server,) = launches.launches(many)
    assert server.profile and server.profile.keep_alive
    assert int(server.value(server.profile.keep_alive) or 0) > 240


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


def test_protocols_are_asked_for_the_same_by_as_many_clients() -> None:
    """Nothing but the protocol differs, and no load has more streams than servers allow: 100."""
    protocols = plan("protocols")
    settings = [scenario.settings for scenario in protocols.scenarios]
    assert [each["protocol"] for each in settings] == ["h1", "h2", "h3"]
    assert len({tuple((each | {"protocol": ""}).items()) for each in settings}) == 1
    assert schedule.most_users(protocols) == 100
