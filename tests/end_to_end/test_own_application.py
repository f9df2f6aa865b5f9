"""Bring your own application: another folder, another environment, the same harness."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.bench import GUNICORN, UVICORN, WAIT, Bench, plan

SITE = """
import json, sys
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY="tests only")

def hello(request):
    return HttpResponse("hello", headers={"Content-Length": "5"})

def health(request):
    return HttpResponse(json.dumps({"python": sys.prefix}))

urlpatterns = [path("hello", hello), path("health", health)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
"""

LOCUSTFILE = """
from _client import Client
from locust import task

class Hello(Client):
    @task
    def ask(self):
        self.fetch("/hello", b"hello")
"""

PLAN = """
name = "own"

[application]
directory = "{site}"
wsgi = "site_of_mine:wsgi"
asgi = "site_of_mine:asgi"
ready = "/health"
python = "{python}"

[[deployments]]
name = "gunicorn"
interface = "wsgi"
views = "sync"
slots = 4
command = ["{{python}}", "-m", "gunicorn", "{{wsgi}}", "--bind={{host}}:{{port}}", "--threads=4"]

[[deployments]]
name = "uvicorn"
interface = "asgi"
views = "sync"
command = ["{{python}}", "-m", "uvicorn", "{{asgi}}", "--host={{host}}", "--port={{port}}"]

[[scenarios]]
name = "hello"
locustfile = "{locustfile}"
settings = {{ think_ms = 20 }}

[load]
users = [2]
settle_s = 0.2
measure_s = 1
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment with Django, both servers and nothing else; give its Python."""
    folder = tmp_path_factory.mktemp("own") / "venv"
    uv = Path(sys.executable).with_name("uv")
    wanted = [f"{name}=={version(name)}" for name in ("django", "gunicorn", "uvicorn")]
    python = folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *wanted], check=True)
    return python


@pytest.mark.long
def test_an_application_elsewhere_in_its_own_environment_is_measured(
    bench: Bench, environment: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing but the plan says where it is; the suite's own packages are not there."""
    site = tmp_path_factory.mktemp("site")
    (site / "site_of_mine.py").write_text(SITE)
    locustfile = site / "hello.py"
    locustfile.write_text(LOCUSTFILE)
    text = PLAN.format(site=site, python=environment, locustfile=locustfile)
    status, output, errors = bench.run(text)
    assert (status, errors) == (0, "")
    trials = bench.trials()
    assert [trial["errors"] for trial in trials] == ["0", "0"]
    assert all(int(trial["requests"]) > 10 for trial in trials)
    assert all(trial["queue_p50_ms"] == "" for trial in trials)  # it sends no Server-Timing
    machine = json.loads((bench.results / "it" / "run.json").read_text())["machine"]
    assert machine["uvloop"] == "not installed"
    assert "hello" in output


PATHS = """
paths = [
    "/hello",
    {{ path = "/hello?q={{word}}", name = "search", weight = 3, words = "{words}" }},
    {{ path = "/none", status = 404 }},
]
"""


@pytest.mark.long
def test_paths_of_a_plan_need_no_locustfile(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Words are beside the plan, also for a run that goes on; /none must answer 404."""
    site = tmp_path_factory.mktemp("site")
    (site / "site_of_mine.py").write_text(SITE)
    (site / "words.txt").write_text("one\nR&D\n")
    words = os.path.relpath(site / "words.txt", bench.folder)
    text = PLAN.format(site=site, python=sys.executable, locustfile="")
    text = text.replace('locustfile = ""', PATHS.format(words=words).strip())
    status, _, errors = bench.run(text)
    assert (status, errors) == (0, "")
    trials = bench.trials()
    assert [trial["errors"] for trial in trials] == ["0", "0"]
    assert all(int(trial["requests"]) > 10 for trial in trials)
    for block in (bench.results / "it" / "blocks").iterdir():
        log = (block / "locust.log").read_text()
        assert all(f"GET      {name} " in log for name in ("/hello", "search", "/none"))
        assert "q=" not in log and (block / "paths.json").exists()
    kept = bench.results / "it" / "trials.csv"
    kept.write_text("".join(kept.read_text().splitlines(keepends=True)[:-1]))
    status, _, errors = bench.run(text)
    assert (status, errors) == (0, "")
    assert len(bench.trials()) == 2


def test_a_python_that_does_not_run_is_named(bench: Bench, tmp_path: Path) -> None:
    """Before anything starts."""
    site = tmp_path / "results"
    site.mkdir()
    (tmp_path / "scenario.py").write_text(LOCUSTFILE)
    text = PLAN.format(site=site, python="/no/python", locustfile=tmp_path / "scenario.py")
    status, _, errors = bench.call(text)
    assert status == 2
    assert errors.startswith("error: ") and "no program /no/python; install it" in errors


@pytest.mark.long
def test_a_server_that_refuses_most_requests_ends_the_run_with_its_status(bench: Bench) -> None:
    """Uvicorn answers 503 from its third connection on, and says why in its log."""
    limited = UVICORN.replace('"--loop=uvloop"', '"--loop=uvloop", "--limit-concurrency=3"')
    text = plan(limited, WAIT).replace("users = [1, 4]", "users = [16]")
    status, _, errors = bench.run(text)
    assert status == 2
    assert "uvicorn at 16 clients:" in errors
    assert "GET /async/wait/: status 503" in errors
    assert "x WARNING: Exceeded concurrency limit" in errors
    assert bench.history() == []


@pytest.mark.long
def test_workers_that_are_replaced_keep_their_cpu_time_and_are_counted(bench: Bench) -> None:
    """Each of two workers ends after 40 requests: those of a second and more.

    A request of the suite's application takes over a tenth of a millisecond; of the living alone it
    would be next to nothing, or less.
    """
    restarting = GUNICORN.replace(
        '"--threads=8"', '"--threads=8", "--workers=2", "--max-requests=40"'
    )
    text = plan(restarting, WAIT).replace("users = [1, 4]", "users = [4]")
    status, _, errors = bench.run(text.replace("measure_s = 1", "measure_s = 3"))
    assert status == 0, errors
    (trial,) = bench.trials()
    assert float(trial["server_cpu_ms_per_request"]) > 0.1
    assert int(trial["processes_ended"]) >= 1
    report = (bench.results / "it" / "report.md").read_text()
    assert "processes of gunicorn ended while load steps were measured" in report
