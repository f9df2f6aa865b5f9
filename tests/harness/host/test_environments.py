"""Environments of locustfiles: what is required beside the suite's packages, made once."""

import subprocess
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Scenario
from harness.host import environments
from harness.host.locustfiles import check
from tests.support.wheels import wheel


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep environments in a folder of the test, and uv from asking anybody."""
    monkeypatch.setattr(environments, "FOLDER", tmp_path / "environments")
    monkeypatch.setenv("UV_OFFLINE", "1")


def requirements(folder: Path, text: str) -> Path:
    """Write a list."""
    path = folder / "requirements-load.txt"
    path.write_text(text)
    return path


def test_a_locustfile_gets_what_it_requires_beside_locust_itself(tmp_path: Path) -> None:
    """In an interpreter of its own, which has the suite's packages too; made once."""
    locustfile = tmp_path / "load.py"
    locustfile.write_text("import locust, made_up_shop\n")
    listed = requirements(tmp_path, f"{wheel(tmp_path, 'made-up-shop', '1.0', 'PRICE = 7')}\n")
    scenario = Scenario(name="visit", locustfile=locustfile, requirements=listed)
    check(scenario)
    python = environments.interpreter(listed)
    program = "import locust, made_up_shop; print(made_up_shop.PRICE)"
    answer = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "7\n"
    (environment,) = (tmp_path / "environments").iterdir()
    made = environment.stat().st_mtime_ns
    check(scenario)
    assert environment.stat().st_mtime_ns == made


def test_without_a_network_the_list_is_named_in_one_line(tmp_path: Path) -> None:
    """And nothing is left that would pass for an environment."""
    listed = requirements(tmp_path, "no-such-package-of-mine==1.0\n")
    with pytest.raises(BenchError) as caught:
        environments.install(listed)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{listed}: cannot be installed beside Locust (")
    assert line.endswith("check that the package index can be reached")
    assert list((tmp_path / "environments").iterdir()) == []


def test_a_list_may_not_change_what_locust_itself_needs(tmp_path: Path) -> None:
    """Another gevent would be another load generator."""
    listed = requirements(tmp_path, "gevent==1.0\n")
    with pytest.raises(BenchError, match="cannot be installed beside Locust"):
        environments.install(listed)
