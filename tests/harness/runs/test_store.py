"""What a run leaves on disk comes back as it was, or the fault is named."""

import csv
from dataclasses import asdict, replace
from pathlib import Path
from shutil import copytree

import pytest

from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.plan_file import read
from harness.core.record import Extra, Record
from harness.core.schedule import blocks, missing
from harness.core.summary import HeatMap, Lane, Lanes, LoadStep, Stop, StopTally, Timeline
from harness.core.trial import Block, Trial
from harness.runs.store import OfBlocks, Run, newest
from harness.runs.summarise import summarise
from harness.runs.trial_row import COLUMNS
from tests.support.builders import with_names
from tests.support.old_runs import OLD_RUNS

PLAN, TEXT = read(Path("loadtests/plans/smoke.toml"))

# The contract: these columns in this order, then any more.
CONTRACT = [
    "run",
    "deployment",
    "interface",
    "views",
    "slots",
    "scenario",
    "model",
    "users",
    "rate_rps",
    "round",
    "started",
    "measured_s",
    "requests",
    "errors",
    "error_share",
    "throughput_rps",
    "latency_mean_ms",
    "latency_p50_ms",
    "latency_p90_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "latency_p999_ms",
    "latency_max_ms",
    "queue_p50_ms",
    "queue_p99_ms",
    "connect_p99_ms",
    "connections_opened",
    "server_cpu_ms_per_request",
    "server_cpu_share",
    "server_rss_mib",
    "server_threads",
    "load_cpu_share",
    "load_lag_p99_ms",
    "steal_share",
    "little_residual",
    "listen_overflows",
    "valid",
    "doubts",
]


def new_run(folder: Path) -> Run:
    """Make a run of the smoke plan."""
    return Run.create(folder / "a-run", TEXT, {"processor": "x"}, "abc", [])


def record(block: Block, users: int, **changes: object) -> Record:
    """Build a record of one trial."""
    measurement = Measurement(measured_s=2.0, requests=10, throughput_rps=5.25)
    base = Record(
        trial_of(block, users), "2026-01-01T00:00:00", measurement, Extra(wait_ms=100.0), ()
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def trial_of(block: Block, users: int) -> Trial:
    """Return the trial of one step."""
    return next(trial for trial in block.trials if trial.users == users)


def first_block(plan: Plan = PLAN) -> Block:
    """Return the first block of the order."""
    return blocks(plan)[0]


def test_the_columns_are_those_of_the_contract_then_any_more() -> None:
    """Other tools read trials.csv."""
    assert list(COLUMNS[: len(CONTRACT)]) == CONTRACT


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Empty means not measured; doubts keep their gate and their reason."""
    run = new_run(tmp_path)
    doubts = (
        Doubt(GateName.ERRORS, "2% of the requests failed (limit 1%, reset=40)"),
        Doubt(GateName.HOST, "stolen"),
    )
    written = record(first_block(), 4, doubts=doubts)
    run.append(written)
    assert Run.open(run.folder).records() == (written,)
    with (run.folder / "trials.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["latency_p99_ms"] == ""
    assert row["valid"] == "false"


def test_a_trial_of_another_application_has_no_views(tmp_path: Path) -> None:
    """Nor has its row."""
    run = new_run(tmp_path)
    written = record(first_block(), 4)
    written = replace(written, trial=replace(written.trial, views=None))
    run.append(written)
    assert Run.open(run.folder).records() == (written,)


def test_the_figures_by_name_come_back_with_their_trial(tmp_path: Path) -> None:
    """In names.csv, a row per trial and name; a trial without names has none."""
    run = new_run(tmp_path)
    first = with_names(record(first_block(), 4), {"home": 20.0, "a, b": 400.0})
    later = record(first_block(), 64, started="2026-01-01T00:01:00")
    run.append(first)
    run.append(later)
    assert Run.open(run.folder).records() == (first, later)
    with (run.folder / "names.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["latency_p99_ms"]) for row in rows] == [("home", ""), ("a, b", "")]
    assert {(row["deployment"], row["users"]) for row in rows} == {(first.trial.deployment, "4")}


def test_a_run_from_before_names_has_none_and_may_go_on(tmp_path: Path) -> None:
    """The file is made with the first trial that has names."""
    run = new_run(tmp_path)
    run.append(record(first_block(), 4))
    (run.folder / "names.csv").unlink()
    assert [each.names for each in run.records()] == [()]
    later = record(first_block(), 64, started="2026-01-01T00:01:00")
    run.append(with_names(later, {"home": 20.0}))
    assert [len(each.names) for each in run.records()] == [0, 1]


def test_a_spoilt_name_is_refused_with_file_and_line(tmp_path: Path) -> None:
    """As a row of trials.csv is."""
    run = new_run(tmp_path)
    run.append(with_names(record(first_block(), 4), {"home": 20.5}))
    path = run.folder / "names.csv"
    path.write_text(path.read_text().replace("20.5", "fast"))
    with pytest.raises(BenchError, match=r"names.csv, line 2: cut short or spoilt .*'fast'"):
        run.records()


def test_a_run_from_before_a_column_came_can_be_read(tmp_path: Path) -> None:
    """What it does not have was not measured."""
    run = new_run(tmp_path)
    written = record(first_block(), 4)
    run.append(written)
    lines = (run.folder / "trials.csv").read_text().splitlines()
    (run.folder / "trials.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    assert COLUMNS[-1] not in (run.folder / "trials.csv").read_text()
    assert run.records() == (written,)


def test_a_doubt_by_a_gate_that_this_version_lacks_is_kept(tmp_path: Path) -> None:
    """The run is read; the reason has the name of the gate."""
    run = new_run(tmp_path)
    run.append(record(first_block(), 4, doubts=(Doubt(GateName.HOST, "stolen"),)))
    path = run.folder / "trials.csv"
    path.write_text(path.read_text().replace("host: stolen", "sunspots: too many; host: stolen"))
    assert run.records()[0].doubts == (
        Doubt(GateName.UNKNOWN, "sunspots: too many"),
        Doubt(GateName.HOST, "stolen"),
    )


def test_a_run_is_never_made_over_another(tmp_path: Path) -> None:
    """The folder is there already."""
    new_run(tmp_path)
    with pytest.raises(BenchError, match=r"cannot be written \(File exists\)"):
        new_run(tmp_path)


def test_a_folder_that_cannot_be_written_is_named_with_the_cure(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "results").write_text("")
    with pytest.raises(BenchError, match=r"cannot be written .*; make it writable or name another"):
        Run.create(tmp_path / "results" / "run", TEXT, {}, "", [])


def test_what_is_missing_is_what_has_no_record_yet(tmp_path: Path) -> None:
    """A block of two steps with one done has one left; a block with all done has none."""
    run = new_run(tmp_path)
    first, second, *rest = blocks(PLAN)
    run.append(record(first, 4))
    for users in second.load.users:
        run.append(record(second, users))
    left = missing(blocks(PLAN), run.records())
    assert [block.slug for block in left] == [block.slug for block in (first, *rest)]
    assert left[0].load.users == (64,)


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda text: text[: text.rindex("true") + 2], "line 2: cut short or spoilt"),
        (lambda text: text.replace("5.25", "five"), "line 2: cut short or spoilt"),
        (
            lambda text: text.replace(",wsgi,", ",xsgi,").replace(",asgi,", ",xsgi,"),
            r"interface: input should be 'wsgi' or 'asgi', not 'xsgi'",
        ),
        (lambda text: text.replace("5.25", "five"), "throughput_rps: .*, not 'five'"),
        (lambda text: text.rstrip() + "7,7\r\n", "more columns than the file"),
        (lambda text: text.replace("little_residual,", "residual,"), "no column little_residual"),
        (lambda text: text.replace("true", "false"), "valid and doubts contradict"),
    ],
)
def test_a_spoilt_row_is_named_by_file_and_line(tmp_path: Path, spoil: object, fault: str) -> None:
    """Whatever happened to the file, no traceback and no wrong number."""
    run = new_run(tmp_path)
    run.append(record(first_block(), 4, measurement=replace(Measurement(), throughput_rps=5.25)))
    path = run.folder / "trials.csv"
    path.write_text(spoil(path.read_text()))  # type: ignore[operator]
    with pytest.raises(BenchError, match=fault) as caught:
        run.records()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}, line 2: cut short or spoilt (")
    assert line.endswith("; delete the line and go on with the run")


def test_a_trials_file_that_is_gone_or_binary_is_named(tmp_path: Path) -> None:
    """The error has the path of the file."""
    run = new_run(tmp_path)
    (run.folder / "trials.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BenchError, match=r"trials\.csv"):
        run.records()
    (run.folder / "trials.csv").unlink()
    with pytest.raises(BenchError, match=r"trials\.csv: cannot be read"):
        run.records()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1}', "null"])
def test_a_spoilt_run_json_is_named(tmp_path: Path, text: str) -> None:
    """Cut short, another schema, or not what it should be."""
    run = new_run(tmp_path)
    (run.folder / "run.json").write_text(text)
    with pytest.raises(BenchError, match=r"run\.json: (spoilt|not of schema 1)"):
        Run.open(run.folder)


def test_a_missing_run_is_refused_with_where_runs_are(tmp_path: Path) -> None:
    """A wrong name on the command line."""
    with pytest.raises(BenchError, match="no run there; `ls "):
        Run.open(tmp_path / "nothing")
    with pytest.raises(BenchError, match="no run there yet; `make bench` makes one"):
        newest(tmp_path)


def test_the_newest_run_is_the_one_started_last(tmp_path: Path) -> None:
    """By when it was made, not by name."""
    Run.create(tmp_path / "b", TEXT, {}, "", [])
    second = Run.create(tmp_path / "a", TEXT, {}, "", [])
    (second.folder / "run.json").touch()
    assert newest(tmp_path) == second.folder


def test_the_cells_of_a_summary_come_back(tmp_path: Path) -> None:
    """As they were summarised, with doubts and names; without a summary the cure is named."""
    run = Run.open(Path(copytree(OLD_RUNS[0], tmp_path / "old")))
    with pytest.raises(BenchError, match=r"summary\.json: cannot be read; `make report RUN=old`"):
        run.samples()
    summary = summarise(run.name, run.plan, run.facts.machine, run.records())
    assert any(sample.doubts for sample in summary.samples)
    run.write_summary(asdict(summary))
    assert run.samples() == summary.samples


def test_what_a_summary_has_of_blocks_outlives_them(tmp_path: Path) -> None:
    """A reference is kept without its rows: what was made of them is read again."""
    run = Run.open(Path(copytree(OLD_RUNS[0], tmp_path / "old")))
    assert not run.has_blocks
    assert run.of_blocks() == OfBlocks()
    story = Timeline("wait", "one", (0, 1), (1, 2), (None, 1), (0, 3), (Stop(0.5, 90.0, True),))
    tally = StopTally("wait", "one", "wsgi", 2, 7, 6, 90.0)
    lane = Lanes("wait", "one", 64.0, 1, (Lane(0.5, {"part_queue_ms": 2.0}, None, False),))
    heat = HeatMap("wait", "one", 1, (1.0, 1.2), ((3,), (0,)), (1.1, None), (LoadStep(0, 64),))
    stored = OfBlocks((story,), (tally,), (lane,), (heat,))
    run.write_summary(asdict(stored))
    assert run.of_blocks() == stored
    run.block_folder(first_block())
    assert run.has_blocks
