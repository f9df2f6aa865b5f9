"""The interpreter that a project runs with, as its folder, its files and the shell tell.

Programs that keep environments elsewhere are asked only where no file tells: poetry, pipenv.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import chain
from pathlib import Path

BESIDE = (".venv", "venv", "env", ".env", "virtualenv", ".direnv/python-*")
"""Names of environments within a project; `.env` is a file of variables as a rule."""

ASKED = (("poetry.lock", ("poetry", "env", "info", "--path")), ("Pipfile", ("pipenv", "--venv")))
"""Which file of a project tells of a program that is to be asked, and how."""

ASK_S = 20

VIRTUALENVS = ("~/.local/share/virtualenvs", "~/.virtualenvs")
"""Where pipenv and virtualenvwrapper keep environments, if WORKON_HOME does not say."""

POETRY_CACHES = ("~/.cache/pypoetry", "~/Library/Caches/pypoetry")


def interpreter(places: Iterable[Path], own: Path) -> Path | None:
    """Return the Python of the project in some folders, those nearest to manage.py first.

    Of several environments it is the first that has Django. None where there is none but the
    suite's `own`, or nothing tells which it is.
    """
    folders = list(dict.fromkeys(place.absolute() for place in places))
    told = (environment for environment in _told(folders) if environment.resolve() != own.resolve())
    environments = [each for each in told if (each / "bin" / "python").exists()]
    if not environments:
        environments = [each for each in _answered(folders) if (each / "bin" / "python").exists()]
    best = next(filter(_has_django, environments), next(iter(environments), None))
    return best / "bin" / "python" if best else None


def _told(folders: list[Path]) -> Iterator[Path]:
    """Yield the environments of which files and the shell tell, those of the project first."""
    for folder in folders:
        yield from _uv(folder)
        yield from chain.from_iterable(sorted(folder.glob(name)) for name in BESIDE)
    for folder in folders:
        yield from _poetry(folder)
        yield from _with_project_file(folder)
        yield from _pyenv(folder)
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active)


def _uv(folder: Path) -> Iterator[Path]:
    """Yield the environment that uv uses in place of .venv, where the shell says so."""
    if (folder / "uv.lock").exists() and (name := os.environ.get("UV_PROJECT_ENVIRONMENT")):
        yield folder / name


def _poetry(folder: Path) -> Iterator[Path]:
    """Yield the environments that poetry keeps: NAME-HASH-py3.12, by name and folder."""
    file = folder / "pyproject.toml"
    if not file.exists():
        return
    with suppress(OSError, ValueError):
        settings = tomllib.loads(file.read_text())
        name = _poetry_name(settings)
        digest = hashlib.sha256(os.path.realpath(folder).encode()).digest()
        prefix = f"{name}-{base64.urlsafe_b64encode(digest).decode()[:8]}-py"
        for place in _poetry_places():
            # The newest Python first.
            yield from sorted(place.glob(f"{prefix}*"), key=_version, reverse=True)


def _poetry_name(settings: Mapping[str, Mapping[str, Mapping[str, str]]]) -> str:
    poetry = settings.get("tool", {}).get("poetry", {})
    name = poetry.get("name") or str(settings.get("project", {}).get("name", ""))
    return re.sub(r'[ $`!*@"\\\r\n\t]', "_", name.lower())[:42]


def _poetry_places() -> Iterator[Path]:
    if path := os.environ.get("POETRY_VIRTUALENVS_PATH"):
        yield Path(path)
    own = os.environ.get("POETRY_CACHE_DIR")
    for cache in (own,) if own else POETRY_CACHES:
        yield Path(cache).expanduser() / "virtualenvs"


def _version(environment: Path) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", environment.name.rpartition("-py")[2])]


def _with_project_file(folder: Path) -> Iterator[Path]:
    """Yield the environments that name a folder in their file .project, as pipenv has them."""
    home = os.environ.get("WORKON_HOME")
    for place in (home,) if home else VIRTUALENVS:
        for file in sorted(Path(place).expanduser().glob("*/.project")):
            with suppress(OSError):
                if Path(file.read_text().strip()).resolve() == folder.resolve():
                    yield file.parent


def _pyenv(folder: Path) -> Iterator[Path]:
    """Yield the version or environment of pyenv that a folder asks for: 3.12 is any 3.12.x."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    with suppress(OSError):
        for name in (folder / ".python-version").read_text().split():
            versions = sorted(root.glob(f"{name}.*"), key=_version, reverse=True)
            # A version that nobody has installed the site into is no environment of it.
            yield from filter(_has_django, (root / name, *versions))


def _answered(folders: list[Path]) -> Iterator[Path]:
    """Yield the environments that programs answer with, in folders that have their files."""
    for folder in folders:
        for file, words in ASKED:
            if (folder / file).exists() and shutil.which(words[0]):
                with suppress(OSError, subprocess.SubprocessError):
                    answer = subprocess.run(
                        words, cwd=folder, capture_output=True, text=True, timeout=ASK_S, check=True
                    )
                    if answer.stdout.strip():
                        yield Path(answer.stdout.strip().splitlines()[-1])


def _has_django(environment: Path) -> bool:
    return any(environment.glob("lib/python*/site-packages/django"))
