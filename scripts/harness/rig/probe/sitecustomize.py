"""Begin the probes in every Python process that finds this folder on its path.

Python imports a module of this name as it starts (docs.python.org/3/library/site.html). One that
the application has of its own, further down the path, is run as if this one were not there.
"""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path

HERE = str(Path(__file__).parent)


def leave_path() -> None:
    """Take this folder off the path again: nothing in it may stand in for the application's own.

    Processes that this one starts find it by the environment.
    """
    sys.path[:] = [path for path in sys.path if path != HERE]


def run_own() -> None:
    """Run the next module of this name on the path, and let it stand in this one's place."""
    spec = PathFinder.find_spec("sitecustomize", sys.path)
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


if __name__ == "sitecustomize":
    probes = [import_module(name) for name in ("stops_probe", "exceptions_probe", "count_probe")]
    leave_path()
    for probe in probes:
        probe.begin()
    run_own()
