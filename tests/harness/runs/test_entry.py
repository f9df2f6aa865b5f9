"""A run in short: its cells, what must be equal, and in which words it differs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan_file import stored
from harness.core.trial import CellKey
from harness.host import prepare
from harness.host.launches import launches
from harness.runs.entry import differences, entry, meaning
from harness.runs.history import condense
from harness.runs.store import Run
from tests.support.histories import FACTS, TEXT, cell, finished_run
from tests.support.histories import entry as built
from tests.support.old_runs import OLD_RUNS


def test_a_cell_has_the_median_and_the_range_of_its_rounds(tmp_path: Path) -> None:
    """Two deployments, two scenarios, two loads; the median of two rounds is their mean."""
    run = finished_run(tmp_path, "it")
    summary = condense(run)
    assert [cell.label for cell in summary.cells[:3]] == [
        "gunicorn-gthread-16, wait at 4 clients",
        "gunicorn-gthread-16, wait at 64 clients",
        "uvicorn-shared, wait at 4 clients",
    ]
    assert len(summary.cells) == 2 * 2 * 2
    rates = [
        record.measurement.throughput_rps or 0
        for record in run.records()
        if record.trial.slug.startswith("gunicorn-gthread-16.wait.r") and record.trial.users == 4
    ]
    spread = summary.cells[0].metrics["throughput_rps"]
    assert spread.middle == pytest.approx(sum(rates) / 2)
    assert (spread.low, spread.high, spread.rounds) == (min(rates), max(rates), 2)


def test_a_cell_of_which_any_round_is_doubted_is_doubted(tmp_path: Path) -> None:
    """And the other deployment's cells are not."""
    summary = condense(finished_run(tmp_path, "it", doubted="uvicorn-shared"))
    doubted = {cell.deployment for cell in summary.cells if cell.doubted}
    assert doubted == {"uvicorn-shared"}
    assert any(not cell.doubted for cell in summary.cells)


def test_a_run_that_is_not_finished_is_refused(tmp_path: Path) -> None:
    """With how to finish it."""
    with pytest.raises(BenchError, match="run it is not finished; `make bench RUN=it` goes on"):
        condense(finished_run(tmp_path, "it", missing=1))


def test_an_entry_follows_from_the_facts_the_plan_and_the_records_alone(tmp_path: Path) -> None:
    """What the history condenses is what it makes of them, with nothing on disk."""
    run = finished_run(tmp_path, "it")
    servers, records = launches(run.plan), run.records()
    expected = condense(run)
    shutil.rmtree(tmp_path)
    assert entry("it", run.facts, run.plan, servers, records) == expected


def test_two_loads_that_print_alike_are_two_cells() -> None:
    """1,001 and 1,002 requests/s are 1,000 to three digits; a key is not what is printed."""
    one = replace(cell("uvicorn.wait.64", 1.0), load="1,000 requests/s", step=1001)
    other = replace(one, step=1002)
    assert one.key != other.key
    assert one.key.climb == other.key.climb == CellKey("uvicorn", "wait")


def test_limits_that_the_run_raises_are_no_fact(tmp_path: Path) -> None:
    """They follow from the kernel's start; the machine and all versions are facts."""
    limits = dict.fromkeys(prepare.FACTS, "1")
    assert condense(finished_run(tmp_path, "it", facts=FACTS | limits)).facts == FACTS


def test_versions_of_servers_that_do_not_serve_are_no_facts(tmp_path: Path) -> None:
    """Runs of earlier versions recorded Gunicorn and Uvicorn, whatever the plan served by."""
    text = TEXT.replace('"uvicorn", "config', '"hypercorn", "config')
    assert text != TEXT
    facts = FACTS | {"hypercorn": "0.18", "gunicorn": "27.0", "locust": "2.47", "gevent": "26.9"}
    recorded = condense(finished_run(tmp_path, "it", facts=facts, text=text)).facts
    assert "uvicorn" not in recorded
    assert recorded == {name: value for name, value in facts.items() if name != "uvicorn"}


def test_a_changed_version_of_a_server_that_the_plan_adds_is_a_difference(tmp_path: Path) -> None:
    """Whichever server it is."""
    text = TEXT.replace('"uvicorn", "config', '"hypercorn", "config')
    runs = [
        finished_run(tmp_path, name, facts=FACTS | {"hypercorn": version}, text=text)
        for name, version in (("a", "0.17"), ("b", "0.18"))
    ]
    before, now = map(condense, runs)
    assert differences(before, now) == ("hypercorn 0.17 -> 0.18",)


@pytest.mark.parametrize("old", OLD_RUNS, ids=lambda folder: folder.name)
def test_runs_made_before_the_table_of_servers_keep_all_their_facts(old: Path) -> None:
    """Both servers of theirs serve in their plans."""
    run = Run.open(old)
    recorded = run.facts.machine
    assert condense(run).facts == {
        fact: value for fact, value in recorded.items() if fact not in prepare.FACTS
    }


def test_equal_runs_do_not_differ(tmp_path: Path) -> None:
    """Whatever was measured in them."""
    first, second = finished_run(tmp_path, "a"), finished_run(tmp_path, "bb", faster=2)
    assert differences(condense(first), condense(second)) == ()


def test_each_differing_fact_is_named_with_both_values() -> None:
    """A fact that only one run has is nothing in the other."""
    before = built(0, {}, {"python": "3.11.2", "uvicorn": "0.54", "uvloop": "0.23"})
    now = built(1, {}, {"python": "3.12.1", "uvicorn": "0.54", "httptools": "0.9"})
    assert differences(before, now) == (
        "python 3.11.2 -> 3.12.1",
        "uvloop 0.23 -> nothing",
        "httptools nothing -> 0.9",
    )


def test_the_meaning_of_a_plan_is_not_its_text() -> None:
    """Comments, the name, rounds, the seed and values that are the default have none."""
    other = TEXT.replace('name = "smoke"', 'name = "other" # renamed').replace(
        "rounds = 1\nseed = 1", "rounds = 9\nseed = 7"
    )
    other = other.replace("measure_s = 1.5", "measure_s = 1.5\ntail_s = 1")
    assert other != TEXT
    assert meaning(stored(other, "")) == meaning(stored(TEXT, ""))


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("measure_s = 1.5", "measure_s = 2.5", "plan: load.measure_s 1.5 -> 2.5"),
        ("think_ms = 20", "think_ms = 30", "plan: scenarios.wait.settings.think_ms 20 -> 30"),
        ("--loop=uvloop", "--loop=asyncio", "plan: deployments.uvicorn-shared.command differs"),
    ],
)
def test_a_different_meaning_of_a_plan_is_named_by_its_key(
    old: str, new: str, difference: str
) -> None:
    """With both values where a line has room for them."""
    before = replace(built(0, {}), meaning=meaning(stored(TEXT, "")))
    now = replace(before, meaning=meaning(stored(TEXT.replace(old, new), "")))
    assert differences(before, now)[0] == difference


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ('"/a/"', '"/b/"', 'scenarios.wait.paths [{"path": "/a/"}] -> [{"path": "/b/"}]'),
        (
            '"/a/"',
            '{ path = "/a/", name = "a" }',
            'scenarios.wait.paths [{"path": "/a/"}] -> nothing',
        ),
        (
            '"/a/"',
            '{ path = "/a/", name = "a" }, { path = "/b/", name = "a" }',
            "scenarios.wait.paths differs",
        ),
    ],
)
def test_paths_are_compared_as_a_whole_unless_each_has_its_name(
    old: str, new: str, difference: str
) -> None:
    """They need no names, and may share one."""
    text = TEXT.replace('locustfile = "../wait.py"', 'paths = ["/a/"]')
    before = replace(built(0, {}), meaning=meaning(stored(text, "")))
    now = replace(before, meaning=meaning(stored(text.replace(old, new), "")))
    assert differences(before, now)[0] == f"plan: {difference}"
