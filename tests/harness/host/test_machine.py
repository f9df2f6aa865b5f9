"""The facts of the machine: the versions that the application's interpreter reports."""

import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.launch import Launch, program
from harness.core.plan import PlanCores
from harness.core.plan_file import read
from harness.host import machine
from harness.host.launches import launches
from harness.host.machine import Cores

ONE_CORE = Cores((0,), (0,))


def launch(words: str) -> Launch:
    """Read a command line."""
    return Launch(program(words.split()), {})


def facts(python: str, *commands: str) -> dict[str, str]:
    """Return the facts of a machine that serves by some commands."""
    return machine.facts(ONE_CORE, python, [launch(words) for words in commands])


def install(folder: Path, name: str, number: str, module: str = "", script: str = "") -> None:
    """Write what an installer leaves of a distribution."""
    place = folder / f"{name.replace('-', '_')}-{number}.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
    (place / "top_level.txt").write_text(module)
    if script:
        (place / "entry_points.txt").write_text(f"[console_scripts]\n{script} = {module}:main\n")


@pytest.fixture
def python(tmp_path: Path) -> str:
    """Make an interpreter that has distributions of its own, in the folder `site`."""
    path = tmp_path / "python"
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path / "site"}" exec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return str(path)


def test_a_server_that_a_plan_adds_has_its_version_in_the_facts(
    python: str, tmp_path: Path
) -> None:
    """So has what its command selects; a package that is not installed is named too."""
    install(tmp_path / "site", "Hypercorn", "0.18.0", "hypercorn")
    install(tmp_path / "site", "trio", "0.31.0", "trio")
    versions = facts(python, "{python} -m hypercorn -k trio app:asgi")
    assert (versions["hypercorn"], versions["trio"]) == ("0.18.0", "0.31.0")
    bare = tmp_path / "bare"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    assert facts(str(bare), "daphne app:asgi")["daphne"] == "not installed"


def test_servers_that_do_not_serve_are_no_facts() -> None:
    """A new Uvicorn does not change what Gunicorn does."""
    assert "uvicorn" not in facts(sys.executable, "gunicorn app:wsgi")
    assert facts(sys.executable, "gunicorn app:wsgi")["gunicorn"] == version("gunicorn")


def test_an_unknown_server_is_traced_to_its_distribution(python: str, tmp_path: Path) -> None:
    """By the module that Python runs, or by the executable."""
    install(tmp_path / "site", "Swift_Server", "1.2", "swift", "swiftly")
    assert facts(python, "{python} -m swift.cli app:wsgi")["swift-server"] == "1.2"
    assert facts(python, "/usr/bin/swiftly app:wsgi")["swift-server"] == "1.2"
    assert "swift-server" not in facts(python, "{python} swift.py")


def test_a_class_of_workers_is_traced_to_its_distribution(python: str, tmp_path: Path) -> None:
    """A class of the application itself has none: its commit is the fact."""
    install(tmp_path / "site", "uvicorn-worker", "0.4.0", "uvicorn_worker")
    words = "gunicorn -k uvicorn_worker.UvicornWorker app:asgi"
    versions = facts(python, words)
    assert versions["uvicorn-worker"] == "0.4.0"
    assert versions["uvicorn"] == version("uvicorn")
    assert "mine" not in facts(python, "gunicorn -k mine.Worker app:asgi")


def test_a_package_that_serves_and_loads_is_one_fact_unless_its_versions_differ(
    python: str, tmp_path: Path
) -> None:
    """Locust runs on gevent, and Gunicorn's workers may, from another environment."""
    words = "gunicorn -k gevent app:wsgi"
    loading = version("gevent")
    assert facts(sys.executable, words)["gevent"] == loading
    install(tmp_path / "site", "gevent", "24.11", "gevent")
    assert facts(python, words)["gevent"] == f"{loading}, serving 24.11"


@pytest.mark.parametrize("name", ["default", "c10k"])
def test_the_suites_own_plans_have_the_facts_that_their_reference_runs_recorded(name: str) -> None:
    """In the same words, so that they can be compared with new runs."""
    plan, _ = read(Path(f"loadtests/plans/{name}.toml"))
    current = machine.facts(ONE_CORE, sys.executable, launches(plan))
    packages = {"django", "asgiref", "gunicorn", "uvicorn", "uvloop", "httptools"}
    for package in packages | {"locust", "gevent", "geventhttpclient"}:
        assert current[package] == version(package)


def test_a_plan_says_which_cores_serve_and_which_make_the_load() -> None:
    """Where it names none, they are those of the machine's own split."""
    eight = Cores((0,), tuple(range(1, 8)))
    planned = PlanCores(server=(0, 1, 2, 3), load=(4, 5))
    assert machine.assign(planned, eight) == Cores((0, 1, 2, 3), (4, 5))
    assert machine.assign(None, eight) == eight


def test_cores_that_the_machine_lacks_are_one_line_with_those_it_has() -> None:
    """A plan for eight cores is refused on two, before anything starts."""
    planned = PlanCores(server=(0, 1), load=(2, 3))
    with pytest.raises(BenchError) as refusal:
        machine.assign(planned, Cores((0,), (1,)))
    assert str(refusal.value) == (
        "cores: the plan names core 2, 3, and this process may run on 0, 1; name some of these, "
        "or leave [cores] out"
    )
