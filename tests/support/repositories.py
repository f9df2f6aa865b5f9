"""A small git repository for tests, with commits of an application."""

import os
import subprocess
from pathlib import Path

# No settings of the user: no signing, no hooks, no other name for the default branch.
QUIET = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
NOBODY = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def git(folder: Path, *words: str) -> str:
    """Run git in a folder; return what it prints."""
    process = subprocess.run(
        ["git", *NOBODY, *words],
        cwd=folder,
        env={**os.environ, **QUIET},
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.strip()


def commit(folder: Path, tag: str, files: dict[str, str]) -> str:
    """Write files, commit everything under a tag and return the commit; make the repository."""
    folder.mkdir(exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={tag}")
    git(folder, "tag", tag)
    return git(folder, "rev-parse", "HEAD")


def worktrees(folder: Path) -> list[str]:
    """Return the working trees of a repository."""
    return [
        line.removeprefix("worktree ")
        for line in git(folder, "worktree", "list", "--porcelain").splitlines()
        if line.startswith("worktree ")
    ]
