"""Two versions of one server in one plan: made, served, measured, and told apart."""

import sys
from pathlib import Path

import pytest

from harness.core import schedule
from harness.host import environments, machine
from harness.report import limitations
from harness.rig.places import Here
from harness.rig.preflight import Preflight
from harness.runs.execute import carry_out
from harness.runs.start import begin

SITE = """
from importlib.metadata import version

def application(environ, start_response):
    body = f"served by {version('waitress')}".encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""

SERVER = """
[[deployments]]
name = "{name}"
interface = "wsgi"
slots = 4
command = ["{{python}}", "-m", "waitress", "--listen={{host}}:{{port}}", "{{wsgi}}"]
requirements = ["waitress=={version}"]
"""

PLAN = """
name = "versions"

[application]
directory = "."
wsgi = "site_of_mine:application"

{servers}
[[scenarios]]
name = "ask"
paths = ["/"]
settings = {{ think_ms = 20 }}

[load]
users = [2]
settle_s = 0.2
measure_s = 1
"""

VERSIONS = {"old": "3.0.1", "new": "3.0.2"}


@pytest.mark.long
def test_two_versions_of_one_server_are_measured_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answers with its own version, which is a fact of the run and no fault of the plan."""
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    (tmp_path / "site_of_mine.py").write_text(SITE)
    (tmp_path / "requirements.lock").write_text("waitress==3.0.2\n")
    servers = "".join(SERVER.format(name=name, version=VERSIONS[name]) for name in VERSIONS)
    (tmp_path / "plan.toml").write_text(PLAN.format(servers=servers))
    shown: list[Preflight] = []
    cores = machine.cores()
    run = begin(tmp_path / "plan.toml", "it", tmp_path, cores, None, shown.append)
    assert shown[0].remarks == (
        "versions differ: waitress is 3.0.1 (old); 3.0.2 (new)",
        "/ is answered differently by old and new: 'served by 3.0.1'",
    )
    python = ".".join(map(str, sys.version_info[:3]))
    for name, version in VERSIONS.items():
        assert run.facts.served[name]["packages"] == f"waitress {version}"
        fact = run.facts.machine[f"{name} serves by"]
        assert fact.startswith(f"CPython {python}, ") and fact.endswith(f", waitress {version}")
    assert "waitress" not in run.facts.machine
    assert begin(None, "it", tmp_path, cores, None).facts == run.facts
    records = list(carry_out(run, schedule.blocks(run.plan), Here(cores)))
    assert [record.measurement.errors for record in records] == [0, 0]
    unequal = limitations.unequal(run.plan, (), run.facts.served)
    assert "Version: waitress is 3.0.1 (old); 3.0.2 (new)." in unequal
