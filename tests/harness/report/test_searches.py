"""The report of a run whose loads were searched: what stands where, and that all of it fits."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from harness.core.plan import Load
from harness.core.summary import Summary
from harness.report import capacity, overview, page, threads
from harness.report.charts import registry
from harness.report.narrate import Narrative, narrate
from harness.report.sections import answer, parts
from harness.report.write import Report
from harness.runs.summarise import summarise
from harness.terminal import bench
from tests.support.builders import records
from tests.support.capacities import GTHREAD, PLAN, SHARED, flagged_from, holds, searched, target

SEARCH = Load(search="rate", settle_s=1, measure_s=5)
THREADS = [
    searched(holds(rate), target(GTHREAD.model_copy(update={"name": name, "slots": slots})))
    for name, slots, rate in (("few", 64, 250), ("many", 400, 950))
]
HOLDINGS = (*THREADS, searched(holds(1000), target(SHARED)))
ALONE = PLAN.model_copy(update={"load": SEARCH})

CLIMBED = PLAN.scenarios[0].model_copy(update={"name": "climbed"})
SEARCHED = PLAN.scenarios[0].model_copy(update={"load": SEARCH})
BOTH = PLAN.model_copy(update={"scenarios": (CLIMBED, SEARCHED)})


@pytest.fixture(scope="module")
def alone() -> tuple[Summary, Narrative]:
    """Summarise and narrate a run of searches alone."""
    summary = summarise("run", ALONE, {"server_cores": "1"}, (), holdings=HOLDINGS)
    return summary, narrate(summary, ALONE, ())


@pytest.fixture(scope="module")
def figures(alone: tuple[Summary, Narrative]) -> dict[str, Figure]:
    """Draw its charts."""
    return registry.draw(alone[0])


def test_a_run_of_searches_opens_with_what_is_held(alone: tuple[Summary, Narrative]) -> None:
    """Then how many threads hold as much as a loop, and nothing that was not measured."""
    narrative = alone[1]
    assert narrative.short == (capacity.headline(HOLDINGS), *threads.sentences(HOLDINGS))
    assert narrative.answers == (capacity.sentence(HOLDINGS), *threads.sentences(HOLDINGS))
    assert not narrative.holes
    assert not any("round" in limit for limit in narrative.limits)
    assert any(limit.startswith("A search measures") for limit in narrative.limits)


def test_where_loads_are_climbed_too_the_search_is_the_headline() -> None:
    """Before who served more, which is of the scenario that was climbed."""
    kept = records(BOTH.model_copy(update={"scenarios": (CLIMBED,)}))
    summary = summarise("run", BOTH, {"server_cores": "1"}, kept, holdings=HOLDINGS)
    short = narrate(summary, BOTH, kept).short
    assert len(short) == 3
    assert short[0] == capacity.headline(HOLDINGS)
    assert short[1].startswith("In `climbed`")
    assert {each.scenario for each in summary.attainments} == {"climbed"}


def test_its_price_opens_the_report_and_its_trials_stand_with_the_table(
    alone: tuple[Summary, Narrative], figures: dict[str, Figure]
) -> None:
    """One part, with a section for each scenario that was searched."""
    assert list(figures) == ["wait.price-of-load", "wait.held"]
    assert answer(*alone, figures).picture == ("wait.price-of-load",)
    (held,) = [part for part in parts(*alone, figures) if part.title == "How much is held"]
    (section,) = held.sections
    assert (section.title, section.charts) == ("wait", ("wait.held",))
    assert section.tables[0].rows == tuple(map(capacity.row, HOLDINGS))


def test_what_flagged_its_trials_is_among_the_flags(
    alone: tuple[Summary, Narrative], figures: dict[str, Figure]
) -> None:
    """An overloaded server is flagged as everywhere."""
    trust = next(part for part in parts(*alone, figures) if part.title == "How far to trust it")
    flagged = next(each for each in trust.sections if each.title == "Flagged trials")
    assert flagged.lines == tuple(map(capacity.flags, HOLDINGS))


def test_more_and_more_threads_are_joined_over_memory_and_cpu_time(
    figures: dict[str, Figure],
) -> None:
    """A point for each deployment in both panels: 60 MiB and 0.8 ms, by the records."""
    panels = figures["wait.price-of-load"].axes
    assert len(panels) == 2
    for panel, price in zip(panels, (60, 0.8), strict=True):
        paths = [np.asarray(line.get_xydata()) for line in panel.lines]
        (joined,) = [path for path in paths if len(path) > 1 and not np.isnan(path).any()]
        assert joined.tolist() == [pytest.approx([price, each.capacity.load]) for each in THREADS]


def test_the_page_has_charts_words_and_numbers(
    alone: tuple[Summary, Narrative], figures: dict[str, Figure]
) -> None:
    """Both pages; each trial says in words what it was."""
    links = {key: f"charts/{key}.png" for key in figures}
    assert capacity.headline(HOLDINGS).replace("<", "\\<") in page.markdown(*alone, links)
    drawings = registry.drawings(alone[0], figures)
    said = {
        words.text
        for drawing in drawings.values()
        for each in drawing.panels
        for words in each.words
    }
    assert sum(text.endswith("260 ms, met") for text in said) >= len(HOLDINGS)
    assert {key.name for key in drawings["wait.held"].keys} == {h.deployment for h in HOLDINGS}
    assert "server memory (MiB)" in page.html(*alone, drawings)


def test_its_numbers_can_be_stored_and_read_by_scripts(alone: tuple[Summary, Narrative]) -> None:
    """As in capacity.json."""
    content = overview.content(ALONE, *alone, "report.html")
    assert json.loads(json.dumps(content))["capacities"] == [
        json.loads(json.dumps(capacity.entry(each))) for each in HOLDINGS
    ]


def test_the_terminal_has_a_row_for_each_deployment(
    alone: tuple[Summary, Narrative], capsys: pytest.CaptureFixture[str]
) -> None:
    """And the answer below."""
    bench.verdict(Report(*alone, Path("report.html")), ALONE)
    printed = capsys.readouterr().out
    assert capacity.headline(HOLDINGS) in printed
    table, *_ = printed.split("`wait`")
    assert all(f"{each.capacity.load:,.3g}" in table for each in THREADS)
    assert "few" in table and "many" in table


def test_a_server_that_may_hold_more_is_drawn_hollow() -> None:
    """No higher load counts."""
    more = searched(flagged_from(640), target(SHARED))
    summary = summarise("run", ALONE, {}, (), holdings=(HOLDINGS[0], more))
    memory, _ = registry.draw(summary)["wait.price-of-load"].axes
    points = [each for each in memory.collections if isinstance(each, PathCollection)]
    faces = [to_hex(np.asarray(each.get_facecolor())[0]) for each in points]
    assert faces[1] == "#ffffff" != faces[0]
