"""What a run prints while it is carried out, and at its end."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Load, Machines, Plan
from harness.core.record import Extra, Record
from harness.core.schedule import blocks
from harness.host.machine import Cores
from harness.report.narrate import narrate
from harness.report.write import Report
from harness.rig import profiler
from harness.runs.summarise import summarise
from harness.terminal import bench, terminal
from tests.support import builders
from tests.support.histories import finished_run

PAGE = Path("results/run/report.html")


APP1 = builders.plan().model_copy(update={"machines": Machines(server="ssh://bench@app1:2222")})


@pytest.mark.parametrize("host", [None, "app2", "bench@app1:2222"])
def test_no_load_goes_to_another_host_unless_that_is_confirmed(host: str | None) -> None:
    """Name the host, and nothing near it; without a terminal nobody can type yes."""
    with pytest.raises(BenchError, match="CONFIRM=app1"):
        bench.admit(APP1, host, profiled=False)


def test_a_host_is_confirmed_by_its_name() -> None:
    """Without user and port, which say how it is reached."""
    bench.admit(APP1, "app1", profiled=False)


def test_a_server_on_another_host_is_not_profiled() -> None:
    """Say so before the run, not after it."""
    with pytest.raises(BenchError, match="leave PROFILE out"):
        bench.admit(APP1, "app1", profiled=True)


@pytest.mark.parametrize(
    "load",
    [
        Load(rates_rps=(12.5, 25), settle_s=1, measure_s=2),
        Load(fractions=(0.125, 0.5), of="wait", settle_s=1, measure_s=2),
        Load(users=(1, 16), settle_s=1, measure_s=2),
    ],
    ids=lambda load: load.model,
)
def test_each_session_ends_with_a_line_of_its_own(
    load: Load, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two deployments, two load steps each; a rate or a percentage with a dot is one of them."""
    plan = builders.plan(rounds=1, scenarios=[builders.scenario("wait")])
    two = plan.model_copy(update={"load": load, "deployments": plan.deployments[:2]})
    order = blocks(two)
    trials = [trial for block in order for trial in block.trials]
    doubts = [(Doubt(GateName.GENERATOR, "busy"),), (), (), ()]
    records = [
        Record(trial, "", Measurement(), Extra(), doubt)
        for trial, doubt in zip(trials, doubts, strict=True)
    ]
    bench.follow(finished_run(tmp_path, "it"), order, records)
    printed = capsys.readouterr().out
    assert f"1/2 {order[0].slug}: 2 trials, 1 flagged" in printed
    assert f"2/2 {order[1].slug}: 2 trials, none flagged\n" in printed


def test_a_trial_knows_its_block() -> None:
    """By the same name as the block itself."""
    block = blocks(builders.plan())[0]
    assert {trial.block for trial in block.trials} == {block.slug}


def finished(before: str = "") -> tuple[Report, Plan]:
    """Build the report of a run whose deployments have some text before their names."""
    servers = [
        each.model_copy(update={"name": before + each.name}) for each in builders.SMALL.deployments
    ]
    plan = builders.SMALL.model_copy(update={"deployments": tuple(servers)})
    kept = builders.records(plan, {each.name: 1.0 for each in servers})
    summary = summarise("run", plan, builders.MACHINE, kept)
    return Report(summary, narrate(summary, plan, kept), PAGE), plan


@pytest.mark.parametrize("before", ["", "n" * 60, "a-b-" * 15])
def test_the_end_of_a_run_keeps_to_eighty_columns(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, whatever the names; these are whole in the table, over several lines."""
    printed = StringIO()
    screen = Console(file=printed, width=80, force_terminal=True, color_system=None, soft_wrap=True)
    monkeypatch.setattr(terminal, "OUT", screen)
    monkeypatch.setattr(bench, "OUT", screen)
    whole, plan = finished(before)
    bench.verdict(whole, plan)
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("(" in line and " to " in line for line in lines) >= 3
    names = "".join(line.split()[0] for line in lines if line.strip())
    assert all(server.name in names for server in plan.deployments)
    assert lines[-1] == f"report: {PAGE}"


def test_the_end_of_a_run_is_a_table_three_sentences_and_a_path(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Where it is no terminal, a sentence is one line, to be searched for."""
    whole, plan = finished()
    bench.verdict(whole, plan)
    printed = capsys.readouterr().out
    short = whole.narrative.short
    assert len(short) == 3
    assert tuple(line for line in printed.splitlines() if line in short) == short
    assert printed.count("req/s") == 1
    assert printed.endswith("\nreport: results/run/report.html\n")


def test_a_script_gets_nothing_but_json(capsys: pytest.CaptureFixture[str]) -> None:
    """What precedes the result goes to stderr, or nowhere."""
    whole, plan = finished()
    for quiet in (False, True):
        with terminal.output(quiet=quiet, as_json=True):
            terminal.PROGRESS.print("calibrating")
            bench.verdict(whole, plan, as_json=True)
        printed = capsys.readouterr()
        assert json.loads(printed.out)["run"] == "run"
        assert printed.err == ("" if quiet else "calibrating\n")
    terminal.PROGRESS.print("as before")
    assert capsys.readouterr().out == "as before\n"


def test_quiet_leaves_out_what_precedes_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    """Not the result."""
    whole, plan = finished()
    with terminal.output(quiet=True, as_json=False):
        terminal.PROGRESS.print("calibrating")
        bench.verdict(whole, plan)
    printed = capsys.readouterr().out
    assert "calibrating" not in printed
    assert whole.narrative.short[0] in printed


def test_a_run_that_is_stopped_says_how_it_goes_on(tmp_path: Path) -> None:
    """With its trials; where all are measured, as when the profiles are stopped, with a report."""
    whole = finished_run(tmp_path, "it")
    assert bench.stopped(whole).endswith("report them with: make report RUN=it")
    trials = whole.folder / "trials.csv"
    trials.write_text("".join(trials.read_text().splitlines(keepends=True)[:-1]))
    assert bench.stopped(whole).endswith("continue with: make bench RUN=it")


def test_where_nothing_can_be_profiled_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on without; the reason has the cure."""
    monkeypatch.setattr(profiler, "_program", lambda: None)
    assert not bench.can_profile(Cores((0,), (0,)))
    printed = capsys.readouterr().err
    assert printed == "not profiled: py-spy is missing; make setup GROUP=profile\n"
