"""`make baseline`, `make compare` and `make trend` end to end, on runs that never took place.

Each fault gets one clear line and exit status 2.
"""

from pathlib import Path

import pytest

from harness.runs.history import HISTORY, append, condense
from tests.support.histories import FACTS, NEWER, TEXT, finished_run
from tests.support.histories import entry as built
from tests.support.verbs import call

NO_VERDICT = "This is a trend, not a verdict: "


class Verbs:
    """Call the verbs on a results folder of its own."""

    def __init__(self, results: Path) -> None:
        self.results = results

    def run(self, verb: str, *words: str) -> tuple[int, str, str]:
        """Return status, output and errors."""
        return call(verb, *words, f"--results={self.results}")

    def fails(self, verb: str, *words: str) -> str:
        """Run what cannot be done; return its one line."""
        status, output, errors = self.run(verb, *words)
        assert (status, output) == (2, "")
        assert errors.count("\n") == 1
        return errors.removeprefix("error: ").strip()


@pytest.fixture
def verbs(tmp_path: Path) -> Verbs:
    """Return the verbs on an empty results folder."""
    return Verbs(tmp_path)


def test_a_run_is_accepted_and_another_compared_with_it(verbs: Verbs) -> None:
    """A quarter less CPU time: more throughput at a full core; flagged cells are in brackets."""
    finished_run(verbs.results, "old")
    status, output, errors = verbs.run("baseline", "first", "--run=old")
    assert (status, errors) == (0, "")
    path = verbs.results / "baselines" / "first.json"
    assert "run old (abc123) of 20" in output and NO_VERDICT in output
    assert output.endswith(f"baseline: {path}\n")
    finished_run(verbs.results, "new", faster=1.25, doubted="uvicorn-shared")
    status, output, errors = verbs.run("compare", "first")
    assert (status, errors) == (0, "")
    assert output.startswith("run new (abc123) of 20") and " over run old (abc123)" in output
    rows = [line for line in output.splitlines() if " clients " in line]
    assert len(rows) == 8
    assert all(("(0.80)" in row) == row.startswith(" uvicorn-shared") for row in rows)
    assert NO_VERDICT in output and "make check BASE=ref" in output


def test_two_runs_are_shown_side_by_side_with_what_differs(verbs: Verbs) -> None:
    """Also where machine and plan do; the page has the same, and its path is printed."""
    finished_run(verbs.results, "old")
    text = TEXT.replace("measure_s = 1.5", "measure_s = 3")
    finished_run(verbs.results, "new", NEWER, text, doubted="uvicorn-shared")
    status, output, errors = verbs.run("compare_runs", "--a=old")
    assert (status, errors) == (0, "")
    assert output.startswith("A = run old (abc123) of 20") and "\nB = run new (abc123)" in output
    difference = "python CPython 3.11.2 -> CPython 3.12.1; plan: load.measure_s 1.5 -> 3.0."
    assert difference in output
    assert output.count("1.00 (") == 8 and output.count("○ ~") == 4 * 2
    page = verbs.results / "comparisons" / "old--new.html"
    assert output.endswith(f"comparison: {page}\n")
    assert "CPython 3.11.2 -&gt; CPython 3.12.1" in page.read_text()


def test_a_comparison_of_two_runs_needs_both_and_finished_ones(verbs: Verbs) -> None:
    """One line with the cure."""
    assert verbs.fails("compare_runs") == (
        "the comparison needs a run: make compare-runs A=first B=second; --help lists the options"
    )
    finished_run(verbs.results, "it")
    finished_run(verbs.results, "half", missing=1)
    assert "`make bench RUN=half` goes on with it" in verbs.fails("compare_runs", "--a=it")
    assert "no run there" in verbs.fails("compare_runs", "--a=other", "--b=it")


def test_a_run_equals_itself(verbs: Verbs) -> None:
    """Every ratio is 1 and open."""
    finished_run(verbs.results, "it")
    assert verbs.run("baseline", "first")[0] == 0
    _, output, _ = verbs.run("compare", "first", "--run=it")
    assert output.count("~ 1.00") == 8 * 4


def test_a_comparison_across_machines_is_refused_with_what_differs(verbs: Verbs) -> None:
    """Facts and the plan's meaning, each with both values."""
    finished_run(verbs.results, "old")
    assert verbs.run("baseline", "first")[0] == 0
    facts = FACTS | {"python": "CPython 3.12.1", "uvicorn": "0.55"}
    text = TEXT.replace("measure_s = 1.5", "measure_s = 3")
    finished_run(verbs.results, "new", facts, text)
    assert verbs.fails("compare", "first", "--run=new") == (
        "run new cannot be compared with run old: python CPython 3.11.2 -> CPython 3.12.1, "
        "uvicorn 0.54 -> 0.55, plan: load.measure_s 1.5 -> 3.0; accept a baseline here, or judge "
        "with: make check BASE=ref"
    )


def test_a_run_that_is_not_finished_is_no_baseline(verbs: Verbs) -> None:
    """With how to finish it."""
    finished_run(verbs.results, "stopped", missing=1)
    assert "run stopped is not finished; `make bench RUN=" in verbs.fails("baseline", "first")


@pytest.mark.parametrize("file", ["trials.csv", "run.json"])
def test_a_run_that_is_cut_short_is_no_baseline(verbs: Verbs, file: str) -> None:
    """The file is named."""
    path = finished_run(verbs.results, "it").folder / file
    path.write_text(path.read_text()[:-40])
    assert verbs.fails("baseline", "first").startswith(str(path))


def test_an_unknown_run_is_no_baseline(verbs: Verbs) -> None:
    """The one line says where to look."""
    message = verbs.fails("baseline", "first", "--run=unknown")
    assert message.startswith(f"{verbs.results / 'unknown'}: no run there; ")


def test_a_name_that_is_taken_is_refused(verbs: Verbs) -> None:
    """--replace is the way to take it again."""
    finished_run(verbs.results, "it")
    assert verbs.run("baseline", "first")[0] == 0
    assert "REPLACE=1" in verbs.fails("baseline", "first")
    assert verbs.run("baseline", "first", "--replace")[0] == 0


@pytest.mark.parametrize(
    ("verb", "message"),
    [
        ("baseline", "the baseline needs a name: make baseline NAME=first"),
        ("compare", "the comparison needs a baseline: make compare BASELINE=first"),
    ],
)
def test_no_name_at_all_gets_one_line(verbs: Verbs, verb: str, message: str) -> None:
    """With the words that name one."""
    assert verbs.fails(verb) == f"{message}; --help lists the options"


def test_a_trend_is_drawn_and_printed(verbs: Verbs) -> None:
    """Two finished runs and a line that was cut short: a chart, a table, notes, no verdict."""
    for name in ("a", "bb"):
        append(verbs.results, condense(finished_run(verbs.results, name)))
    with (verbs.results / HISTORY).open("a") as file:
        file.write('{"schema":1,')
    status, output, errors = verbs.run("trend")
    assert (status, errors.count("\n")) == (0, 1)
    assert errors.startswith("note: ") and errors.endswith(
        "line 3: cut short or spoilt, left out\n"
    )
    assert "plan smoke, 2 runs; " in output
    assert "Change points need 10 runs with equal facts, 8 more than" in output
    assert NO_VERDICT in output
    for suffix in ("svg", "png"):
        assert (verbs.results / f"trend.{suffix}").stat().st_size > 10_000


def test_a_plan_names_the_runs_to_draw(verbs: Verbs) -> None:
    """By its file, as everywhere."""
    append(verbs.results, built(1, {"uvicorn.wait.64": 1.0}))
    status, output, _ = verbs.run("trend", "loadtests/plans/default.toml")
    assert status == 0 and "plan default, 1 run; " in output
    message = verbs.fails("trend", "loadtests/plans/smoke.toml")
    assert message == "the history has no run of plan smoke; each finished `make bench` adds one"


def test_no_history_gets_one_line(verbs: Verbs) -> None:
    """That says what makes one."""
    assert "no history there" in verbs.fails("trend")
