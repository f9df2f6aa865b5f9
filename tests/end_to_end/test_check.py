"""`make check` end to end: a small repository with a copy of the application, real servers.

Each fault gets one clear line, exit status 2, and leaves no process, worktree or folder behind.
"""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.support.check import VIEW, Check, slow_down
from tests.support.patience import PATIENCE_S
from tests.support.plans import SUITE
from tests.support.repositories import commit, git
from tests.support.verbs import call

PLAIN = str(SUITE / "loadtests" / "plain.py")


@pytest.mark.long
def test_a_head_that_works_longer_is_a_regression(check: Check) -> None:
    """3 ms of work in a view that took about one: status 1, named in every document."""
    commit(check.site, "slow", {VIEW: slow_down(check.view)})
    status, output, errors = check.run("good", "--head=slow")
    found = json.loads((check.results / "it" / "check.json").read_text())
    changes = {change["metric"]: change for change in found["changes"]}
    cpu = changes["uvicorn.plain.server_cpu_ms_per_request"]
    if cpu["verdict"] == "undecided" and "flagged, first by host: " in cpu["reason"]:
        pytest.skip(f"the machine is not ours: {cpu['reason']}")
    assert (status, errors) == (1, "")
    assert "regressed: " in output
    assert cpu["verdict"] == "regressed"
    assert cpu["ratio"] > 2
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


@pytest.mark.long
def test_a_head_that_only_says_more_is_no_regression(check: Check) -> None:
    """A longer docstring, not even committed: status 0, or 3 where noise leaves it open."""
    (check.site / VIEW).write_text(check.view.replace("Answer at once:", "Answer at once, always:"))
    status, output, errors = check.run("good", "--strict")
    assert status in (0, 3), output
    assert errors == ""
    assert "regressed: " not in output
    found = json.loads((check.results / "it" / "check.json").read_text())
    assert found["base"] == f"good, {git(check.site, 'rev-parse', 'good')[:12]}"
    assert found["head"].endswith("-dirty")


def fails(check: Check, *words: str) -> str:
    """Run a check that cannot be carried out; give its one error, with the log's tail."""
    status, _, errors = check.run(*words)
    assert status == 2
    assert "Traceback" not in errors.splitlines()[0]
    return errors.removeprefix("error: ").strip()


def test_a_base_that_is_not_there_is_named(check: Check) -> None:
    """Before anything starts."""
    assert fails(check, "nowhere").startswith(f"BASE: no commit nowhere in {check.site}; name a")
    assert not check.results.exists()


def test_no_base_at_all_gets_one_line() -> None:
    """With the words that name one."""
    message = (
        "the check needs a git ref to compare with: make check BASE=main; --help lists the options"
    )
    assert call("check") == (2, "", f"error: {message}\n")


def test_a_base_that_does_not_start_is_named_with_its_log(check: Check) -> None:
    """Whose side it is stands in front."""
    commit(check.site, "spoilt", {"app/config/asgi.py": "no python"})
    commit(check.site, "mended", {"app/config/asgi.py": Path("app/config/asgi.py").read_text()})
    first, *tail = fails(check, "spoilt").splitlines()
    assert first.startswith("BASE (spoilt, ")
    assert "uvicorn: config.asgi:application cannot be imported by " in first
    assert "SyntaxError" in "\n".join(tail)


def test_a_base_without_the_view_is_named_with_what_it_answers(check: Check) -> None:
    """All 404: there is nothing to compare with."""
    commit(check.site, "later", {})
    urls = (check.site / "app/config/urls.py").read_text()
    commit(check.site, "less", {"app/config/urls.py": urls.replace("async/plain/", "async/new/")})
    message = fails(check, "less", "--head=later")
    assert message.startswith("BASE (less, ")
    assert "uvicorn: /async/plain/ gave status 404; correct what the locustfile asks" in message


def test_a_locustfile_that_does_not_run_shows_the_tail_of_its_log(check: Check) -> None:
    """Both sides are asked by the same one, that of the plan."""
    (check.folder / "scenario.py").write_text("raise RuntimeError('no scenario here')")
    check.write(check.plan.read_text().replace(PLAIN, f"{check.folder}/scenario.py"))
    first, *tail = fails(check, "good").splitlines()
    assert first.startswith("scenario plain: Locust ended with status 1")
    assert "RuntimeError: no scenario here" in "\n".join(tail)


def test_a_locustfile_whose_import_is_missing_is_refused_by_its_name(check: Check) -> None:
    """With the key that brings it."""
    (check.folder / "scenario.py").write_text("import nothing_of_that_name")
    check.write(check.plan.read_text().replace(PLAIN, f"{check.folder}/scenario.py"))
    assert fails(check, "good") == (
        "scenario plain: scenario.py imports nothing_of_that_name, which is not installed beside "
        'Locust; list it in requirements = "FILE" of the scenario'
    )


def test_a_stopped_check_leaves_nothing_behind(check: Check) -> None:
    """SIGTERM, as Ctrl-C, while turns are measured; the turns so far stay in their file."""
    with check.start("good", "--head=good") as process:
        while not (check.results / "it" / "turns.csv").exists():
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert errors == "error: stopped before the end, without a verdict; start the check again\n"
