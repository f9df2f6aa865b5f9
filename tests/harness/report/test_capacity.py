"""How much load is held, in words."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from capacity_repeats import main as judge

from harness.core.errors import BenchError
from harness.core.gate import GateName
from harness.core.holding import Outcome
from harness.core.metrics import Measurement
from harness.core.plan_file import stored
from harness.report import capacity, capacity_files
from harness.runs.store import Run
from tests.support.capacities import (
    GTHREAD,
    PLAN,
    SHARED,
    UVICORN,
    flagged_from,
    holds,
    measured,
    searched,
    target,
)

HELD = searched(holds(214), target(GTHREAD))
MORE = searched(flagged_from(640), target(SHARED))


def never(load: float) -> tuple[Measurement, tuple[GateName, ...]]:
    """Answer too late at any load."""
    return measured(load, 812), ()


def test_the_sentence_says_how_much_each_holds_with_its_interval() -> None:
    """Of one that was measured up to its limit, and of one whose limit is the load generator's."""
    text = capacity.sentence([HELD, MORE])
    begin = "`wait`: a p95 of at most 500 ms with at most 0.1% failed is met up to 21"
    assert text.startswith(begin)
    assert f"{capacity.holds(HELD)} with gunicorn-gthread-64, at least 6" in text
    assert "(above it every trial was flagged: generator) with uvicorn-shared." in text


def test_a_deployment_that_no_load_suits_is_named_with_what_the_lowest_came_to() -> None:
    """20 requests for a p95, in 20 s: 1.15 requests/s with what chance may leave out."""
    result = searched(never, target(UVICORN))
    ends = "no load meets it with uvicorn, not even 1.15 requests/s: p95 812 ms."
    assert capacity.sentence([HELD, result]).endswith(f"; {ends}")
    assert capacity.sentence([result]).endswith(f"0.1% failed: {ends}")
    assert capacity.row(result)[:2] == ("uvicorn", "no load")


def test_a_deployment_of_which_no_trial_counts_is_named_with_the_reason() -> None:
    """Of the last of its trials."""
    result = searched(flagged_from(0), target(UVICORN))
    text = "with uvicorn no trial can be trusted (generator: a reason)"
    assert text in capacity.sentence([HELD, result])


def test_a_deployment_that_holds_the_highest_load_holds_at_least_that() -> None:
    """Nobody knows how much more."""
    result = searched(holds(1e6), target())
    assert capacity.reach(result) == "at least 4,000 requests/s (the most that was tried)"
    assert capacity.row(result)[1] == "at least 4,000 requests/s"


def test_the_headline_has_each_deployment_with_its_interval_and_the_unit_once() -> None:
    """What holds at least so much has no interval; what holds nothing stands last."""
    held, more = (f"{each.capacity.load:.3g}" for each in (HELD, MORE))
    bounds = f"{HELD.capacity.low:.3g} to {HELD.capacity.high:.3g}"
    nothing = searched(never, target(UVICORN))
    assert capacity.headline([HELD, MORE, nothing]) == (
        f"`wait` meets p95 <= 500 ms up to {held} requests/s with gunicorn-gthread-64 ({bounds}), "
        f"at least {more} with uvicorn-shared; at no load with uvicorn."
    )
    assert capacity.headline([nothing]) == "`wait` meets p95 <= 500 ms at no load with uvicorn."


def test_a_search_that_ended_too_early_says_so_beside_its_interval() -> None:
    """After the most trials, or where flags left too few that count."""
    early = replace(HELD, capacity=replace(HELD.capacity, confirmed=False))
    assert capacity.holds(early) == f"{capacity.holds(HELD)[:-1]}, its ends not confirmed)"


def test_flagged_trials_of_a_search_are_counted_with_their_gates() -> None:
    """An overloaded server is flagged; without a flag nothing is said."""
    flagged = sum(bool(trial.flags) for trial in HELD.trials)
    assert capacity.flags(HELD) == (
        f"`wait`, gunicorn-gthread-64: {flagged} of {len(HELD.trials)} trials of the search: "
        "steady, unanswered"
    )
    assert capacity.flags(searched(holds(1e6), target())) == ""


def test_the_most_users_have_sentence_table_chart_and_file(tmp_path: Path) -> None:
    """As the highest rate has: `USERS=1`, by a server that holds 40."""
    users = searched(holds(40), target(quantity="users"))
    assert users.outcomes(Outcome.MET) and users.outcomes(Outcome.MISSED)
    assert re.fullmatch(r"40 clients \(3\d to 4\d\)", capacity.holds(users))
    assert capacity.headline([users]).startswith("`wait` meets p95 <= 500 ms up to 40 clients with")
    run = Run.create(tmp_path / "run", TEXT, {}, "", [])
    text = capacity_files.write(run, [users]).read_text()
    assert capacity.sentence([users]) in text
    assert f"| {' | '.join(capacity.row(users))} |" in text
    assert (run.charts / "wait.svg").exists()
    (entry,) = json.loads((run.folder / "capacity.json").read_text())["capacities"]
    assert (entry["model"], entry["limit"], entry["confirmed"]) == ("closed", "objective", True)
    assert entry["low"] < 40.5 < entry["high"]
    assert [each["load"] for each in entry["outcomes"]] == [each.load for each in users.trials]


def test_a_row_has_what_the_highest_load_took() -> None:
    """The trials that met the objective there: their p95, CPU time and memory."""
    row = dict(zip(capacity.HEADINGS, capacity.row(HELD), strict=True))
    assert (row["there"], row["CPU per request"], row["memory"]) == (
        "p95 260 ms",
        "0.8 ms",
        "60.0 MiB",
    )
    there = HELD.at_the_limit
    assert len(there) == 3
    assert 200 < there[0].load <= 214


def test_page_chart_and_json_say_the_same(tmp_path: Path) -> None:
    """Every sentence of the page is of the results that the file has."""
    run = Run.create(tmp_path / "run", TEXT, {"cores": "2", "python": "3.11.2"}, "", [])
    page = capacity_files.write(run, [HELD, MORE])
    text = page.read_text()
    assert capacity.sentence([HELD, MORE]) in text
    assert "(charts/wait.svg)" in text and (run.charts / "wait.svg").exists()
    assert "with cores 2, python 3.11.2." in text
    first, second = json.loads((run.folder / "capacity.json").read_text())["capacities"]
    assert first["load"] == pytest.approx(HELD.capacity.load)
    assert (second["high"], second["limit"]) == (None, "flags")
    assert len(first["outcomes"]) == len(HELD.trials)


def test_searches_of_several_runs_are_read_back_by_what_was_searched(tmp_path: Path) -> None:
    """As they were written; other names have no part, and one search is not several."""
    for name in ("again-1", "again-2", "other"):
        run = Run.create(tmp_path / name, TEXT, {}, "", [])
        capacity_files.write(run, [HELD, MORE] if name != "other" else [HELD])
    searches = capacity_files.read(tmp_path, "again-")
    assert {what.deployment for what in searches} == {"gunicorn-gthread-64", "uvicorn-shared"}
    for what, runs in searches.items():
        own = HELD if what.deployment == HELD.deployment else MORE
        assert runs == {"again-1": own.capacity, "again-2": own.capacity}
    with pytest.raises(BenchError, match="not several runs begin with other"):
        capacity_files.read(tmp_path, "other")
    (tmp_path / "again-2" / "capacity.json").write_text("{")
    with pytest.raises(BenchError, match="cannot be read; search again"):
        capacity_files.read(tmp_path, "again-")


def test_repeats_are_printed_and_decide_the_exit_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two that agree: 0. One of another server among them: of three, two hold the median."""
    for name, holding in (("a-1", HELD), ("a-2", HELD)):
        capacity_files.write(Run.create(tmp_path / name, TEXT, {}, "", []), [holding])
    assert judge(["a-", f"--results={tmp_path}"]) == 0
    printed = capsys.readouterr().out
    assert "gunicorn-gthread-64: 2 of 2 searches have the median of the others" in printed
    other = searched(holds(900), target(GTHREAD))
    capacity_files.write(Run.create(tmp_path / "a-3", TEXT, {}, "", []), [other])
    assert judge(["a-", f"--results={tmp_path}"]) == 1
    assert "of 3 searches" in capsys.readouterr().out


def test_the_plan_of_a_search_is_one_that_a_run_can_have() -> None:
    """The text that these tests store."""
    assert stored(TEXT, "here", Path()).name == "capacity"


TEXT = Path("loadtests/plans/capacity.toml").read_text()
assert PLAN.deployments[0] is GTHREAD
