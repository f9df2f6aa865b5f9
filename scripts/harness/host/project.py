"""A Django project as it lies on the disk: what can be read of it without running it."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import BenchError
from harness.host.interpreters import interpreter

DEEPEST = 3
"""How many folders below the one that is named manage.py and entry points are looked for."""

SETTINGS = re.compile(r"""DJANGO_SETTINGS_MODULE["']\s*[,:=\]]+\s*["']([\w.]+)["']""")


@dataclass(frozen=True, slots=True)
class Project:
    """A project: the folder of its manage.py, its entry points as modules, what it runs with.

    `settings` are the modules that its entry points and manage.py name, in this order. What there
    is none of is None.
    """

    directory: Path
    settings: tuple[str, ...]
    wsgi: str | None
    asgi: str | None
    python: Path | None
    env_file: Path | None


def read(folder: Path) -> Project:
    """Return the project in a folder; raise BenchError where there is no manage.py."""
    manage = next(_files(folder, "manage.py"), None)
    if manage is None:
        raise BenchError(
            f"{folder}: no manage.py there or {DEEPEST} folders below; name the folder of a Django "
            "project: make init APP=../mysite"
        )
    directory = manage.parent
    wsgi, asgi = (next(_files(directory, f"{name}.py"), None) for name in ("wsgi", "asgi"))
    sources = [path.read_text(errors="replace") for path in (wsgi, asgi, manage) if path]
    settings = [module for source in sources for module in SETTINGS.findall(source)]
    return Project(
        directory,
        tuple(dict.fromkeys(settings)),
        _entry_point(wsgi, directory),
        _entry_point(asgi, directory),
        interpreter((directory, folder, folder.resolve().parent), Path(sys.prefix)),
        next((path for path in (directory / ".env", folder / ".env") if path.is_file()), None),
    )


def _files(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of a name, those that are least deep first; none of installed packages."""
    for depth in range(DEEPEST + 1):
        for path in sorted(folder.glob("*/" * depth + name)):
            parts = path.relative_to(folder).parts
            if not {"site-packages", "node_modules", "tests"} & set(parts) and not any(
                (folder.joinpath(*parts[:n]) / "pyvenv.cfg").exists() for n in range(1, len(parts))
            ):
                yield path


def _entry_point(path: Path | None, directory: Path) -> str | None:
    """Return a file as the entry point that it holds."""
    if path is None:
        return None
    return ".".join(path.relative_to(directory).with_suffix("").parts) + ":application"
