"""A deployment whose packages are missing is refused before the run, with what installs them."""

import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.host import packages, site

GROUPS = """
[dependency-groups]
servers = ["no-such.server[fast]>=1", "pyuwsgi"]
frameworks = ["no-such-framework<2"]
"""


@pytest.fixture(autouse=True)
def _groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two groups have what nobody has installed."""
    (tmp_path / "pyproject.toml").write_text(GROUPS)
    monkeypatch.setattr(packages, "PROJECT", tmp_path / "pyproject.toml")


def served(*command: str) -> Deployment:
    """Return a deployment by its command."""
    return Deployment(name="it", interface="wsgi", command=(*command, "{port}"))


def refusal(application: Application, deployment: Deployment) -> str:
    """Return the error that it is refused with."""
    with pytest.raises(BenchError) as caught:
        packages.check(application, [deployment])
    return str(caught.value)


def test_a_missing_server_is_named_with_the_command_that_installs_its_group(tmp_path: Path) -> None:
    """In one line, by the module that Python would run."""
    assert refusal(Application(directory=tmp_path), served("{python}", "-m", "no_such_server")) == (
        f"deployment it needs no_such_server, which {sys.executable} does not have; "
        "make setup GROUP=servers"
    )


def test_a_missing_class_of_workers_is_named_as_well(tmp_path: Path) -> None:
    """But not what a server only takes where it is there; a class of the site is there."""
    application = Application(directory=tmp_path, wsgi="mine:application")
    gunicorn = ("{python}", "-m", "gunicorn", "{wsgi}", "--http-parser=auto")
    text = refusal(application, served(*gunicorn, "--worker-class=no_such_server.Worker"))
    assert text.endswith("make setup GROUP=servers")
    (tmp_path / "mine.py").write_text("")
    packages.check(application, [served(*gunicorn, "-k", each) for each in ("asgi", "mine.Worker")])


def test_a_program_beside_the_interpreter_is_looked_for(tmp_path: Path) -> None:
    """It comes by a package; an interpreter of the site's own is not ours to fill."""
    beside = tmp_path / "bin"
    beside.mkdir()
    (beside / "python").symlink_to(sys.executable)
    site_python = Application(directory=tmp_path, python=beside / "python")
    text = refusal(site_python, served("{bin}/uwsgi"))
    assert text.startswith("deployment it needs pyuwsgi, which ")
    assert text.endswith("does not have; install it there, or correct the plan")
    (beside / "uwsgi").touch()
    packages.check(site_python, [served("{bin}/uwsgi")])


def test_a_missing_framework_is_named_when_the_site_is_imported(tmp_path: Path) -> None:
    """With its group, and no traceback."""
    (tmp_path / "shop.py").write_text("import no_such_framework.routing\n")
    application = Application(directory=tmp_path, wsgi="shop:application")
    with pytest.raises(BenchError) as caught:
        site.served(application, served("{python}", "-m", "gunicorn", "{wsgi}"))
    assert str(caught.value) == (
        f"deployment it needs no_such_framework, which {sys.executable} does not have; "
        "make setup GROUP=frameworks"
    )


def test_the_groups_of_the_suite_have_what_its_plans_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names of distributions and of modules."""
    monkeypatch.undo()
    for name in ("daphne", "granian", "pyuwsgi", "uvicorn_worker", "waitress"):
        assert packages.groups_of(name) == ["servers"]
    assert packages.groups_for(["hypercorn"]) == ["servers"]
    assert packages.groups_for(["hypercorn", "aioquic"]) == ["protocols"]
    for name in ("fastapi", "flask", "pyramid", "starlette"):
        assert packages.groups_of(name) == ["frameworks"]
    assert packages.groups_of("psycopg") == ["database"]
    assert packages.groups_of("django") == []


def test_one_group_that_has_all_packages_is_enough() -> None:
    """Where none has, each that has any of them is needed."""
    assert packages.groups_for(["pyuwsgi", "no_such_server"]) == ["servers"]
    both = ["no_such_framework", "pyuwsgi"]
    assert packages.groups_for(both) == ["frameworks", "servers"]
    assert packages.groups_for(["nobody_has_this"]) == []
