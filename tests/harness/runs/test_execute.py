"""The order of things: what is started, loaded and stopped when, and what is kept."""

import sys
from dataclasses import replace

import pandas as pd
import psutil
import pytest

from harness.core.errors import BenchError
from harness.core.schedule import missing
from harness.host import kernel, prepare
from harness.host.limits import PORT_RANGE, Ceiling
from harness.host.machine import Cores
from harness.rig.places import Here
from harness.runs.execute import carry_out
from tests.support.fakes import Fake, fake, fake_locust, fake_open

__all__ = ["fake", "fake_locust", "fake_open"]

HERE = Here(Cores((0,), (0,)))


def test_each_block_has_a_fresh_server_that_is_gone_before_the_next(fake: Fake) -> None:
    """Start, load, stop; in the order drawn from the seed."""
    list(carry_out(fake.run, fake.blocks, HERE))
    expected = []
    for block in fake.blocks:
        name = block.deployment.name
        expected += [f"{name} starts", "load 1,2", f"{name} stops"]
    assert fake.lines == expected


def test_the_machine_is_probed_once_for_all_blocks(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading how far a limit may be raised writes it; four blocks must not do that again."""
    probes = []

    def ceilings() -> dict[str, Ceiling]:
        probes.append("probe")
        return {PORT_RANGE: Ceiling(28_232, 28_232)}

    monkeypatch.setattr(kernel, "ceilings", ceilings)
    with prepare.room(fake.run.plan) as sources:
        records = list(carry_out(fake.run, fake.blocks, HERE, sources))
    assert (len(fake.blocks), len(records), probes) == (4, 8, ["probe"])


def test_each_trial_is_on_disk_as_soon_as_it_is_yielded(fake: Fake) -> None:
    """A crash loses at most the trial under way."""
    for n, record in enumerate(carry_out(fake.run, fake.blocks, HERE), start=1):
        assert fake.run.records()[-1].trial == record.trial
        assert len(fake.run.records()) == n
    assert n == 8


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell what is shared")
def test_each_trial_has_the_memory_of_its_server_before_the_first_request(fake: Fake) -> None:
    """Read once a start, so it is the same in both load steps of a block."""
    for block in fake.blocks[:2]:
        first, second = carry_out(fake.run, [block], HERE)
        assert first.extra.at_rest_mib and first.extra.at_rest_mib > 1
        assert second.extra.at_rest_mib == first.extra.at_rest_mib


def test_a_run_that_stopped_within_a_block_goes_on_with_the_steps_that_are_missing(
    fake: Fake,
) -> None:
    """One trial done of the first block: a fresh server for its second step alone."""
    records = carry_out(fake.run, fake.blocks, HERE)
    next(records)
    records.close()  # type: ignore[attr-defined]
    fake.journal.unlink()
    left = missing(fake.blocks, fake.run.records())
    list(carry_out(fake.run, left, HERE))
    assert fake.lines[1] == "load 2"
    assert missing(fake.blocks, fake.run.records()) == ()
    assert len({record.trial.slug for record in fake.run.records()}) == 8


def test_stopping_in_the_middle_reaps_every_child(fake: Fake) -> None:
    """Server, Locust and canaries are gone when the records are no longer asked for."""
    before = psutil.Process().children(recursive=True)
    records = carry_out(fake.run, fake.blocks, HERE)
    next(records)
    children = [c for c in psutil.Process().children(recursive=True) if c not in before]
    assert len(children) == 4  # and a canary on each one's cores
    records.close()  # type: ignore[attr-defined]
    assert not any(child.is_running() for child in children)


def words() -> list[str]:
    """List the words of the commands that run; orphans of other tests may have ended since."""
    running = [c for c in psutil.Process().children() if c.status() != psutil.STATUS_ZOMBIE]
    return [word for child in running for word in child.cmdline()]


def test_locust_gets_how_many_requests_the_server_works_on_at_once(fake: Fake) -> None:
    """The first deployment has two slots, the second no limit."""
    flags = {}
    for record in carry_out(fake.run, fake.blocks, HERE):
        flags[record.trial.deployment] = [word for word in words() if word.startswith("--slots")]
    assert flags == {"first": ["--slots=2"], "second": []}


def test_a_server_that_dies_under_load_fails_its_block_and_the_run_goes_on(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trial before is kept, the one under way has no results but a reason."""
    kill = "os.system('pkill -9 -f \"server.py first\"'); time.sleep(5)"
    monkeypatch.setenv("AFTER_PLATEAU", kill)
    blocks = [block for block in fake.blocks if block.round == 1]
    failing = [block for block in blocks if block.deployment.name == "first"]
    monkeypatch.setattr("harness.rig.session.PATIENCE_S", 0)
    records = list(carry_out(fake.run, failing, HERE))
    assert [record.measurement.requests for record in records] == [1, None]
    assert str(records[1].doubts[0]) == "failed: first was killed by SIGKILL under load"
    assert [record.trial for record in fake.run.records()] == [record.trial for record in records]


def test_a_locust_that_dies_fails_its_block_and_the_run_goes_on(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block keeps its first trial."""
    monkeypatch.setenv("AFTER_PLATEAU", "os._exit(3)")
    records = list(carry_out(fake.run, fake.blocks[:2], HERE))
    assert [record.measurement.requests for record in records] == [1, None, 1, None]
    assert "Locust ended with status 3 before its last load step" in str(records[1].doubts[0])


def test_a_locustfile_that_does_not_even_run_ends_the_run_with_its_log(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fail in every block, so the run ends at once."""
    monkeypatch.setattr(
        "harness.rig.generator.LOCUST", ("python3", "-c", "raise SystemExit('no class')")
    )
    with pytest.raises(BenchError, match=r"Locust ended with status 1 .*\n +no class"):
        list(carry_out(fake.run, fake.blocks, HERE))
    assert fake.lines[-1].endswith("stops")


NOTE = """
def note(kind, text):
    with open(flags["notes"], "a") as file:
        file.write(json.dumps(dict(kind=kind, about="any", text=text)) + "\\n")
"""


def test_a_locustfile_that_is_refused_ends_the_run_with_one_line(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line of the plug-in, with the scenario; not the tail of a log."""
    refuse = "note('refused', 'Steps is a LoadTestShape: remove it'); sys.exit(1)"
    monkeypatch.setenv("BEFORE_PLATEAUS", f"{NOTE}\n{refuse}")
    with pytest.raises(BenchError) as caught:
        list(carry_out(fake.run, fake.blocks, HERE))
    assert str(caught.value) == "scenario wait: Steps is a LoadTestShape: remove it"
    assert fake.run.records() == ()


def test_a_locustfile_that_fails_at_once_ends_a_run_that_has_measured_nothing(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fail in every block; one that fails after others have not fails its own."""
    fail = "note('failed', '4 of 4 users ended by KeyError in on_start'); sys.exit(1)"
    monkeypatch.setenv("BEFORE_PLATEAUS", f"{NOTE}\n{fail}")
    with pytest.raises(BenchError, match=r"^scenario wait: 4 of 4 users ended by KeyError"):
        list(carry_out(fake.run, fake.blocks, HERE))
    monkeypatch.setenv("BEFORE_PLATEAUS", "")
    list(carry_out(fake.run, fake.blocks[:1], HERE))
    monkeypatch.setenv("BEFORE_PLATEAUS", f"{NOTE}\n{fail}")
    records = list(carry_out(fake.run, fake.blocks[1:2], HERE))
    assert {str(record.doubts[0]) for record in records} == {
        "failed: 4 of 4 users ended by KeyError in on_start"
    }


def test_a_run_stops_where_most_of_a_first_load_step_fails(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason; the trial is on disk, the children are gone, the second step is not asked.

    The server's log has what it printed since its start.
    """
    complain = "os.write(2, b'WARNING:  Exceeded concurrency limit.\\n')"
    server = fake.journal.with_name("server.py")
    server.write_text(f"import os\n{complain}\n{server.read_text()}")
    monkeypatch.setenv("BEFORE_PLATEAUS", "error = 'status'")
    with pytest.raises(BenchError) as caught:
        list(carry_out(fake.run, fake.blocks, HERE))
    name = fake.blocks[0].deployment.name
    assert str(caught.value) == (
        f"scenario wait, {name} at 1 client: 100% of the requests failed (limit 1%, 1 x status): "
        "fix what server.log says (1 x WARNING: Exceeded concurrency limit), or lower the load; "
        "the run stops at this first load step, begin a new one then"
    )
    (record,) = fake.run.records()
    assert record.extra.failures == "1 x status"
    assert fake.lines == [f"{name} starts", "load 1,2", f"{name} stops"]


def test_what_a_server_logs_in_the_next_ramp_does_not_count_for_the_step_before(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the harness reads its log later than the ramp begins."""
    complain = """open(flags["server-log"], "a").write(f"ERROR: after {users}\\n")"""
    monkeypatch.setenv("NEXT_RAMP", complain)
    first, second = carry_out(fake.run, fake.blocks[:1], HERE)
    assert (first.extra.log_errors, second.extra.log_errors) == ("", "1 x ERROR: after 1")


def test_a_deployment_that_has_served_before_does_not_stop_the_run(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fails in its second round is a finding, and the other deployments are measured."""
    first = [block for block in fake.blocks if block.round == 1]
    list(carry_out(fake.run, first, HERE))
    monkeypatch.setenv("BEFORE_PLATEAUS", "error = 'status'")
    again = [block for block in fake.blocks if block.round == 2]
    records = list(carry_out(fake.run, again, HERE))
    assert [record.measurement.error_share for record in records] == [1.0] * 4


def test_what_ends_locust_under_way_fails_what_is_left_of_its_block_by_its_name(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first load step is kept."""
    fail = "note('failed', 'the recorder failed, not the locustfile'); os._exit(1)"
    monkeypatch.setenv("AFTER_PLATEAU", f"{NOTE}\n{fail}")
    records = list(carry_out(fake.run, fake.blocks[:1], HERE))
    assert [record.measurement.requests for record in records] == [1, None]
    assert str(records[1].doubts[0]) == "failed: the recorder failed, not the locustfile"


def test_what_a_locustfile_does_is_kept_with_each_of_its_trials(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No note has the mark that stands between two in a file; none doubts a trial."""
    notes = "note('note', 'Buyer is paced; it pauses less'); note('note', 'Seller too')"
    monkeypatch.setenv("BEFORE_PLATEAUS", f"{NOTE}\n{notes}")
    first, second = carry_out(fake.run, fake.blocks[:1], HERE)
    assert first.extra.notes == second.extra.notes == "Buyer is paced, it pauses less; Seller too"
    assert fake.run.records()[0].extra.notes == first.extra.notes


def test_locust_gets_the_user_classes_that_run(fake: Fake) -> None:
    """All where the plan names none."""
    block = fake.blocks[0]
    scenario = block.scenario.model_copy(update={"users": ("Buyer", "Seller")})
    flags = []
    for each in (block, replace(block, scenario=scenario)):
        for _ in carry_out(fake.run, [each], HERE):
            running = words()
        flags.append([word for word in running if word.startswith("--user-classes")])
    assert flags == [[], ["--user-classes=Buyer,Seller"]]


def test_a_block_leaves_its_requests_as_one_parquet_file(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it was done in two goes; the files it was made from are gone."""
    monkeypatch.setenv("AFTER_PLATEAU", "time.sleep(5)")  # stopped before its second load step
    records = carry_out(fake.run, fake.blocks, HERE)
    next(records)
    records.close()  # type: ignore[attr-defined]
    monkeypatch.delenv("AFTER_PLATEAU")
    list(carry_out(fake.run, missing(fake.blocks, fake.run.records()), HERE))
    folder = fake.run.block_folder(fake.blocks[0])
    assert len(pd.read_parquet(folder / "requests.parquet")) == 1 + 2
    names = sorted(path.name for path in folder.glob("*.csv*"))
    assert names == ["canary-load.csv", "canary-server.csv", "usage.csv"]


def test_an_open_loop_takes_fractions_of_what_the_closed_one_served(fake_open: Fake) -> None:
    """Half and nine tenths of the highest throughput of the same deployment, measured before."""
    records = list(carry_out(fake_open.run, fake_open.blocks, HERE))
    for name in ("first", "second"):
        mine = [record for record in records if record.trial.deployment == name]
        closed = [r.measurement.throughput_rps or 0 for r in mine if r.trial.model == "closed"]
        rates = {r.trial.fraction: r.trial.rate_rps for r in mine if r.trial.model == "open"}
        assert rates == pytest.approx({0.5: 0.5 * max(closed), 0.9: 0.9 * max(closed)})
    assert [record.trial.model for record in records] == ["closed"] * 4 + ["open"] * 4


def test_an_open_loop_without_a_capacity_fails_with_the_reason(
    fake_open: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This deployment has no record in this round, so a fraction has no rate."""
    blocks = [block for block in fake_open.blocks if block.scenario.name == "open"]
    records = list(carry_out(fake_open.run, blocks, HERE))
    assert len(records) == 4
    assert {str(doubt) for record in records for doubt in record.doubts} == {
        "failed: scenario wait has no measured capacity to take fractions of"
    }
    assert fake_open.lines == []


def test_an_open_loop_that_stopped_goes_on_with_what_is_missing(fake_open: Fake) -> None:
    """Its trials are identified by their fraction, whatever rate that was."""
    records = carry_out(fake_open.run, fake_open.blocks, HERE)
    for _ in range(5):
        next(records)
    records.close()  # type: ignore[attr-defined]
    left = missing(fake_open.blocks, fake_open.run.records())
    assert left[0].load.steps == (0.9,)
    list(carry_out(fake_open.run, left, HERE))
    assert missing(fake_open.blocks, fake_open.run.records()) == ()
