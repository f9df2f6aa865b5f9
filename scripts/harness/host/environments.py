"""Environments of locustfiles: the suite's own packages, and what a plan requires beside them.

Each is a virtual environment of its own, kept by what it holds, so that it is made once.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

from harness.core.errors import BenchError

FOLDER = Path(__file__).resolve().parents[3] / "results" / ".environments"

MOST_WORDS = 60
"""How much of what uv says of a failure is shown."""


def interpreter(requirements: Path | None) -> str:
    """Return the path of the Python that runs Locust: the suite's own where nothing is required."""
    return sys.executable if requirements is None else str(_python(_folder(requirements)))


def install(requirements: Path) -> None:
    """Make the environment that a list requires, unless it is there; raise BenchError offline."""
    folder = _folder(requirements)
    complete = folder / "complete"
    if complete.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    _uv(requirements, "venv", "--python", sys.executable, str(folder))
    _see_own_packages(folder)
    same = folder / "constraints.txt"
    same.write_text("\n".join(_own_packages()) + "\n")
    wanted = ("--requirements", str(requirements), "--constraints", str(same))
    _uv(requirements, "pip", "install", "--python", str(_python(folder)), *wanted)
    complete.touch()


def _folder(requirements: Path) -> Path:
    """Return where the environment of a list is, by its text and all that it adds to."""
    parts = (requirements.read_text(), sys.version, sys.executable, *_own_packages())
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return FOLDER / digest[:16]


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


def _own_packages() -> Sequence[str]:
    """List the suite's packages with their versions, which a list may not change."""
    return sorted({f"{each.name}=={each.version}" for each in distributions() if each.name})


def _see_own_packages(folder: Path) -> None:
    """Let an environment find the suite's packages behind its own."""
    own = sysconfig.get_path("purelib")
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "suite.pth").write_text(f"import site; site.addsitedir({own!r})\n")


def _uv(requirements: Path, *arguments: str) -> None:
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        raise BenchError(f"{requirements}: installing it needs uv; `make` gets it")
    answer = subprocess.run(
        (uv, "--quiet", *arguments), capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        words = " ".join(answer.stderr.split()[:MOST_WORDS])
        raise BenchError(
            f"{requirements}: cannot be installed beside Locust ({words}); correct the list, or "
            "check that the package index can be reached"
        )
