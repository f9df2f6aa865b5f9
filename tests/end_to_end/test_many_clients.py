"""Scenarios of many clients end to end, with tens of them: real servers, from plan to table."""

import json

import pytest

from tests.support.bench import GUNICORN, UVICORN, Bench, plan

pytestmark = pytest.mark.long

# Eight slots hold eight of 24 polls of 500 ms: the others wait a second and more for theirs.
HOLD = """
[[scenarios]]
name = "hold"
locustfile = "loadtests/hold.py"
settings = { wait_ms = 500 }
objective_ms = 900
load = { users = [8, 24], settle_s = 0.6, measure_s = 1.2, tail_s = 1, spawn_rate = 100 }
"""

IDLE = """
[[scenarios]]
name = "idle"
locustfile = "loadtests/idle.py"
settings = { active = 4, think_ms = 20 }
deployments = ["uvicorn"]
load = { users = [24], settle_s = 0.5, measure_s = 1.2, spawn_rate = 100 }
"""

# The meter reads once a second, so the herd takes longer than that.
HERD = """
[[scenarios]]
name = "herd"
locustfile = "loadtests/thundering.py"
settings = { wait_ms = 50, within_s = 1.5 }
objective_ms = 5000
deployments = ["uvicorn"]
load = { users = [24], settle_s = 0.5, measure_s = 20, spawn_rate = 100 }
"""


def test_many_clients_are_held_kept_and_served(bench: Bench) -> None:
    """Every connection is there; what no slot was free for was not served in time."""
    status, output, errors = bench.run(plan(GUNICORN, UVICORN, HOLD, IDLE, HERD))
    assert (status, errors) == (0, ""), output
    trials = {(t["deployment"], t["scenario"], t["users"]): t for t in bench.trials()}
    assert len(trials) == 4 + 2
    assert {t["errors"] for t in trials.values()} == {"0"}
    for (_, _, users), trial in trials.items():
        assert trial["server_connections"] == users
        assert abs(float(trial["little_residual"])) < 0.05

    def served(deployment: str, users: int) -> float:
        return float(trials[deployment, "hold", str(users)]["served_share"])

    assert [served("uvicorn", users) for users in (8, 24)] == [1, 1]
    assert served("gunicorn", 8) == 1
    assert served("gunicorn", 24) < 0.5
    idle = trials["uvicorn", "idle", "24"]
    assert (idle["silent_users"], idle["connections_opened"]) == ("20", "0")
    assert idle["served_share"] == ""
    herd = trials["uvicorn", "herd", "24"]
    assert (herd["requests"], float(herd["served_share"]), herd["drift_share"]) == ("24", 1, "")
    assert float(herd["measured_s"]) < 5
    assert float(herd["throughput_rps"]) == pytest.approx(24 / float(herd["measured_s"]), rel=1e-4)
    summary = json.loads((bench.results / "it" / "summary.json").read_text())
    assert {s["deployment"] for s in summary["samples"] if s["scenario"] == "idle"} == {"uvicorn"}
