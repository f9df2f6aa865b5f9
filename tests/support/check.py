"""`make check` for tests, on a small repository with a copy of the application."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.bench import UVICORN, plan
from tests.support.patience import PATIENCE_S
from tests.support.plans import anywhere
from tests.support.repositories import commit

PLAIN = """
[[scenarios]]
name = "plain"
locustfile = "loadtests/plain.py"
settings = { think_ms = 5 }
"""

VIEW = "app/workloads/views_async.py"
# At most some 220 requests/s are left, over 100 in a turn of 0.6 s: fewer would have no p95.
BUSY = """
    until = time.perf_counter() + 0.003
    while time.perf_counter() < until:
        pass
"""


def slow_down(source: str) -> str:
    """Return the source of the views with 3 ms more work in the one that the plan asks."""
    imports = source.replace("import asyncio\n", "import asyncio\nimport time\n")
    return imports.replace("    return answer(PLAIN", f"{BUSY}    return answer(PLAIN", 1)


class Check:
    """Run scripts/check.py as `make check` does, on a repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.results = folder / "results"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        shutil.copytree("app", self.site / "app", ignore=shutil.ignore_patterns("__pycache__"))
        (self.site / ".gitignore").write_text("__pycache__/\n")
        commit(self.site, "good", {})
        self.plan = folder / "plan.toml"
        text = plan(UVICORN, PLAIN, head="rounds = 6\n").replace('"app"', f'"{self.site / "app"}"')
        self.write(text.replace("[1, 4]", "[8]").replace("measure_s = 1", "measure_s = 0.4"))

    def write(self, text: str) -> None:
        """Write the plan."""
        self.plan.write_text(anywhere(text))

    @property
    def view(self) -> str:
        """The source of the views, one of which the plan asks."""
        return (self.site / VIEW).read_text()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start it in the background; return the process."""
        flags = (f"--plan={self.plan}", f"--results={self.results}", "--name=it")
        return subprocess.Popen(
            [sys.executable, "scripts/check.py", *words, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run it to its end; return status, output and errors."""
        with self.start(*words) as process:
            output, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, output, errors
