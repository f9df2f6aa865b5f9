"""A check over rounds: how many it takes, what it refuses, what it leaves on disk."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from harness.checks import execute
from harness.checks.execute import advice, base_first, carry_out, contest, examine, seconds
from harness.checks.revisions import Revision, Role
from harness.checks.turn import PAIRS_PER_START, Pair, Turn
from harness.core.errors import BenchError
from harness.core.plan import Database
from harness.core.plan_file import parse, read
from harness.core.trial import Block
from harness.host import processes
from harness.host.machine import Cores
from tests.support import builders
from tests.support.bench import UVICORN, WAIT, plan
from tests.support.django_sites import plan as plan_of_site
from tests.support.turns import turn

CELL = "uvicorn.wait"


def test_the_log_of_a_check_agrees_with_its_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each turn as many latencies, and the same p50 and p95, under its cell and side."""
    random = np.random.default_rng(1)

    def side(name: Role, began: float) -> Turn:
        latencies_ms = np.sort(random.lognormal(3, 1, 200))
        return replace(turn(name, began=began), latencies_ms=latencies_ms)

    def taken(sides: object, plan: object, block: Block, *_: object) -> Iterator[Pair]:
        for n in range(PAIRS_PER_START):
            first, began = n % 2 == 0, 10.0 * block.round + 3 * n
            yield Pair(side("BASE", began + (not first)), side("HEAD", began + first), first)

    monkeypatch.setattr(execute, "duel", taken)
    chosen = parse(plan(UVICORN, WAIT, head="rounds = 6\n"), "it.toml")
    monkeypatch.setattr(processes, "pin", lambda pid, cores: None)
    list(carry_out(chosen, (None, None), Cores((0,), (0,)), tmp_path))  # type: ignore[arg-type]
    with (tmp_path / "turns.csv").open() as file:
        rows = {(row["side"], int(row["pair"])): row for row in csv.DictReader(file)}
    reader = HistogramLogReader(str(tmp_path / "latencies.hlog"), HdrHistogram(1, 10, 3))
    seen: list[str] = []
    while histogram := reader.get_next_interval_histogram():
        cell, _, role = histogram.get_tag().rpartition(".")
        seen.append(role)
        row = rows[role, seen.count(role)]
        assert cell == row["cell"] == str(CELL)
        assert histogram.get_total_count() == 200
        for rank in (50, 95):
            told = histogram.get_value_at_percentile(rank) / 1e6
            assert told == pytest.approx(float(row[f"latency_p{rank}_ms"]), rel=1e-3)
    reader.close()
    assert seen == ["BASE", "HEAD", "HEAD", "BASE"] * 6


@pytest.mark.parametrize("rounds", [1, 7, 16])
def test_of_every_two_starts_either_side_is_first_once(rounds: int) -> None:
    """In an order drawn from the seed, which another seed draws otherwise."""
    firsts = base_first(rounds, seed=1)
    assert len(firsts) == rounds
    assert all(set(pair) == {True, False} for pair in zip(firsts[::2], firsts[1::2], strict=False))
    assert firsts == base_first(rounds, seed=1)
    assert len({tuple(base_first(16, seed)) for seed in range(5)}) > 1


def test_too_few_starts_are_refused_with_the_number_that_is_needed(tmp_path: Path) -> None:
    """Before anything starts, instructions included."""
    chosen = parse(plan(UVICORN, WAIT, head="rounds = 5\n"), "it.toml")
    with pytest.raises(BenchError, match=r"rounds = 5: a check needs 6 starts .* set rounds = 16"):
        contest(chosen, (None, None), None, tmp_path)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_few_starts_are_accepted_with_a_word_on_what_they_miss() -> None:
    """From 6 on; 16 find 5%."""
    few = parse(plan(UVICORN, WAIT, head="rounds = 6\n"), "it.toml")
    assert advice(few) == (
        "6 rounds see less than the 16 that find 5%: what they cannot see is named in the "
        "verdict; set rounds = 16",
    )
    assert advice(few.model_copy(update={"rounds": 16})) == ()


def test_the_plan_of_the_suite_fits_into_six_minutes() -> None:
    """If nothing is decided before the last look."""
    chosen, _ = read(Path("loadtests/plans/check.toml"))
    assert seconds(chosen) < 360


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("users = [1, 4]", "rates_rps = [50]", "a check loads in closed loops; give it"),
        ("settle_s", "processes = 2\nsettle_s", "a check takes turns with one process of Locust;"),
    ],
)
def test_a_load_that_takes_no_turns_is_refused_before_anything_starts(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    """Open loops, and several processes."""
    text = plan(UVICORN, WAIT, head="rounds = 6\n").replace(old, new)
    found = carry_out(parse(text, "it.toml"), (None, None), None, tmp_path)  # type: ignore[arg-type]
    with pytest.raises(BenchError, match=f"scenario wait: {said}"):
        next(found)
    assert list(tmp_path.iterdir()) == []


def test_a_check_has_no_database_for_its_two_sides_to_share() -> None:
    """One line, before anything starts."""
    shared = builders.SMALL.model_copy(update={"database": Database()})
    with pytest.raises(BenchError, match=r"would share the plan's \[database\]: check a plan"):
        examine(shared, (None, None), None)  # type: ignore[arg-type]


def test_a_check_of_revisions_leaves_versions_to_its_sides() -> None:
    """A deployment that names its own would be the same on both."""
    named = builders.SMALL.deployments[0].model_copy(update={"python": "3.12"})
    versions = builders.SMALL.model_copy(update={"deployments": (named,)})
    with pytest.raises(BenchError, match=f"deployment {named.name} names versions, and in a check"):
        examine(versions, (None, None), None)  # type: ignore[arg-type]


@pytest.mark.long
def test_both_sides_are_prepared_and_the_side_that_fails_is_named(tmp_path: Path) -> None:
    """BASE has a database of its own, which nobody committed; here prepare makes it.

    What HEAD alone refuses is for the check to judge.
    """
    sides = []
    roles: tuple[Role, Role] = ("BASE", "HEAD")
    for role in roles:
        (tmp_path / role).mkdir()
        chosen = plan_of_site(tmp_path / role, paths='"/posts/"')
        sides.append(Revision(role, "here", chosen.application))
    with pytest.raises(
        BenchError, match=r"BASE \(here\): .*/posts/ gave status 500; .*no such table"
    ):
        examine(chosen, (sides[0], sides[1]), Cores((0,), (0,)))
    table = "CREATE TABLE posts (title)"
    migrate = f"import sqlite3; sqlite3.connect('site.sqlite3').execute('{table}')"
    change = {"prepare": ((sys.executable, "-c", migrate),)}
    prepared = [
        replace(side, application=side.application.model_copy(update=change)) for side in sides
    ]
    assert examine(chosen, (prepared[0], prepared[1]), Cores((0,), (0,))) == ()
    assert all((tmp_path / role / "site.sqlite3").exists() for role in roles)
    (tmp_path / "HEAD" / "site.sqlite3").unlink()
    (remark,) = examine(chosen, (sides[0], sides[1]), Cores((0,), (0,)))
    assert remark.startswith("HEAD: one: /posts/ gave status 500; ")
