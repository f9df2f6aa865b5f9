"""Import an entry point and write down what it serves: a script for the site's interpreter.

It imports nothing of the suite, and runs on every Python that a supported Django runs on. Its
argument is a JSON object: `entry` (`module:name`), `out` (a file for the answer), and whether to
look for `pages`. The answer is a JSON object as well: `facts` by name, `pages` that a plain GET may
ask for, `error` with the last line of what was raised, `trace` with where, `settings` as
DJANGO_SETTINGS_MODULE names it, and `read`: which variables that were set before the site has read.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import sys
import traceback
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import FrameType
from typing import Any


def main(question: dict[str, Any]) -> None:
    """Answer a question, whatever the site raises."""
    answer: dict[str, Any] = {"facts": {}, "pages": [], "error": "", "trace": ""}
    given = set(os.environ)
    read = watch(given)
    try:
        load(question["entry"])
        answer["facts"] = facts()
        if question.get("pages"):
            answer["pages"] = list(pages())
    except BaseException as error:
        answer["error"] = "".join(traceback.format_exception_only(type(error), error)).strip()
        answer["trace"] = "".join(traceback.format_tb(error.__traceback__))
    # Who reads all of them, as `dict(os.environ)` does, has asked for none by name.
    answer["read"] = sorted(read) if read < given else []
    answer["settings"] = os.environ.get("DJANGO_SETTINGS_MODULE", "")
    Path(question["out"]).write_text(json.dumps(answer))


def load(entry: str) -> None:
    """Import what a server would."""
    module, _, name = entry.partition(":")
    served: Any = importlib.import_module(module)
    for part in (name or "application").split("."):
        served = getattr(served, part)


def watch(given: set[str]) -> set[str]:
    """Return a set that fills with those of the given variables that the site reads by name."""
    read: set[str] = set()
    environment: Any = type(os.environ)
    stock = environment.__getitem__

    def noting(variables: Any, name: Any) -> Any:
        if name in given and by_site(sys._getframe(1)):
            read.add(name)
        return stock(variables, name)

    environment.__getitem__ = noting
    return read


def by_site(frame: FrameType | None) -> bool:
    """Return whether code of the site has called this frame; what it imports has code of its own.

    So a variable counts that a library reads for the site's settings, and none of the library's.
    """
    here = str(Path.cwd())
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith("<frozen importlib"):
            return False
        if path.startswith(here + os.sep) and "site-packages" not in path:
            return True
        frame = frame.f_back
    return False


def facts() -> dict[str, str]:
    """Return what the entry point has loaded, by name."""
    python = {"python": platform.python_version(), "packages": packages()}
    if "django" not in sys.modules:
        return python
    settings = importlib.import_module("django.conf").settings
    if not settings.configured:
        return python
    databases = sorted(settings.DATABASES.items())
    return {
        **python,
        "django": sys.modules["django"].get_version(),
        "settings": getattr(settings, "SETTINGS_MODULE", None) or "set in code",
        "DEBUG": str(settings.DEBUG),
        "ALLOWED_HOSTS": ", ".join(settings.ALLOWED_HOSTS),
        "database": "; ".join(database(*item) for item in databases),
        "CONN_MAX_AGE": "; ".join(str(each.get("CONN_MAX_AGE", 0)) for _, each in databases),
        "middleware": ", ".join(settings.MIDDLEWARE),
    }


def database(alias: str, given: dict[str, Any]) -> str:
    """Name a database, without its password."""
    engine = given.get("ENGINE", "").rpartition(".")[2]
    host = given.get("HOST") or ""
    # The folder of a socket is no fact of the site: a database of the suite's own has a new one.
    where = "by socket" if host.startswith("/") else host
    parts = (alias, engine, str(given.get("NAME") or ""), where)
    return " ".join(part for part in parts if part)


def pages() -> Iterator[str]:
    """Yield the paths of the site that need no value filled in."""
    resolver = importlib.import_module("django.urls").get_resolver()
    pending = [("/", pattern) for pattern in resolver.url_patterns]
    while pending:
        prefix, pattern = pending.pop(0)
        route = re.sub(r"^\^|\\Z$|\$$", "", str(pattern.pattern)).replace("\\.", ".")
        path = prefix + route.lstrip("/")
        if not re.fullmatch(r"[\w/.-]*", path):
            continue
        if hasattr(pattern, "url_patterns"):
            pending += [(path, inner) for inner in pattern.url_patterns]
        else:
            yield path


def packages() -> str:
    """List the installed packages with their versions."""
    names = {
        (each.metadata["Name"] or "").lower(): each.version for each in metadata.distributions()
    }
    return ", ".join(f"{name} {version}" for name, version in sorted(names.items()) if name)


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(json.loads(sys.argv[1]))
