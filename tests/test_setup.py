"""`make setup` installs what the lock files say, and no more often than they change."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Make = Callable[..., list[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run make in a folder with an environment; return what uv was asked for, a line each."""
    (tmp_path / "Makefile").write_text(Path("Makefile").read_text())
    asked = tmp_path / "asked"
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (programs / "uv").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n')
    (programs / "uv").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def run(*words: str) -> list[str]:
        asked.write_text("")
        environment = {"PATH": path, "PYTHON": sys.executable}
        subprocess.run(["make", *words], cwd=tmp_path, env=environment, check=True)
        return asked.read_text().splitlines()

    return run


def lock(folder: Path, text: str, age_s: float) -> None:
    """Write the lock, so many seconds newer than the environment that was set up by it."""
    file = folder / "requirements.lock"
    file.write_text(text)
    ready = folder / ".venv/.ready"
    written_s = (ready.stat().st_mtime if ready.exists() else 1_000_000_000) + age_s
    os.utime(file, (written_s, written_s))


def test_the_environment_follows_the_text_of_the_lock(make: Make, tmp_path: Path) -> None:
    """A file that is only newer, as after a checkout, would remove the groups for nothing."""
    lock(tmp_path, "django==1", age_s=0)
    (synced,) = make("setup")
    assert synced.startswith("pip sync")
    lock(tmp_path, "django==1", age_s=1)
    assert make("setup") == []
    lock(tmp_path, "django==2", age_s=1)
    assert make("setup") == [synced]


def test_a_group_is_added_by_the_lock_that_has_it(make: Make, tmp_path: Path) -> None:
    """To what `make bench` needs, which is there first."""
    lock(tmp_path, "django==1", age_s=0)
    _, servers = make("setup", "GROUP=servers")
    assert servers.endswith("--group=servers --constraint=groups.lock")
    (database,) = make("setup", "GROUP=database")
    assert database.endswith("--group=database --constraint=requirements.lock")
