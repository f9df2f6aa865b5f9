"""Virtual environments that uv fills, each kept by what it holds, so that it is made once.

Here are those of locustfiles: the suite's own packages, and what a plan requires beside them.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import distributions
from pathlib import Path

from harness.core.errors import BenchError

FOLDER = Path(__file__).resolve().parents[3] / "results" / ".environments"

MOST_WORDS = 60
"""How much of what uv says of a failure is shown."""


class NotInstalled(Exception):
    """What uv prints where it fails."""

    @property
    def in_line(self) -> str:
        """Return its first words, for an error of one line."""
        return " ".join(str(self).split()[:MOST_WORDS])


def interpreter(requirements: Path | None) -> str:
    """Return the path of the Python that runs Locust: the suite's own where nothing is required."""
    return sys.executable if requirements is None else str(python_in(_folder(requirements)))


def install(requirements: Path) -> None:
    """Make the environment that a list requires, unless it is there; raise BenchError offline."""

    def fill(folder: Path) -> None:
        uv("venv", "--quiet", "--relocatable", "--python", sys.executable, str(folder))
        _see_own_packages(folder)
        same = folder / "constraints.txt"
        same.write_text("\n".join(_own_packages()) + "\n")
        wanted = ("--requirements", str(requirements), "--constraints", str(same))
        uv("pip", "install", "--quiet", "--python", str(python_in(folder)), *wanted)

    try:
        keep(_folder(requirements), fill)
    except NotInstalled as failure:
        raise BenchError(
            f"{requirements}: cannot be installed beside Locust ({failure.in_line}); correct the "
            "list, or check that the package index can be reached"
        ) from None


def keep(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make an environment, which `fill` fills in a folder to be moved, unless it is there.

    So a folder that is there is complete: one that was stopped half-way leaves nothing.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=folder.parent) as unfinished:
        made = Path(unfinished, "environment")
        fill(made)
        try:
            made.rename(folder)
        except OSError:
            if not folder.exists():  # else somebody else was faster
                raise


def fill_locked(
    folder: Path, python: str, lock: Path, packages: Sequence[str], *flags: str
) -> None:
    """Make an environment with what a lock lists, and other packages in place of its own.

    `flags` are further ones for its making. Raise NotInstalled where that fails.
    """
    into = ("--quiet", "--compile-bytecode", "--python", str(python_in(folder)))
    uv("venv", "--quiet", *flags, "--python", python, str(folder), directory=lock.parent)
    uv("pip", "sync", *into, str(lock), directory=lock.parent)
    if packages:
        uv("pip", "install", *into, *packages, directory=lock.parent)


def kept_folder(*parts: str) -> Path:
    """Return where the environment is kept that is made of these parts."""
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return FOLDER / digest[:16]


def python_in(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / "bin" / "python"


def uv(*words: str, directory: Path | None = None) -> str:
    """Return what uv prints; raise NotInstalled where it fails, BenchError where there is none."""
    beside = Path(sys.executable).with_name("uv")
    program = str(beside) if beside.exists() else shutil.which("uv")
    if program is None:
        raise BenchError("no program uv, which makes environments; get it with pip install uv")
    # Within a hook git names its own repository in GIT_*, where uv may ask git for another.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    answer = subprocess.run(
        (program, *words),
        cwd=directory,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        raise NotInstalled(answer.stderr)
    return answer.stdout.strip()


def _folder(requirements: Path) -> Path:
    """Return where the environment of a list is, by its text and all that it adds to."""
    own = (sys.version, sys.executable, *_own_packages())
    return kept_folder("beside Locust", requirements.read_text(), *own)


def _own_packages() -> Sequence[str]:
    """List the suite's packages with their versions, which a list may not change."""
    return sorted({f"{each.name}=={each.version}" for each in distributions() if each.name})


def _see_own_packages(folder: Path) -> None:
    """Let an environment find the suite's packages behind its own."""
    own = sysconfig.get_path("purelib")
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "suite.pth").write_text(f"import site; site.addsitedir({own!r})\n")
