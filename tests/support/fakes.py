"""Fake children for order tests: a server and a Locust that record what happens to them.

Both are real processes that start in milliseconds, and append their lines to the file of $JOURNAL.
"""

import os
import sys
from pathlib import Path

import pytest

from harness.core.plan_file import parse
from harness.core.schedule import blocks
from harness.rig import generator
from harness.runs.store import Run

SERVER = """
import http.server, os, signal, socketserver, sys

def journal(line):
    with open(os.environ["JOURNAL"], "a") as file:
        print(line, file=file)

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *args):
        pass

def leave(*_):
    journal(f"{name} stops")
    os._exit(0)

name, port = sys.argv[1], int(sys.argv[2])
signal.signal(signal.SIGTERM, leave)
socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("127.0.0.1", port), Ready) as server:
    journal(f"{name} starts")
    server.serve_forever(poll_interval=0.01)
"""

LOCUST = """
import json, os, sys, time

flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:] if "=" in flag)
with open(os.environ["JOURNAL"], "a") as file:
    print("load", flags.get("stairs") or flags["arrivals"], file=file)
error = ""
exec(os.environ.get("BEFORE_PLATEAUS", ""))
with open(flags["requests"], "w") as file:
    file.write("start_s,latency_ms,view_ms,wait_ms,think_ms,error\\n")
steps = [(int(users), None) for users in flags.get("stairs", "").split(",") if users]
rates = map(float, filter(None, flags.get("arrivals", "").split(",")))
for users, rate in steps + [(int(flags["users"]), rate) for rate in rates]:
    now = time.time()
    with open(flags["requests"], "a") as file:
        for n in range(users):
            file.write(f"{now},10.0,9.0,8.0,0.0,{error}\\n")
    plateau = dict(users=users, rate_rps=rate, answered=users, ramped=now, opened=now)
    plateau |= dict(closed=now + 0.02, ended=now + 0.02)
    plateau["server_log_bytes"] = os.path.getsize(flags["server-log"])
    exec(os.environ.get("NEXT_RAMP", ""))
    with open(flags["plateaus"], "a") as file:
        file.write(json.dumps(plateau | dict(pausing=[], unanswered=[], lag_p99_ms=0.1)) + "\\n")
    time.sleep(0.15)
    exec(os.environ.get("AFTER_PLATEAU", ""))
time.sleep(5)
"""

PLAN = """
name = "fake"
rounds = {rounds}
seed = 3

[application]
directory = "{folder}"
python = "{python}"

[[deployments]]
name = "first"
interface = "wsgi"
views = "sync"
slots = 2
command = ["{{python}}", "{folder}/server.py", "first", "{{port}}"]

[[deployments]]
name = "second"
interface = "asgi"
views = "async"
command = ["{{python}}", "{folder}/server.py", "second", "{{port}}"]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = {{ wait_ms = 1 }}

[load]
users = [1, 2]
settle_s = 0
measure_s = 1
"""


class Fake:
    """A run of fake children, and what they recorded."""

    def __init__(self, folder: Path, rounds: int, more: str = "") -> None:
        self.journal = folder / "journal"
        (folder / "server.py").write_text(SERVER)
        text = PLAN.format(folder=folder, python=sys.executable, rounds=rounds) + more
        self.blocks = blocks(parse(text, "fake.toml"))
        self.run = Run.create(folder / "run", text, {}, "", [])

    @property
    def lines(self) -> list[str]:
        """What happened, in order."""
        return self.journal.read_text().splitlines() if self.journal.exists() else []


OPEN = """
[[scenarios]]
name = "open"
locustfile = "loadtests/wait.py"
settings = { wait_ms = 1 }
load = { fractions = [0.5, 0.9], of = "wait", clients = 8, settle_s = 0, measure_s = 1 }
"""


@pytest.fixture
def fake(fake_locust: None, tmp_path: Path) -> Fake:
    """Return a run of two deployments over two rounds, with fake children."""
    return Fake(tmp_path, rounds=2)


@pytest.fixture
def fake_open(fake_locust: None, tmp_path: Path) -> Fake:
    """Return a run of one round whose open loop takes fractions of its closed one's capacity."""
    return Fake(tmp_path, rounds=1, more=OPEN)


@pytest.fixture
def fake_locust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a fake Locust in place of the real one."""
    (tmp_path / "locust.py").write_text(LOCUST)
    monkeypatch.setattr(generator, "LOCUST", (sys.executable, str(tmp_path / "locust.py")))
    monkeypatch.setenv("JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: None)
