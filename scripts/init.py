"""Make a plan for somebody's own Django site: find how it is served, try both servers, write it."""

import re
import sys
from argparse import Namespace
from pathlib import Path

from harness.core import plan_file
from harness.host import machine
from harness.runs.adopt import adopt
from harness.terminal import init, terminal


def main(argv: list[str]) -> int:
    """Write the plan; return 0, or 2 where the site cannot be served."""
    parser = terminal.Parser(prog="make init", description=__doc__)
    parser.add_argument("app", type=Path, nargs="?", help="folder of the Django project")
    parser.add_argument("--out", type=Path, help="plan to write; default: bench.toml in the folder")
    parser.add_argument("--python", type=Path, help="the interpreter of the site")
    parser.add_argument("--results", type=Path, default=Path("results"))
    options = parser.parse_args(argv)
    if options.app is None:
        parser.error("name the folder of a Django project: make init APP=../mysite")
    return terminal.run(lambda: _init(options), "stopped; nothing is written")


def _init(options: Namespace) -> int:
    """Adopt the project, write its plan, and read that once as a run would."""
    out: Path = options.out or options.app / "bench.toml"
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", options.app.resolve().name).strip("-_") or "site"
    python = options.python.absolute() if options.python else None
    made = options.results / ".sites" / name
    adopted = adopt(options.app, python, made, machine.cores(), init.ask_python)
    init.summary(adopted)
    text = init.plan(adopted, name, out.parent)
    plan_file.parse(text, str(out), out.parent)
    init.write(text, out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
