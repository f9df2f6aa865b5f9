"""The probe in a Python process of its own: what it notes, and what it leaves alone."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from harness.rig.probe.stops_probe import COLUMNS
from harness.rig.servers import PROBE

# A full collection of a million lists takes some hundredths of a second.
COLLECT = """
import gc
gc.disable()
kept = [[] for _ in range(1_000_000)]
gc.collect()
"""

LATE = """
import asyncio, time
{policy}
async def main():
    await asyncio.sleep(0.2)
    time.sleep(0.3)
    await asyncio.sleep(0.2)
asyncio.run(main())
"""

FORK = """
import os, gc
kept = [[] for _ in range(1_000_000)]
if os.fork() == 0:
    gc.collect()
    os._exit(0)
os.wait()
"""


def run(code: str, folder: Path, path: Path | None = None, loop: bool = False) -> str:
    """Run code in a process with the probe, `path` behind it; return what it printed."""
    variables = {"PYTHONPATH": PROBE if path is None else f"{PROBE}{os.pathsep}{path}"}
    variables |= {"STOPS_FOLDER": str(folder)} | ({"STOPS_LOOP": "1"} if loop else {})
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def noted(folder: Path) -> pd.DataFrame:
    """Read the rows of all processes."""
    return pd.concat([pd.read_csv(path) for path in folder.glob("stops-*.csv")])


def test_a_full_collection_is_noted_with_its_generation(tmp_path: Path) -> None:
    """One of the oldest generation, 2; it lasted for a millisecond or more."""
    run(COLLECT, tmp_path)
    rows = noted(tmp_path)
    assert tuple(rows.columns) == COLUMNS
    assert set(rows["cause"]) == {"collector"}
    assert 2 in set(rows["generation"])
    assert rows["lasted_ms"].min() >= 1


@pytest.mark.parametrize(
    "policy", ["", "import uvloop; uvloop.install()"], ids=["asyncio", "uvloop"]
)
def test_a_loop_that_is_blocked_is_late(tmp_path: Path, policy: str) -> None:
    """Blocked for 300 ms, so that a timer due within the first 50 of them comes 250 ms late."""
    run(LATE.format(policy=policy), tmp_path, loop=True)
    late = noted(tmp_path).query("cause == 'loop'")
    assert late["lasted_ms"].max() == pytest.approx(275, abs=60)


def test_a_process_that_is_forked_has_a_file_of_its_own(tmp_path: Path) -> None:
    """As a worker of Gunicorn's: the parent's file and the child's, in which it collected."""
    run(FORK, tmp_path)
    assert len(list(tmp_path.glob("stops-*.csv"))) == 2
    assert 2 in set(noted(tmp_path)["generation"])


def test_an_applications_own_sitecustomize_runs_as_if_the_probe_were_not_there(
    tmp_path: Path,
) -> None:
    """It stands under its name, and the probe's folder is on the path no longer."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "sitecustomize.py").write_text("MINE = 1\n")
    code = "import sys, sitecustomize; print(sitecustomize.MINE, sys.path)"
    printed = run(code, tmp_path, own)
    assert printed.startswith("1 ")
    assert PROBE not in printed
    assert len(list(tmp_path.glob("stops-*.csv"))) == 1


BUYING = """
import asyncio
from django.conf import settings
from django.test import AsyncClient, Client
from django.urls import path

def buy(request):
    raise KeyError("sku")

async def sell(request):
    raise ValueError("no stock\\nat all")

urlpatterns = [path("buy/", buy), path("sell/", sell)]
settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="tests only")
Client(raise_request_exception=False).post("/buy/?now=1")
asyncio.run(AsyncClient(raise_request_exception=False).get("/sell/"))
Client().get("/nowhere/")
"""


def test_what_views_of_django_raise_is_noted_with_the_line_that_it_came_from(
    tmp_path: Path,
) -> None:
    """Of any method, of both kinds of views, in one line; an answer of 404 raises nothing."""
    (tmp_path / "buying.py").write_text(BUYING)
    notes = tmp_path / "notes"
    variables = {"PYTHONPATH": PROBE, "EXCEPTIONS_FILE": str(notes)}
    command = [sys.executable, "-c", "import sys; sys.path.insert(0, ''); import buying"]
    subprocess.run(
        command, cwd=tmp_path, env=os.environ | variables, capture_output=True, check=True
    )
    assert notes.read_text().splitlines() == [
        "POST /buy/\tKeyError: 'sku' in buying.py:8",
        "GET /sell/\tValueError: no stock in buying.py:11",
    ]


def test_without_a_folder_nothing_is_noted(tmp_path: Path) -> None:
    """A process that merely finds the module on its path runs as ever."""
    code = "import gc; print(gc.callbacks)"
    environment = {**os.environ, "PYTHONPATH": PROBE}
    printed = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
    assert printed == "[]\n"
