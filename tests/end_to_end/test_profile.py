"""A real server under a real Locust, looked into by the real py-spy."""

from pathlib import Path

import pytest

from harness.host import machine
from harness.rig import profiler
from harness.runs import profiles
from harness.runs.store import Run

PLAN = """
name = "profile"

[application]
directory = "app"
wsgi = "config.wsgi:application"
asgi = "config.asgi:application"
ready = "/ready/"

[[deployments]]
name = "uvicorn"
interface = "asgi"
views = "async"
command = [
    "{python}", "-m", "uvicorn", "{asgi}", "--host={host}", "--port={port}", "--workers=1",
    "--loop=uvloop", "--http=httptools", "--lifespan=off", "--timeout-keep-alive=75",
    "--no-access-log", "--log-level=warning",
]

[[scenarios]]
name = "plain"
locustfile = "loadtests/plain.py"
settings = { think_ms = 100 }

[load]
users = [32]
settle_s = 1
measure_s = 2
"""


@pytest.mark.long
def test_the_time_of_a_server_goes_into_all_that_stock_asgi_is_made_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uvicorn calls Django, which starts threads by asgiref for a view that hardly does anything.

    Each of the three takes more than the view, and so does the kernel, which starts those threads
    and carries what is sent. Some 300 requests/s leave the core time.
    """
    cores = machine.cores()
    if reason := profiler.lack(cores.load):
        pytest.skip(reason)
    monkeypatch.setattr(profiles, "SAMPLE_S", 4)
    run = Run.create(tmp_path / "run", PLAN, {}, "", [])
    assert [reason for _, reason in profiles.carry_out(run, cores)] == [""]
    (profile,) = run.profiles()
    shares = profile.shares
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares["framework"], shares["threads"], shares["server"]) > shares["app"]
    assert shares["kernel"] > shares["app"]
    assert 0.1 < shares["idle"] < 0.95
    assert profile.samples > 100
    assert "asgiref" in (run.folder / profile.flames).read_text()
    assert run.records() == ()
