"""Note what the views of a Django site raise, in a served process: its error page does not say.

With EXCEPTIONS_FILE set, each process appends a line to it for each exception that leaves a view:
the method and the path of the request, a tab, and the exception with the line of the site's own
code that it came from.
"""

import os
import sys
import traceback
from importlib import import_module
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any


class Trigger(MetaPathFinder):
    """Connect as soon as Django is about to serve; find no module."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        """Connect before the module that calls views is loaded."""
        if name == "django.core.handlers.base":
            sys.meta_path.remove(self)
            import_module("django.core.signals").got_request_exception.connect(note)


def note(request: Any = None, **_: Any) -> None:
    """Append the exception that is being handled, at once."""
    error = sys.exc_info()[1]
    if error is None or request is None:
        return
    what = traceback.format_exception_only(type(error), error)[-1].splitlines()[0]
    line = f"{request.method} {request.path}\t{what}{place(error)}\n"
    with Path(os.environ["EXCEPTIONS_FILE"]).open("ab") as file:
        file.write(line.encode(errors="replace"))


def place(error: BaseException) -> str:
    """Return where in the site's own code an exception came from; nothing where it did not."""
    here = Path.cwd()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if here in file.parents and "site-packages" not in file.parts:
            return f" in {file.relative_to(here)}:{frame.lineno}"
    return ""


def begin() -> None:
    """Wait for Django in this process, where a file is named."""
    if os.environ.get("EXCEPTIONS_FILE"):
        sys.meta_path.insert(0, Trigger())
