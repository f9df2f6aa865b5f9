"""Texts of small plans, for tests to change a word of."""

from pathlib import Path

SUITE = Path(__file__).resolve().parents[2]

TINY = """
name = "tiny"
rounds = 2
seed = 7

[application]
directory = "app"
wsgi = "config.wsgi:application"
asgi = "config.asgi:application"

[[deployments]]
name = "one"
interface = "wsgi"
views = "sync"
slots = 4
command = ["{python}", "-m", "gunicorn", "{wsgi}", "--bind={host}:{port}"]

[[deployments]]
name = "two"
interface = "asgi"
views = "async"
command = ["{python}", "-m", "uvicorn", "{asgi}", "--host={host}", "--port={port}"]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"
settings = { wait_ms = 250 }

[[scenarios]]
name = "plain"
locustfile = "loadtests/plain.py"
load = { users = [1, 500], settle_s = 1, measure_s = 2 }

[load]
users = [1, 10, 100]
settle_s = 1
measure_s = 2
"""

OPEN = """
[[scenarios]]
name = "open"
locustfile = "loadtests/wait.py"
load = { fractions = [0.5, 0.9], of = "wait", clients = 700, settle_s = 1, measure_s = 2 }
"""


def anywhere(text: str) -> str:
    """Return a plan that names the suite's files from wherever it is: paths are beside the plan."""
    absolute = text.replace('"app"', f'"{SUITE / "app"}"')
    return absolute.replace('"loadtests/', f'"{SUITE / "loadtests"}/')


def with_open(load: str = "") -> str:
    """Return the plan with an open loop besides; `load` replaces its load steps."""
    scenario = OPEN.replace('fractions = [0.5, 0.9], of = "wait"', load) if load else OPEN
    return TINY.replace("[load]", f"{scenario}\n[load]")


def with_rounds(rounds: str) -> str:
    """Return the plan where deployments have only some rounds of the scenario `wait`."""
    return TINY.replace("wait_ms = 250 }", f"wait_ms = 250 }}\nrounds = {{ {rounds} }}")


def with_only(only: str) -> str:
    """Return the plan where deployments climb only some steps of the scenario `wait`."""
    return TINY.replace("wait_ms = 250 }", f"wait_ms = 250 }}\nonly = {{ {only} }}")


def against(names: str, of: str = "") -> str:
    """Return the plan where `plain` runs against some deployments; `of` adds an open loop."""
    keys = f'locustfile = "loadtests/plain.py"\ndeployments = {names}'
    text = TINY.replace('locustfile = "loadtests/plain.py"', keys)
    return text.replace("[load]", of + "\n[load]") if of else text
