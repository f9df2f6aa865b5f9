"""A host that serves for a run: set up over ssh, asked by an agent, left as it was."""

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.plan_file import parse
from harness.host import clock, machine
from harness.rig import hosts as rig_hosts
from harness.rig.hosts import Agent, Served
from tests.support.hosts import Network, hosts, lacking
from tests.support.patience import PATIENCE_S

REASON = lacking()
pytestmark = [pytest.mark.long, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

CORES = (0,)

PLAN = """
name = "far"
[application]
directory = "{site}"
[machines]
server = "ssh://app1"
[[deployments]]
name = "plain"
interface = "wsgi"
command = ["{{python}}", "site.py", "{{host}}", "{{port}}"]
[[scenarios]]
name = "front"
paths = ["/"]
[load]
users = [1]
settle_s = 0
measure_s = 1
"""

SITE = """
import http.server, sys

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked", self.client_address[0], flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass

http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Answer).serve_forever()
"""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    """Yield a host app1."""
    with hosts("app1") as made:
        yield made


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Return a plan that serves a small site, outside the suite, on app1."""
    site = tmp_path_factory.mktemp("site")
    (site / "site.py").write_text(SITE)
    return parse(PLAN.format(site=site), "far.toml")


@pytest.fixture(scope="module")
def agent(plan: Plan, network: Network) -> Iterator[Agent]:
    """Yield the agent of app1, set up for the plan."""
    with rig_hosts.agent("ssh://app1", plan, CORES, network.config) as there:
        yield there


def serving(there: Agent, plan: Plan, folder: Path) -> Served:
    """Return the site of the plan as a host serves it."""
    return Served(there, folder, "serve", plan=there.plan(plan), deployment="plain")


@pytest.fixture
def served(agent: Agent, plan: Plan, tmp_path: Path) -> Iterator[Served]:
    """Yield the site as app1 serves it."""
    there = serving(agent, plan, tmp_path)
    yield there
    there.release()


def test_a_deployment_is_served_at_the_address_of_its_host(
    served: Served, network: Network
) -> None:
    """Let clients elsewhere ask it, and loopback not."""
    assert served.host == network.addresses["app1"]
    with urllib.request.urlopen(served.url) as answer:
        assert answer.status == 200


def test_its_log_and_usage_come_here(served: Served, tmp_path: Path) -> None:
    """See what it printed, and what its host's meter read, in the folder of the session."""
    urllib.request.urlopen(served.url).close()
    served.read()
    served.read()
    assert "asked" in (tmp_path / "server.log").read_text()
    usage = served.usage()
    assert list(usage["server_threads"] >= 1) == [True, True]
    assert list(usage["listen_backlog"]) == [5, 5]  # of socketserver, by the kernel over there
    assert usage["time_s"].is_monotonic_increasing
    assert served.server_pss_mib() or 0 > 1


def test_a_server_that_ends_there_is_named(served: Served, network: Network) -> None:
    """Say how it ended, as of a child of this machine."""
    assert served.exit_reason is None
    (pid,) = (pid for pid in network.processes("app1") if "site.py" in _command(pid))
    subprocess.run(["kill", "-KILL", str(pid)], check=True)
    served.read()
    assert served.exit_reason == "plain was killed by SIGKILL"


def _command(pid: int) -> str:
    path = Path(f"/proc/{pid}/cmdline")
    return path.read_text() if path.exists() else ""


def test_clocks_are_compared_within_half_the_least_round_trip(
    agent: Agent, network: Network
) -> None:
    """Let the reading hold the truth, by which the host's clock was made."""
    reading = agent.clock()
    truth_s = clock.AHEAD_S - network.ahead_s("app1")
    assert abs(reading.ahead_s - truth_s) <= reading.error_s


def test_a_host_has_the_time_of_day_of_this_machine(
    agent: Agent, plan: Plan, tmp_path: Path
) -> None:
    """Let its meter's rows stand on the time axis of the run, whatever its own clock says."""
    agent.follow()
    served = serving(agent, plan, tmp_path)
    before_s = clock.now_s()
    served.read()
    served.release()
    (at_s,) = served.usage()["time_s"]
    assert before_s - agent.clock_error_s() <= at_s <= clock.now_s() + agent.clock_error_s()


def test_a_clock_that_went_astray_is_noticed(agent: Agent, network: Network) -> None:
    """Tell how far it is off since a session began: 3 s, and no less."""
    agent.follow()
    near_s = agent.clock_error_s()
    clock.follow(clock.AHEAD_S + 3)
    far_s = agent.clock_error_s()
    clock.follow(clock.AHEAD_S - 3)
    assert 0 < near_s < 3 <= far_s


def test_a_host_with_other_versions_is_named(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare what serves and loads: two versions are two experiments."""
    own = machine.versions(sys.executable, (), machine.LOAD_PACKAGES)
    monkeypatch.setattr(machine, "versions", lambda *_: own | {"locust": "1.0"})
    version = own["locust"]
    with pytest.raises(BenchError, match=f"^ssh://app1: locust is {version} there and 1.0 here"):
        rig_hosts.check_versions(agent)


def test_what_an_agent_refuses_names_its_host(agent: Agent, plan: Plan) -> None:
    """Put the address before the line that was made there."""
    other = plan.model_copy(update={"deployments": (_without_port(plan),)})
    with pytest.raises(BenchError, match=r"^ssh://app1: plain ended with status 1 before"):
        agent.ask("serve", plan=agent.plan(other), deployment="plain")


def _without_port(plan: Plan) -> object:
    return plan.deployments[0].model_copy(update={"command": ("{python}", "site.py", "{host}")})


def test_an_agent_that_nobody_asks_any_more_ends_all_that_it_started(
    plan: Plan, network: Network, tmp_path: Path
) -> None:
    """Reap server, canary and folder when the connection breaks under a session."""
    before = network.processes("app1")
    with rig_hosts.agent("ssh://app1", plan, CORES, network.config) as there:
        served = serving(there, plan, tmp_path)
        assert len(network.processes("app1")) > len(before)
        there.host.master.stop()  # as a network that breaks, seen from here
        served.read()
        assert served.exit_reason == "the connection broke"
    deadline = time.monotonic() + PATIENCE_S
    while network.processes("app1") != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert network.processes("app1") == before
    assert not Path(there.folder).exists()
