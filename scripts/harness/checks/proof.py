"""Prove the check by whole checks: of unchanged code, and of faults that it must find.

Each check is that of the suite itself, in a clone of the repository into whose application the
fault is put; the user's working tree is never touched.
"""

import csv
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.checks import store
from harness.checks.revisions import git, repository
from harness.core.errors import BenchError
from harness.core.units import seconds
from harness.host import machine
from harness.host.processes import Child
from harness.rig.mutations import PROOF, UNCHANGED, Mutation

FAULTS = {"nothing": UNCHANGED, **PROOF}

# How often each is checked: equal sides more often, as they must never alarm.
TIMES_EQUAL, TIMES = 5, 3

# What a check may take; who waits longer for a pull request stops waiting.
MOST_S = 360.0

POLL_S = 0.2
# A check that is stopped ends two servers and two Locusts first.
GRACE_S = 30.0

NO_VERDICT = "no verdict"

ATTEMPTS = "proof.csv"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one check said of a fault, by which metrics or why, and how long it took.

    `fault` is the word of FAULTS, `commit` the revision of the suite.
    """

    commit: str
    fault: str
    number: int
    verdict: str
    by: str
    seconds: float

    @property
    def expected(self) -> str:
        """Return the verdict that the check should give."""
        return "unchanged" if self.fault == "nothing" else "regressed"

    @property
    def in_time(self) -> bool:
        """Return whether the check took as long as it may, or less."""
        return self.seconds <= MOST_S

    @property
    def holds(self) -> bool:
        """Return whether the expected verdict was given in time."""
        return self.verdict == self.expected and self.in_time


def prove(
    suite: Path, folder: Path, faults: Sequence[str], times: int | None = None
) -> Iterator[Attempt]:
    """Yield the attempts on some faults, each once it is on disk.

    A folder that has attempts is continued; raise BenchError where they are of another commit.

    Args:
        suite: a folder in the suite's repository, whose HEAD is checked.
        folder: where the attempts and the documents of their checks are stored.
        faults: words of FAULTS.
        times: how often each is checked; None is as often as a proof takes.
    """
    root = repository(suite)
    commit = git(root, "rev-parse", "--short=12", "HEAD").stdout.strip()
    earlier = {(each.fault, each.number): each for each in attempts(folder)}
    if other := {each.commit for each in earlier.values()} - {commit}:
        raise BenchError(
            f"{folder} proves commit {other.pop()}, and HEAD is {commit}; name another with RUN="
        )
    for fault, number in _order(faults, times):
        if attempt := earlier.get((fault, number)):
            yield attempt
            continue
        attempt = _attempt(root, folder, commit, fault, number)
        store.append(folder / ATTEMPTS, attempt)
        yield attempt


def attempts(folder: Path) -> tuple[Attempt, ...]:
    """Return the attempts that a folder has."""
    path = folder / ATTEMPTS
    if not path.exists():
        return ()
    with path.open(newline="") as file:
        return tuple(_read(row) for row in csv.DictReader(file))


def table(proved: Sequence[Attempt]) -> list[dict[str, str]]:
    """Sum up the attempts on each fault."""
    rows = []
    for fault in dict.fromkeys(attempt.fault for attempt in proved):
        of_fault = [attempt for attempt in proved if attempt.fault == fault]
        verdicts = [attempt.verdict for attempt in of_fault]
        reasons = dict.fromkeys(attempt.by for attempt in of_fault if attempt.by)
        took = [attempt.seconds for attempt in of_fault]
        rows.append(
            {
                "fault": FAULTS[fault].name,
                "expected": of_fault[0].expected,
                "verdicts": ", ".join(f"{verdicts.count(v)} {v}" for v in dict.fromkeys(verdicts)),
                "by": "; ".join(reasons),
                "took": f"{seconds(min(took))} to {seconds(max(took))}",
                "in time": f"{sum(each.in_time for each in of_fault)} of {len(of_fault)}",
            }
        )
    return rows


def _order(faults: Sequence[str], times: int | None) -> Iterator[tuple[str, int]]:
    """Yield each fault once before any is repeated: an early end leaves something of all."""
    often = {fault: times or (TIMES_EQUAL if fault == "nothing" else TIMES) for fault in faults}
    for number in range(1, max(often.values()) + 1):
        yield from ((fault, number) for fault in faults if number <= often[fault])


def _attempt(root: Path, folder: Path, commit: str, fault: str, number: int) -> Attempt:
    """Check once, in a clone of its own."""
    name = f"{fault}-{number}"
    shutil.rmtree(folder / name, ignore_errors=True)  # of a check that was stopped
    with _clone(root, FAULTS[fault]) as clone:
        begun = time.monotonic()
        verdict, by = _check(clone, folder.resolve(), name)
        took_s = round(time.monotonic() - begun, 1)
    return Attempt(commit, fault, number, verdict, by, took_s)


def _check(clone: Path, folder: Path, name: str) -> tuple[str, str]:
    """Carry out the check of a clone; return what it said."""
    argv = (sys.executable, "scripts/check.py", "HEAD", f"--name={name}", f"--results={folder}")
    cores = machine.cores()
    on_all = (*cores.server, *cores.load)
    with Child(argv, folder / f"{name}.log", on_all, clone, grace_s=GRACE_S) as check:
        while check.status is None:
            time.sleep(POLL_S)
        return _outcome(folder / name / "check.json", check)


@contextmanager
def _clone(root: Path, mutation: Mutation) -> Iterator[Path]:
    """Yield a clone of the repository with the fault in its working tree."""
    with tempfile.TemporaryDirectory(prefix="check-proof-") as folder:
        clone = Path(folder) / "clone"
        answer = git(root, "clone", "--quiet", "--shared", str(root), str(clone))
        if answer.returncode:
            raise BenchError(f"git cannot clone {root}: {answer.stderr.strip()}")
        mutation.apply(clone / "app")
        yield clone


def _outcome(path: Path, check: Child) -> tuple[str, str]:
    """Return what a check said, or the last line of one that said nothing."""
    if not path.exists():
        return NO_VERDICT, check.tail().rpartition("\n")[2].strip()
    outcome = json.loads(path.read_text())["outcome"]
    verdict = str(outcome["verdict"])
    return verdict, str(outcome["reason"]).removeprefix(f"{verdict}: ")


def _read(row: dict[str, str]) -> Attempt:
    return Attempt(
        commit=row["commit"],
        fault=row["fault"],
        number=int(row["number"]),
        verdict=row["verdict"],
        by=row["by"],
        seconds=float(row["seconds"]),
    )
