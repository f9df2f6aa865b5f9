"""Environments of locustfiles: what is required beside the suite's packages, made once."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Scenario
from harness.host import environments
from harness.host.locustfiles import check

METADATA = "Metadata-Version: 2.1\nName: made-up-shop\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


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


def wheel(folder: Path) -> Path:
    """Build a package of one module, as an index would serve it."""
    path = folder / "made_up_shop-1.0-py3-none-any.whl"
    info = "made_up_shop-1.0.dist-info"
    files = {
        "made_up_shop.py": "PRICE = 7\n",
        f"{info}/METADATA": METADATA,
        f"{info}/WHEEL": WHEEL,
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_locustfile_gets_what_it_requires_beside_locust_itself(tmp_path: Path) -> None:
    """In an interpreter of its own, which has the suite's packages too; made once."""
    locustfile = tmp_path / "load.py"
    locustfile.write_text("import locust, made_up_shop\n")
    listed = requirements(tmp_path, f"{wheel(tmp_path)}\n")
    scenario = Scenario(name="visit", locustfile=locustfile, requirements=listed)
    check(scenario)
    python = environments.interpreter(listed)
    program = "import locust, made_up_shop; print(made_up_shop.PRICE)"
    answer = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "7\n"
    (complete,) = (tmp_path / "environments").glob("*/complete")
    made = complete.stat().st_mtime_ns
    check(scenario)
    assert complete.stat().st_mtime_ns == made


def test_without_a_network_the_list_is_named_in_one_line(tmp_path: Path) -> None:
    """And nothing is left that would pass for an environment."""
    listed = requirements(tmp_path, "no-such-package-of-mine==1.0\n")
    with pytest.raises(BenchError) as caught:
        environments.install(listed)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{listed}: cannot be installed beside Locust (")
    assert line.endswith("check that the package index can be reached")
    assert not list((tmp_path / "environments").glob("*/complete"))


def test_a_list_may_not_change_what_locust_itself_needs(tmp_path: Path) -> None:
    """Another gevent would be another load generator."""
    listed = requirements(tmp_path, "gevent==1.0\n")
    with pytest.raises(BenchError, match="cannot be installed beside Locust"):
        environments.install(listed)
