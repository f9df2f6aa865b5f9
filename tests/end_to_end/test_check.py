"""`make check` end to end: a small repository with a copy of the application, real servers.

Each fault gets one clear line, exit status 2, and leaves no process, worktree or folder behind.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.test_bench import UVICORN, left_behind, plan
from tests.support.repositories import commit, git, worktrees

PLAIN = """
[[scenarios]]
name = "plain"
locustfile = "loadtests/plain.py"
settings = { think_ms = 5 }
"""

VIEW = "app/workloads/views_async.py"
BUSY = """
    until = time.perf_counter() + 0.004
    while time.perf_counter() < until:
        pass
"""


def slowed(source: str) -> str:
    """Let the view that is asked work for 4 ms first."""
    timed = source.replace("import asyncio\n", "import asyncio\nimport time\n")
    return timed.replace("    return answer(PLAIN", f"{BUSY}    return answer(PLAIN", 1)


class Checking:
    """Run scripts/check.py as `make check` does, on a repository of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.site, self.results = folder, folder / "site", folder / "results"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        shutil.copytree("app", self.site / "app", ignore=shutil.ignore_patterns("__pycache__"))
        (self.site / ".gitignore").write_text("__pycache__/\n")
        commit(self.site, "good", {})
        self.plan = folder / "plan.toml"
        text = plan(UVICORN, PLAIN).replace('"app"', f'"{self.site / "app"}"')
        self.write(text.replace("[1, 4]", "[8]").replace("measure_s = 1", "measure_s = 0.6"))

    def write(self, text: str) -> None:
        """Set the plan."""
        self.plan.write_text(text)

    @property
    def view(self) -> str:
        """The source of the view that is asked."""
        return (self.site / VIEW).read_text()

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start it in the background."""
        flags = (f"--plan={self.plan}", f"--results={self.results}", "--name=it")
        return subprocess.Popen(
            [sys.executable, "scripts/check.py", *words, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(self.temporary)},
        )

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run it to its end; give status, output and errors."""
        with self.start(*words) as process:
            output, errors = process.communicate(timeout=110)
        return process.returncode, output, errors


@pytest.fixture
def check(tmp_path: Path) -> Iterator[Checking]:
    """Give a check, and see that it leaves nothing behind but its documents."""
    check = Checking(tmp_path)
    yield check
    assert left_behind(check.temporary) == []
    assert list(check.temporary.iterdir()) == []
    assert worktrees(check.site) == [str(check.site)]


def test_a_head_that_works_longer_is_a_regression(check: Checking) -> None:
    """4 ms of work in a view that took about one: status 1, named in every document."""
    commit(check.site, "slow", {VIEW: slowed(check.view)})
    status, output, errors = check.run("good", "--head=slow")
    assert (status, errors) == (1, "")
    assert "regressed: " in output
    found = json.loads((check.results / "it" / "check.json").read_text())
    changes = {change["metric"]: change for change in found["changes"]}
    assert changes["uvicorn.plain.server_cpu_ms_per_request"]["verdict"] == "regressed"
    assert changes["uvicorn.plain.server_cpu_ms_per_request"]["ratio"] > 2
    assert changes["uvicorn.plain.server_rss_mib"]["verdict"] != "regressed"
    assert {repeat["metric"] for repeat in found["repeatability"]} <= changes.keys()
    for name in (
        "check.md",
        "junit.xml",
        "turns.csv",
        "forest.svg",
        "forest.png",
        "latencies.hlog",
    ):
        assert (check.results / "it" / name).stat().st_size > 0


def test_a_head_that_only_says_more_is_no_regression(check: Checking) -> None:
    """A longer docstring, not even committed: status 0, or 3 where noise leaves it open."""
    (check.site / VIEW).write_text(check.view.replace("Answer at once:", "Answer at once, always:"))
    status, output, errors = check.run("good", "--strict")
    assert status in (0, 3), output
    assert errors == ""
    assert "regressed: " not in output
    found = json.loads((check.results / "it" / "check.json").read_text())
    assert found["base"] == f"good, {git(check.site, 'rev-parse', 'good')[:12]}"
    assert found["head"].endswith("-dirty")


def fails(check: Checking, *words: str) -> str:
    """Run a check that cannot be carried out; give its one error, with the log's tail."""
    status, _, errors = check.run(*words)
    assert status == 2
    assert "Traceback" not in errors.splitlines()[0]
    return errors.removeprefix("error: ").strip()


def test_a_base_that_is_not_there_is_named(check: Checking) -> None:
    """Before anything starts."""
    assert fails(check, "nowhere").startswith(f"BASE: no commit nowhere in {check.site}; name a")
    assert not check.results.exists()


def test_no_base_at_all_gets_one_line(check: Checking) -> None:
    """With the words that name one."""
    message = "no BASE to compare with, name a git ref: make check BASE=main; --help lists the"
    assert fails(check).startswith(message)


def test_a_base_that_does_not_start_is_named_with_its_log(check: Checking) -> None:
    """Whose side it is stands in front."""
    commit(check.site, "spoilt", {"app/config/asgi.py": "no python"})
    commit(check.site, "mended", {"app/config/asgi.py": Path("app/config/asgi.py").read_text()})
    first, *tail = fails(check, "spoilt").splitlines()
    assert first.startswith("uvicorn of BASE (spoilt, ")
    assert "before it was ready; mend what its log" in first
    assert "SyntaxError" in "\n".join(tail)


def test_a_base_without_the_view_is_named_with_what_it_answers(check: Checking) -> None:
    """All 404: there is nothing to compare with."""
    commit(check.site, "later", {})
    urls = (check.site / "app/config/urls.py").read_text()
    commit(check.site, "less", {"app/config/urls.py": urls.replace("async/plain/", "async/new/")})
    message = fails(check, "less", "--head=later")
    assert message.startswith("BASE (less, ")
    assert "answers nothing that scenario plain asks for (status" in message


def test_a_locustfile_that_does_not_run_shows_the_tail_of_its_log(check: Checking) -> None:
    """Both sides are asked by the same one, that of the plan."""
    (check.folder / "scenario.py").write_text("import nothing_of_that_name")
    check.write(check.plan.read_text().replace("loadtests/plain.py", f"{check.folder}/scenario.py"))
    first, *tail = fails(check, "good").splitlines()
    assert first.startswith("Locust ended with status 1")
    assert "No module named 'nothing_of_that_name'" in "\n".join(tail)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_check_leaves_nothing_behind(check: Checking, number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM while turns are measured; the turns so far stay in their file."""
    with check.start("good", "--head=good") as process:
        while not (check.results / "it" / "turns.csv").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert errors == "error: stopped before the end, so nothing is decided; start the check again\n"
