"""Put two revisions of an application side by side: a git worktree and an environment for each."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.core.command import interpreter
from harness.core.errors import BenchError
from harness.core.plan import Application, Plan
from harness.host import environments, machine
from harness.host.environments import NotInstalled
from harness.host.launches import launches
from harness.host.machine import Cores
from harness.host.versions import LOCK

Role = Literal["BASE", "HEAD"]

TAIL_LINES = 8

# What a fact is of a side whose settings make the server run without that package.
ABSENT = "not used"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one side shall be: a git ref, or the working tree where there is none.

    `packages` are installed on top of its locked ones, `python` is a version or an interpreter;
    either gives it an environment of its own.
    """

    role: Role
    ref: str | None = None
    packages: tuple[str, ...] = ()
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """One side of a check: what it is called, and the application as it stands there."""

    role: Role
    label: str
    application: Application

    @property
    def named(self) -> str:
        """Name it in a sentence: BASE (main, 1a2b3c4d5e6f)."""
        return f"{self.role} ({self.label})"


@contextmanager
def side_by_side(
    application: Application, base: Wanted, head: Wanted
) -> Iterator[tuple[Revision, Revision]]:
    """Give both revisions, ready to be served; worktrees and environments are gone afterwards."""
    root = repository(application.directory)
    commits = [wanted.ref and _commit(root, wanted) for wanted in (base, head)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="check-")))
        found = []
        for wanted, commit in zip((base, head), commits, strict=True):
            place = folder / wanted.role.lower()
            tree = stack.enter_context(_worktree(root, commit, place)) if commit else root
            found.append(_revision(application, wanted, root, tree, commit, folder))
        yield found[0], found[1]


def facts(
    plan: Plan, sides: tuple[Revision, Revision], cores: Cores
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the facts of the machine with HEAD's environment, and where BASE's differs.

    The versions are those of the servers that the plan launches, as each side configures them.
    """
    base, head = (_facts(plan, side.application, cores) for side in sides)
    unequal = [
        f"{name} is {base.get(name, ABSENT)} for BASE, {head.get(name, ABSENT)} for HEAD"
        for name in {**base, **head}
        if base.get(name) != head.get(name)
    ]
    return head, tuple(unequal)


def _facts(plan: Plan, application: Application, cores: Cores) -> dict[str, str]:
    servers = launches(plan.model_copy(update={"application": application}))
    return machine.facts(cores, interpreter(application), servers)


def repository(directory: Path) -> Path:
    """Give the top folder of the git repository that an application is in."""
    if shutil.which("git") is None:
        raise BenchError("no program git, which gives BASE and HEAD; install it")
    answer = git(directory, "rev-parse", "--show-toplevel")
    if answer.returncode:
        raise BenchError(
            f"{directory}: not in a git repository, so there is no BASE; put the application under "
            "git, or name a plan whose application.directory is"
        )
    return Path(answer.stdout.strip())


def git(directory: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run git in a folder, whatever repository a hook works for; return how it ended."""
    return _run(["git", *words], directory)


def _commit(root: Path, wanted: Wanted) -> str:
    """Find the commit that a ref means."""
    answer = git(
        root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{wanted.ref}^{{commit}}"
    )
    if answer.returncode:
        raise BenchError(
            f"{wanted.role}: no commit {wanted.ref} in {root}; name a branch, tag or commit that "
            "`git log` shows there (a shallow clone needs git fetch --unshallow)"
        )
    return answer.stdout.strip()


@contextmanager
def _worktree(root: Path, commit: str, place: Path) -> Iterator[Path]:
    """Give a folder with the commit checked out; git forgets it when the context ends."""
    try:
        answer = git(root, "worktree", "add", "--quiet", "--detach", str(place), commit)
        if answer.returncode:
            raise BenchError(f"git cannot check out {commit[:12]}: {_last_line(answer.stderr)}")
        yield place
    finally:
        if git(root, "worktree", "remove", "--force", str(place)).returncode:
            # It was stopped half-way. Pruning only then spares worktrees on drives not there now.
            shutil.rmtree(place, ignore_errors=True)
            git(root, "worktree", "prune")


def _revision(
    application: Application,
    wanted: Wanted,
    root: Path,
    tree: Path,
    commit: str | None,
    folder: Path,
) -> Revision:
    """Say what the application is on one side."""
    label = f"{wanted.ref}, {commit[:12]}" if commit else f"working tree, {machine.commit(root)}"
    directory = tree / application.directory.resolve().relative_to(root.resolve())
    if not directory.is_dir():
        raise BenchError(
            f"{wanted.role} ({label}) has no folder {application.directory}; name a ref that has it"
        )
    changes: dict[str, Path] = {"directory": directory}
    if _needs_own(wanted, root, tree):
        own = folder / f"{wanted.role.lower()}-environment"
        changes["python"] = _environment(application, wanted, f"{wanted.role} ({label})", tree, own)
    served = application.model_copy(update=changes)
    # A first start that has to compile everything takes more memory than all later ones.
    with suppress(OSError):  # an interpreter that does not run is named by who asks for its facts
        _run([interpreter(served), "-m", "compileall", "-q", "."], directory)
    return Revision(wanted.role, label, served)


def _needs_own(wanted: Wanted, root: Path, tree: Path) -> bool:
    """Hold where the interpreter of the plan does not have what this side is locked to."""
    return bool(wanted.packages or wanted.python) or _locked(tree) != _locked(root)


def _locked(tree: Path) -> str | None:
    return (tree / LOCK).read_text() if (tree / LOCK).is_file() else None


def _environment(
    application: Application, wanted: Wanted, named: str, tree: Path, folder: Path
) -> Path:
    """Make an environment with what the side is locked to and what else is wanted."""
    if _locked(tree) is None:
        raise BenchError(
            f"{named} has no {LOCK} to make its environment from; commit one (uv pip compile), or "
            "let both sides share the environment of the plan"
        )
    python = wanted.python or interpreter(application)
    try:
        environments.fill_locked(folder, python, tree / LOCK, wanted.packages)
    except NotInstalled as failure:
        raise BenchError(
            f"{named} does not install; mend what uv says or name another ref:\n"
            f"{_tail(str(failure))}"
        ) from None
    return environments.python_in(folder)


def _run(argv: Sequence[str], directory: Path) -> "subprocess.CompletedProcess[str]":
    # Within a hook git names its own repository in GIT_*, which would hide the one meant here.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(argv, cwd=directory, env=variables, capture_output=True, text=True)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _tail(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-TAIL_LINES:])
