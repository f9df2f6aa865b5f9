"""What is said of the execution models, where it is kept, and the page that quotes it."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.execution_models import DRAWN_TASKS, WORKERS, Repetition, Task, Work
from harness.report import execution_model_files as files
from harness.report.execution_models import Run, fill, formula, markdown, middles, parts

FACTS = {"processor": "Any", "cores": "2", "python": "CPython 3.11.7"}

SLOTS = {"sequential": 1, f"processes-{WORKERS}": WORKERS}


def repetition(model: str, work: Work, tasks: int, took_ms: float, number: int = 1) -> Repetition:
    """Return a repetition on two cores whose tasks cost 0.1 ms each beyond their work."""
    work_ms = 20.0 if work == "wait" else 10.0
    cores = 2 if "processes" in model else 1
    return Repetition(
        model, work, work_ms, SLOTS.get(model), cores, tasks, number, took_ms, cpu_ms=0.1 * tasks
    )


REPETITIONS = (
    repetition("sequential", "wait", 10, 203),
    repetition("sequential", "wait", 10, 201, 2),
    repetition("asyncio", "wait", 10, 21),
    repetition("asyncio", "wait", 10, 23, 2),
    repetition("asyncio", "wait", 1_000, 60),
    repetition("asyncio", "wait", 1_000, 64, 2),
    repetition("processes-4", "compute", 10, 55),
    repetition("processes-4", "compute", 10, 65, 2),
    repetition("processes-4", "wait", 10, 70),
    repetition("processes-4", "wait", 10, 80, 2),
)
DRAWN = (
    Task("sequential", "wait", 0, 1, 0.0, 20.0),
    Task("sequential", "wait", 1, 1, 20.0, 40.5),
    Task("asyncio", "wait", 0, 1, 0.0, 20.0),
    Task("asyncio", "wait", 1, 1, 0.1, 20.2),
    Task("asyncio", "compute", 0, 1, 0.1, 10.2),
    Task("sequential", "compute", 0, 1, 0.0, 10.1),
)
RUN = Run(REPETITIONS, DRAWN, FACTS)


def test_the_table_has_theory_cost_and_times_of_each_model() -> None:
    """The median of 201 and 203 ms and their range; nothing where nothing was measured."""
    assert parts(RUN)["waits"] == (
        "| model | theory | S | n = 10 | n = 1,000 |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `sequential` | n D + n S | 0.1 ms | 202 ms (201 to 203) |  |\n"
        "| `processes-4` | n D / 4 + n S | 0.1 ms | 75.0 ms (70.0 to 80.0) |  |\n"
        "| `asyncio` | D + n S | 0.1 ms | 22.0 ms (21.0 to 23.0) | 62.0 ms (60.0 to 64.0) |\n"
    )
    assert "| `processes-4` | n C / 2 + n S | 0.1 ms | 60.0 ms" in parts(RUN)["computations"]


def test_where_there_is_little_room_middles_stand_alone() -> None:
    """At the terminal; a cell that was not measured is empty there, too."""
    rows = middles(RUN, "wait")
    assert rows[0] == {"model": "sequential", "n = 10": "202 ms", "n = 1,000": ""}
    assert [row["model"] for row in rows] == ["sequential", "processes-4", "asyncio"]


@pytest.mark.parametrize(
    ("model", "work", "text"),
    [
        ("sequential", "wait", "n D + n S"),
        ("asyncio", "wait", "D + n S"),
        ("asyncio", "compute", "n C + n S"),
    ],
)
def test_theory_in_symbols(model: str, work: Work, text: str) -> None:
    """What waits in an event loop waits once, what computes in it computes one by one."""
    assert formula(repetition(model, work, 10, 1)) == text


def test_the_lanes_are_told_by_when_the_last_task_ended() -> None:
    """Of each model that has any."""
    assert (
        f"The {DRAWN_TASKS} waits took `sequential` 40.5 ms, `asyncio` 20.2 ms.\n\n"
        f"The {DRAWN_TASKS} computations took `sequential` 10.1 ms, `asyncio` 10.2 ms. "
        "([models.md](models.md))\n"
    ) in parts(RUN)["lanes"]


def test_a_page_is_filled_in_where_it_has_places() -> None:
    """Again and again with the same outcome; the rest of it stays."""
    page = "before\n<!-- models: machine -->\nold\n<!-- end -->\nafter\n"
    filled = fill(page, RUN, "../run/")
    assert filled == (
        "before\n<!-- models: machine -->\n"
        "Measured with processor Any, cores 2, python CPython 3.11.7; median and range of 2 "
        "rounds, each by a fresh process. ([models.md](../run/models.md))\n"
        "<!-- end -->\nafter\n"
    )
    assert fill(filled, RUN, "../run/") == filled


def test_pictures_are_where_the_run_is() -> None:
    """Seen from the page."""
    page = fill("<!-- models: times -->\n<!-- end -->", RUN, "../run/")
    assert "](../run/times.png)" in page
    assert "](times.png)" in markdown(RUN)


def test_what_is_stored_is_what_is_read(tmp_path: Path) -> None:
    """Tasks only of the first round, and only of as many as are drawn."""
    files.begin(tmp_path, FACTS)
    for each in REPETITIONS:
        tasks = [task for task in DRAWN if (task.model, task.work) == (each.model, each.work)]
        files.append(tmp_path, each, tasks)
    stored = files.read(tmp_path)
    assert (stored.repetitions, stored.facts) == (REPETITIONS, FACTS)
    assert stored.drawn == DRAWN[:4]
    assert stored.rounds == 2


def test_a_run_that_has_not_come_to_its_end_is_not_drawn_again(tmp_path: Path) -> None:
    """Its rounds are not complete."""
    files.begin(tmp_path, FACTS)
    with pytest.raises(BenchError, match="no finished run there"):
        files.finished(tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, r"cannot be read \(No such file or directory\)"), ("# Page\n", "has no place")],
)
def test_a_page_without_a_place_is_refused(tmp_path: Path, text: str | None, reason: str) -> None:
    """Before anything is measured."""
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    with pytest.raises(BenchError, match=reason):
        files.check(page)


def test_a_page_is_filled_in_and_the_run_is_written(tmp_path: Path) -> None:
    """With its charts, beside the files that were measured."""
    folder = tmp_path / "run"
    folder.mkdir()
    files.begin(folder, FACTS)
    for each in REPETITIONS:
        files.append(folder, each, [task for task in DRAWN if task.model == each.model])
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("<!-- models: times -->\n<!-- end -->\n")
    files.write(folder, page)
    assert "](../run/times.png)" in page.read_text()
    assert {path.name for path in folder.iterdir()} == {
        *("machine.json", "repetitions.csv", "tasks.csv", "models.md"),
        *("times.svg", "times.png", "lanes.svg", "lanes.png"),
    }
