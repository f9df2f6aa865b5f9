"""A deployment is served with the versions that it names, in an environment that is made once."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.command import interpreter
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.host import environments, packages, versions
from tests.support.wheels import wheel


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep environments in a folder of the test, and let uv ask for two versions of a package."""
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    index = tmp_path / "index"
    index.mkdir()
    for version in ("1.0", "2.0"):
        # Of unequal lengths: bytecode of the same second and length counts as up to date.
        text = f"VERSION = {version!r}\n" * int(float(version))
        wheel(index, "made-up-server", version, text)
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(index))


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """Return an application in a folder below its lock."""
    (tmp_path / "site" / "app").mkdir(parents=True)
    (tmp_path / "site" / "requirements.lock").write_text("made-up-server==1.0\n")
    return Application(directory=tmp_path / "site" / "app")


def deployment(*requirements: str, python: str | None = None) -> Deployment:
    """Return a deployment with versions of its own."""
    command = ("{python}", "-m", "made_up_server", "{port}")
    return Deployment(
        name="it", interface="wsgi", command=command, requirements=requirements, python=python
    )


def version_of(application: Application, deployment: Deployment) -> str:
    """Make the environment of a deployment; return the version that it serves with."""
    versions.install(application, [deployment])
    python = interpreter(versions.served_by(application, deployment))
    program = "import made_up_server; print(made_up_server.VERSION)"
    answer = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def refusal(application: Application, deployment: Deployment) -> str:
    """Return the one line that it is refused with."""
    with pytest.raises(BenchError) as caught:
        versions.install(application, [deployment])
    (line,) = str(caught.value).splitlines()
    return line


def test_what_a_deployment_requires_takes_the_place_of_what_is_locked(
    application: Application, tmp_path: Path
) -> None:
    """Each in an environment of its own, made once; one that names nothing has none."""
    bare = deployment()
    assert versions.served_by(application, bare) == application
    assert version_of(application, deployment(python=sys.executable)) == "1.0"
    assert version_of(application, deployment("made-up-server==2.0")) == "2.0"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "environments").iterdir()}
    assert version_of(application, deployment("made-up-server==2.0")) == "2.0"
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "environments").iterdir()}
    assert len(before) == 2 and before == after


def test_another_lock_is_another_environment(application: Application, tmp_path: Path) -> None:
    """A deployment that names its interpreter alone has the packages of the lock."""
    own = deployment(python=sys.executable)
    assert version_of(application, own) == "1.0"
    (tmp_path / "site" / "requirements.lock").write_text("made-up-server==2.0\n")
    assert version_of(application, own) == "2.0"


def test_versions_that_nobody_has_are_refused_and_leave_nothing(
    application: Application, tmp_path: Path
) -> None:
    """The line has the deployment, what it requires, and what uv says."""
    line = refusal(application, deployment("made-up-server==3.0"))
    assert line.startswith("deployment it: made-up-server==3.0 cannot be installed over ")
    assert "made-up-server==3.0" in line.partition("(")[2]
    assert line.endswith("correct its versions, or check that the package index can be reached")
    assert list((tmp_path / "environments").iterdir()) == []


def test_an_interpreter_that_is_not_here_is_named(application: Application) -> None:
    """With what installs it: nothing is fetched unasked."""
    line = refusal(application, deployment(python="/no/python"))
    assert line == (
        "deployment it: no Python /no/python here; install it (uv python install /no/python), or "
        "name another"
    )


def test_an_application_that_is_locked_to_nothing_has_no_versions_to_change(
    tmp_path: Path,
) -> None:
    """Whatever else it serves with would be unknown."""
    line = refusal(Application(directory=tmp_path), deployment("made-up-server==2.0"))
    assert line.startswith("deployment it names versions of its own, and no requirements.lock in ")


def test_without_uv_there_are_no_environments(
    application: Application, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither beside the interpreter nor on the path."""
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    line = refusal(application, deployment("made-up-server==2.0"))
    assert line == "no program uv, which makes environments; get it with pip install uv"


def test_a_server_that_is_not_among_the_versions_is_to_be_required(
    application: Application,
) -> None:
    """A group of the suite has nothing to do with that environment."""
    own = deployment(python=sys.executable).model_copy(
        update={"command": ("{python}", "-m", "waitress", "{port}")}
    )
    versions.install(application, [own])
    with pytest.raises(BenchError) as caught:
        packages.check(application, [own])
    assert str(caught.value).startswith("deployment it needs waitress, which ")
    assert str(caught.value).endswith("add it to its requirements, with a version")


def test_the_versions_that_a_deployment_serves_with_are_facts(application: Application) -> None:
    """Those of its server and those that it requires, whatever the suite itself has."""
    own = deployment("made-up-server==2.0")
    versions.install(application, [own])
    fact = versions.facts_of(application, own)
    assert fact.endswith(", made-up-server 2.0")
    assert "django not installed" in fact
