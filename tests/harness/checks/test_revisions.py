"""Two revisions side by side: worktrees and environments that are gone afterwards."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checks.revisions import Revision, Wanted, facts, repository, side_by_side
from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.core.plan_file import parse
from harness.host.machine import Cores
from tests.support import plans
from tests.support.repositories import commit, git, worktrees


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a repository with two commits, one of them slow; see that only it is left at the end."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    site = tmp_path / "site"
    commit(site, "fast", {"app/speed.py": "fast"})
    commit(site, "slow", {"app/speed.py": "slow"})
    yield site
    assert worktrees(site) == [str(site)]
    assert list(temporary.iterdir()) == []


def application(site: Path) -> Application:
    """Name the application within the repository."""
    return Application(directory=site / "app")


def speed(side: Revision) -> str:
    """Read what the application is on one side."""
    return (side.application.directory / "speed.py").read_text()


def test_each_side_has_the_files_of_its_own_ref(site: Path) -> None:
    """At the same place within a worktree of its own; the label has ref and commit."""
    head = git(site, "rev-parse", "slow")[:12]
    with side_by_side(application(site), Wanted("BASE", "fast"), Wanted("HEAD", "slow")) as (
        base,
        other,
    ):
        assert (speed(base), speed(other)) == ("fast", "slow")
        assert base.application.directory.name == "app"
        assert other.named == f"HEAD (slow, {head})"
        assert len(worktrees(site)) == 3


def test_both_sides_are_compiled_before_they_are_served(site: Path) -> None:
    """Compiling takes memory, which only the first start of a fresh worktree would show."""
    wanted = Wanted("BASE", "python"), Wanted("HEAD")
    commit(site, "python", {"app/code.py": "answer = 42"})
    with side_by_side(application(site), *wanted) as sides:
        for side in sides:
            assert list(side.application.directory.glob("__pycache__/code.*.pyc"))


def test_without_a_ref_it_is_the_working_tree_with_all_that_is_not_committed(site: Path) -> None:
    """In its place, and the label says that it has changes."""
    (site / "app" / "speed.py").write_text("unsaved")
    with side_by_side(application(site), Wanted("BASE", "slow"), Wanted("HEAD")) as (base, head):
        assert (speed(base), speed(head)) == ("slow", "unsaved")
        assert head.application.directory == site / "app"
        assert head.label.startswith("working tree, ") and head.label.endswith("-dirty")


def test_the_environment_is_shared_where_nothing_is_locked_otherwise(site: Path) -> None:
    """No lock on either side, or the same one: the interpreter of the plan serves both."""
    commit(site, "locked", {"requirements.lock": "# nothing\n"})
    for ref in ("locked", None):
        wanted = Wanted("BASE", "locked"), Wanted("HEAD", ref)
        with side_by_side(application(site), *wanted) as sides:
            assert [side.application.python for side in sides] == [None, None]


def test_a_side_that_is_locked_otherwise_has_an_environment_of_its_own(site: Path) -> None:
    """With its own Python, in which the suite's packages are not."""
    commit(site, "locked", {"requirements.lock": "# nothing\n"})
    commit(site, "relocked", {"requirements.lock": "# nothing else\n"})
    wanted = Wanted("BASE", "locked"), Wanted("HEAD")
    with side_by_side(application(site), *wanted) as (base, head):
        assert head.application.python is None
        python = base.application.python
        assert python is not None
        found = subprocess.run([python, "-c", "import locust"], capture_output=True, text=True)
        assert "ModuleNotFoundError" in found.stderr


def test_a_side_can_have_another_python(site: Path) -> None:
    """Named by its path or its version; the other side keeps the plan's."""
    commit(site, "locked", {"requirements.lock": "# nothing\n"})
    wanted = Wanted("BASE", "locked"), Wanted("HEAD", python=sys.executable)
    with side_by_side(application(site), *wanted) as (base, head):
        assert base.application.python is None
        assert head.application.python is not None and head.application.python.exists()


def test_the_facts_name_the_servers_that_the_plan_launches() -> None:
    """And no other: a new Uvicorn does not change a check of Gunicorn with gevent."""
    text = plans.TINY.replace('"gunicorn", ', '"gunicorn", "--worker-class=gevent", ')
    whole = parse(text, "plan.toml")
    plan = whole.model_copy(update={"deployments": whole.deployments[:1]})
    side = Revision("BASE", "", plan.application)
    of_machine, unequal = facts(plan, (side, side), Cores((0,), (0,)))
    assert {"gunicorn", "gevent", "django"} <= of_machine.keys()
    assert "uvicorn" not in of_machine
    assert unequal == ()


def test_a_side_that_is_configured_to_serve_by_another_package_is_named(tmp_path: Path) -> None:
    """Gunicorn reads gunicorn.conf.py of each side."""
    other = tmp_path / "app"
    other.mkdir()
    (other / "gunicorn.conf.py").write_text('worker_class = "tornado"\n')
    plan = parse(plans.TINY, "plan.toml")
    sides = (
        Revision("BASE", "", plan.application),
        Revision("HEAD", "", Application(directory=other)),
    )
    _, unequal = facts(plan, sides, Cores((0,), (0,)))
    assert unequal == ("tornado is not used for BASE, not installed for HEAD",)


@pytest.mark.parametrize(
    ("base", "message"),
    [
        (Wanted("BASE", "nowhere"), "BASE: no commit nowhere in .*; name a branch, tag or commit"),
        (Wanted("BASE", "--all"), "BASE: no commit --all in "),
        (Wanted("BASE", "empty"), r"BASE \(empty, .*\) has no folder .*app; name a ref that has"),
        (Wanted("BASE", "broken"), r"BASE \(broken, .*\) does not install; mend what uv says"),
        (Wanted("BASE", "fast", ("x",)), r"BASE \(fast, .*\) has no requirements.lock to make its"),
        (Wanted("BASE", "locked", python="/no/python"), r"BASE \(locked, .*\) does not install"),
    ],
)
def test_a_missing_revision_is_named_with_its_cure(site: Path, base: Wanted, message: str) -> None:
    """And nothing is left behind."""
    commit(site, "locked", {"requirements.lock": "# nothing\n"})
    commit(site, "broken", {"requirements.lock": "no such === requirement\n"})
    git(site, "rm", "--quiet", "-r", "app", "requirements.lock")
    commit(site, "empty", {"README": "nothing here"})
    git(site, "checkout", "--quiet", "locked")
    with (
        pytest.raises(BenchError, match=message),
        side_by_side(application(site), base, Wanted("HEAD", "slow")),
    ):
        pass


def test_what_is_stopped_half_way_is_cleared_away(site: Path) -> None:
    """As by Ctrl-C while something is measured."""
    wanted = Wanted("BASE", "fast"), Wanted("HEAD", "slow")
    with pytest.raises(KeyboardInterrupt), side_by_side(application(site), *wanted):
        raise KeyboardInterrupt


def test_an_application_without_git_has_no_base(tmp_path: Path) -> None:
    """The line names the folder."""
    with pytest.raises(BenchError, match=f"{tmp_path}: not in a git repository, so there is no"):
        repository(tmp_path)


def test_a_git_hook_does_not_hide_the_repository(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within one, git tells every program below it which repository it works for."""
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert repository(site / "app") == site
    monkeypatch.undo()
