"""A run whose server and clients are on three hosts, by command; one of them vanishes under it."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.core.gate import GateName
from harness.runs.store import Run
from tests.support.hosts import Network, hosts, lacking
from tests.support.plans import SUITE

REASON = lacking()
pytestmark = [pytest.mark.long, pytest.mark.skipif(REASON is not None, reason=str(REASON))]

# An agent that hears nothing ends by itself: harness.rig.agent.SILENCE_S, and what it stops.
GONE_S = 25

PLAN = f"""
name = "far"
rounds = 2
[machines]
server = "ssh://app1"
load = ["ssh://gen1", "ssh://gen2"]
[application]
directory = "{SUITE}/app"
wsgi = "config.wsgi:application"
ready = "/ready/"
host = "localhost"
[[deployments]]
name = "gthread"
interface = "wsgi"
views = "sync"
slots = 16
command = [
    "{{python}}", "-m", "gunicorn", "{{wsgi}}", "--bind={{host}}:{{port}}", "--threads=16",
    "--worker-class=gthread", "--keep-alive=75", "--backlog=2048", "--no-control-socket",
    "--http-parser=python",
]
[[scenarios]]
name = "wait"
locustfile = "{SUITE}/loadtests/wait.py"
settings = {{ wait_ms = 50, think_ms = 20 }}
[load]
users = [8]
settle_s = 0.5
measure_s = 2
"""


def test_what_was_measured_before_a_host_vanishes_is_whole_and_kept(tmp_path: Path) -> None:
    """The first of two sessions has every row; the second names the host; nothing stays."""
    (tmp_path / "far.toml").write_text(PLAN)
    with hosts("app1", "gen1", "gen2") as network:
        before = {name: network.processes(name) for name in network.addresses}
        command = [sys.executable, "scripts/bench.py", str(tmp_path / "far.toml"), "--run=far"]
        command += ["--confirm=app1", f"--ssh-config={network.config}", f"--results={tmp_path}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as bench:
            _unplug_in_second_session(network, tmp_path / "far", bench)
            printed, _ = bench.communicate()
        assert bench.returncode == 2, printed
        _check(Run.open(tmp_path / "far"), printed.decode())
        network.plug("gen1")
        deadline = time.monotonic() + GONE_S
        while _left(network, before) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert _left(network, before) == {}


def _unplug_in_second_session(
    network: Network, run: Path, bench: "subprocess.Popen[bytes]"
) -> None:
    """Take gen1 off the network once the users of the second session run."""
    while not (run / "blocks/gthread.wait.r2/live.jsonl").exists():
        assert bench.poll() is None, bench.communicate()[0].decode()
        time.sleep(0.05)
    network.unplug("gen1")


def _check(run: Run, printed: str) -> None:
    first, second = run.records()
    extra = first.extra
    assert extra.requests_counted == extra.requests_known  # by the server's numbers, and by rows
    assert (first.measurement.requests or 0) > 100
    assert extra.server_connections == 8
    assert extra.clocks_apart_ms is not None
    assert extra.server_core_speed is not None and extra.load_core_speed is not None
    assert {doubt.gate for doubt in first.doubts} <= {GateName.HOST, GateName.GENERATOR}
    assert run.facts.calibration is not None and run.facts.calibration.points[0].right
    assert {"link_from_gen1", "link_from_gen2"} == set(run.facts.links)
    assert [doubt.gate for doubt in second.doubts] == [GateName.FAILED]
    assert "ssh://gen1: the connection broke" in second.doubts[0].reason
    assert "gthread" in printed


def _left(network: Network, before: dict[str, list[int]]) -> dict[str, list[str]]:
    """Return the commands on each host that were not there before.

    An sshd of a connection that broke is the host's own: it ends when TCP gives the peer up.
    """
    now = {name: set(network.processes(name)) - set(before[name]) for name in before}
    commands = {name: sorted(filter(None, map(_command, pids))) for name, pids in now.items()}
    return {name: each for name, each in commands.items() if each}


def _command(pid: int) -> str:
    """Return the command line of a process; empty where it is gone, or an sshd."""
    try:
        words = psutil.Process(pid).cmdline()
    except psutil.NoSuchProcess:
        return ""
    return "" if words and words[0].startswith("sshd") else " ".join(words)
