"""Checks whose answer is known: what is put in, and how what they say is summed up."""

import http.client
import time
from contextlib import closing
from pathlib import Path

import pytest

from harness.checks import self_check
from harness.checks.judge import Change, Verdict
from harness.checks.revisions import Revision
from harness.checks.self_check import Cost, Result, Slowdown, costs_of, rates, slower
from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.core.plan_file import parse
from harness.host import machine
from harness.rig.servers import serve
from tests.support.bench import UVICORN, WAIT, plan
from tests.support.builders import judged

GTHREAD = """
[[deployments]]
name = "gthread"
interface = "wsgi"
views = "sync"
command = ["{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}", "--threads=4"]
"""
TWO = plan(UVICORN, GTHREAD, WAIT)

COSTS = (Cost("asgi", cpu_ms=10.0, latency_ms=500.0), Cost("wsgi", cpu_ms=10.0, latency_ms=500.0))
SIDE = Revision(
    "HEAD",
    "HEAD, 123456789abc",
    Application(
        directory=Path("app").absolute(),
        wsgi="config.wsgi:application",
        asgi="config.asgi:application",
        ready="/ready/",
        environment={"OWN": "kept"},
    ),
)


def measured(metric: str, base: float) -> Change:
    """Build what a check says of a metric whose BASE is known."""
    return Change(
        judged(metric), "unchanged", 1.0, 0.99, 1.01, 40, 0.03, None, "", "ratio", base, base
    )


def test_what_is_put_in_is_a_share_of_what_base_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    """10% of 500 ms are 50 ms; of 10 ms of CPU time 1 ms, a hundred turns of 0.01 ms."""
    monkeypatch.setattr(self_check, "turn_ms", lambda: 0.01)
    late = slower(SIDE, Slowdown("latency", 0.10), COSTS).application.environment
    assert late["SLOWED_ASGI_MS"] == "50"
    assert late["SLOWED_ASGI_TURNS"] == "0"
    dear = slower(SIDE, Slowdown("cpu", 0.10), COSTS).application.environment
    assert dear["SLOWED_ASGI_MS"] == "0"
    assert dear["SLOWED_ASGI_TURNS"] == "100"
    assert dear["OWN"] == "kept"


@pytest.mark.parametrize("interface", ["asgi", "wsgi"])
def test_a_slowed_application_answers_the_same_later(interface: str, tmp_path: Path) -> None:
    """50 ms later by its own clock, byte by byte the same, under either interface."""
    deployment = next(d for d in parse(TWO, "two.toml").deployments if d.interface == interface)
    late = slower(SIDE, Slowdown("latency", 0.10), COSTS).application
    bodies, took_s = [], []
    for application in (SIDE.application, late):
        with (
            serve(application, deployment, tmp_path / "log", machine.cores().server, {}) as server,
            closing(http.client.HTTPConnection("127.0.0.1", server.port)) as connection,
        ):
            begun = time.monotonic()
            connection.request("GET", f"/{deployment.views}/plain/")
            bodies.append(connection.getresponse().read())
            took_s.append(time.monotonic() - begun)
    assert bodies[0] == bodies[1] != b""
    assert took_s[1] >= 0.05


def test_costs_are_the_median_over_the_cells_of_an_interface() -> None:
    """One deployment of each interface, one scenario."""
    chosen = parse(TWO, "two.toml")
    changes = [
        measured(f"{name}.wait.{metric}", base)
        for name, cpu in (("uvicorn", 0.8), ("gthread", 0.4))
        for metric, base in (("server_cpu_ms_per_request", cpu), ("latency_p50_ms", 50.0))
    ]
    assert costs_of(chosen, changes) == (Cost("asgi", 0.8, 50.0), Cost("wsgi", 0.4, 50.0))
    with pytest.raises(BenchError, match="no server_cpu_ms_per_request of wsgi was measured"):
        costs_of(chosen, changes[:2])
    alone = parse(TWO.replace('name = "wait"', 'name = "wait"\ndeployments = ["uvicorn"]'), "one")
    assert costs_of(alone, changes[:2]) == (Cost("asgi", 0.8, 50.0),)


def test_rates_count_verdicts() -> None:
    """Two checks of equal sides, one of them a false alarm."""
    same = Slowdown("nothing")
    verdicts: tuple[Verdict, ...] = ("unchanged", "regressed")
    (row,) = rates([Result(same, verdict, "", 20, 100.0) for verdict in verdicts])
    assert row["HEAD has"] == "nothing changed"
    assert (row["regressed"], row["unchanged"], row["undecided"]) == ("1 of 2", "1 of 2", "0 of 2")
    assert row["a check took"] == "20 pairs, 1 min 40 s"
