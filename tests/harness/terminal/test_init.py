"""What `make init` asks and writes: an interpreter that nothing tells, a plan with its reasons."""

import os
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.plan import Application, Plan
from harness.core.sizes import Pace
from harness.runs.adopt import Adopted
from harness.terminal import init
from harness.terminal.init import ask_python
from tests.support.builders import DEPLOYMENTS


def typed(line: str, monkeypatch: pytest.MonkeyPatch) -> Path | None:
    """Return what comes of a line that is typed at a terminal."""
    person, terminal = os.openpty()
    os.write(person, line.encode())
    with os.fdopen(person, "wb"), os.fdopen(terminal) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        return ask_python()


def test_a_person_names_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """From where make runs."""
    monkeypatch.setenv("HOME", "/home/ann")
    assert typed(" ~/shop/bin/python \n", monkeypatch) == Path("/home/ann/shop/bin/python")
    assert typed("venv/bin/python\n", monkeypatch) == Path("venv/bin/python").absolute()
    assert typed("\n", monkeypatch) is None


def test_nobody_is_asked_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in CI."""
    with Path(os.devnull).open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert ask_python() is None


def written(folder: Path, paces: dict[str, tuple[Pace, Pace]]) -> tuple[str, Plan]:
    """Return the plan of a site with pages of these paces, as text and as it is read."""
    adopted = Adopted(
        application=Application(directory=folder, wsgi="shop.wsgi", asgi="shop.asgi"),
        deployments=tuple(
            each.model_copy(update={"command": ("{python}", "serve.py", "{port}")})
            for each in DEPLOYMENTS[1:3]
        ),
        paces=paces,
        facts={"DEBUG": "False"},
    )
    text = init.plan(adopted, "shop", folder)
    return text, plan_file.parse(text, "bench.toml", folder)


def test_a_plan_has_its_sizes_with_their_reasons(tmp_path: Path) -> None:
    """20 requests/s fill at 3 users: 2 and 6; two of them make 100 requests in 8 s."""
    look = Pace(50, 20)
    text, plan = written(tmp_path, {"/": (look, look)})
    load = plan.load
    assert (load.users, load.measure_s, load.tail_s) == ((2, 6), 8, 4)
    assert '"/",    # gunicorn-gthread-64 50.0 ms, 20/s; uvicorn 50.0 ms, 20/s' in text
    assert "the faster server answered 20 requests/s." in text
    assert "users = [2, 6]    # half of those that keep the server busy, and twice as many" in text
    assert "measure_s = 8    # at least 107 requests, of which 20 are enough for a p95" in text


def test_a_plan_says_where_the_generator_or_the_site_sets_a_limit(tmp_path: Path) -> None:
    """5,000 requests/s are more than Locust sends; 0.5 are too few for a p95."""
    fast, slow = Pace(0.2, 5000), Pace(2000, 0.5)
    assert "as many as one core of Locust can be" in written(tmp_path, {"/": (fast, fast)})[0]
    text, _ = written(tmp_path, {"/": (slow, slow)})
    assert "14 requests at the lower load, too few for a p95: 20 need longer" in text
