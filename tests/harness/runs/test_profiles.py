"""Which servers are profiled at which load, and that a profile never becomes a trial."""

import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Load, Scenario
from harness.host.machine import Cores
from harness.report.cpu_profile import HEADINGS, rows
from harness.rig import profiler
from harness.runs import profiles
from harness.runs.profiles import blocks
from harness.runs.summarise import summarise
from tests.support import builders
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, plan
from tests.support.fakes import Fake, fake, fake_locust

__all__ = ["fake", "fake_locust"]

ONE_CORE = Cores((0,), (0,))


def with_load(load: Load, scenario: Scenario = SCENARIOS[0]) -> Scenario:
    """Return a scenario with a load of its own."""
    return scenario.model_copy(update={"load": load})


def steps(scenario: Scenario) -> list[tuple[float, ...]]:
    """List the load steps that are profiled, of each of two deployments."""
    profiled = blocks(plan(deployments=DEPLOYMENTS[:2], scenarios=(scenario,)))
    return [block.load.steps for block in profiled]


def test_all_deployments_of_a_scenario_are_profiled_at_the_same_load() -> None:
    """The most users that all of them have, up to 1,024."""
    assert steps(SCENARIOS[0]) == [(1_024,), (1_024,)]
    only = {DEPLOYMENTS[0].name: (1.0, 16.0)}
    assert steps(SCENARIOS[0].model_copy(update={"only": only})) == [(16,), (16,)]
    many = Load(users=(1_000, 10_000), settle_s=1, measure_s=1)
    assert steps(with_load(many)) == [(1_000,), (1_000,)]


def test_of_rates_the_lowest_is_profiled_and_of_fractions_none() -> None:
    """The lowest is held by any server; fractions differ from server to server."""
    rates = Load(rates_rps=(50, 200), settle_s=1, measure_s=1)
    assert steps(with_load(rates)) == [(50,), (50,)]
    fractions = Load(fractions=(0.5, 0.9), of="plain", settle_s=1, measure_s=1)
    assert steps(with_load(fractions)) == []


def test_a_load_step_lasts_longer_than_its_samples_and_nothing_else_is_in_the_server() -> None:
    """The probe has a thread of its own, which would be in the samples."""
    probed = DEPLOYMENTS[2].model_copy(update={"probe": True})
    (block,) = blocks(plan(deployments=(probed,), scenarios=SCENARIOS[:1]))
    assert not block.deployment.probe
    assert block.load.measure_s == profiles.SAMPLE_S + 2 * profiles.SLACK_S


PY_SPY = """
import sys
output = next(word.removeprefix("--output=") for word in sys.argv if word.startswith("--output="))
open(output, "w").write("view (/home/me/app/views.py:1) 30\\nrun (/x/lib/python3.12/site-packages/"
    "gunicorn/arbiter.py:1) 10\\n")
"""

CONNECT = "import socket; there = socket.create_connection(('127.0.0.1', PORT)); time.sleep(0.1)"


@pytest.fixture
def profiled(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Return a run whose load connects and goes on, with a program in the place of py-spy."""
    program = tmp_path / "py-spy"
    program.write_text(f"#!{sys.executable}\n{PY_SPY}")
    program.chmod(0o755)
    monkeypatch.setattr(profiler, "_program", lambda: str(program))
    monkeypatch.setattr(profiles, "SLACK_S", 0.2)
    port = "int(next(w for w in sys.argv if w.startswith('--host=')).rpartition(':')[2])"
    monkeypatch.setenv("BEFORE_PLATEAUS", CONNECT.replace("PORT", port))
    monkeypatch.setenv("NEXT_RAMP", "plateau['closed'] += 60")
    return fake


def test_profiles_are_kept_apart_from_all_trials(profiled: Fake) -> None:
    """In profile.json, with shares of the time; of 40 samples 30 are the app's."""
    outcomes = list(profiles.carry_out(profiled.run, ONE_CORE))
    assert [(block.deployment.name, reason) for block, reason in outcomes] == [
        ("first", ""),
        ("second", ""),
    ]
    assert profiled.run.records() == ()
    first, second = profiled.run.profiles()
    assert (first.deployment, second.deployment) == ("first", "second")
    assert (first.scenario, first.load, first.samples) == ("wait", 2, 40)
    assert first.flames == "profiles/first.wait/flames.svg"
    assert (profiled.run.folder / first.flames).exists()
    assert sum(first.shares.values()) == pytest.approx(1)
    assert first.shares["app"] == pytest.approx(3 * first.shares["server"])


def test_what_cannot_be_profiled_has_a_reason_and_the_next_goes_on(
    profiled: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load step that was over before, as where all ask at once."""
    monkeypatch.setenv("NEXT_RAMP", "")
    reasons = [reason for _, reason in profiles.carry_out(profiled.run, ONE_CORE)]
    assert reasons == 2 * ["the load step was over before all samples were taken"]
    assert profiled.run.profiles() == ()


def test_a_report_has_a_row_for_each_profile_and_where_its_flame_graph_is(profiled: Fake) -> None:
    """Under the headings; a run without profiles has no row."""
    list(profiles.carry_out(profiled.run, ONE_CORE))
    kept = profiled.run.profiles()
    small = builders.SMALL
    whole = summarise("run", small, MACHINE, builders.records(small), profiles=kept)
    table = rows(whole, "wait")
    assert [len(row) for row in table] == 2 * [len(HEADINGS)]
    assert table[0][:2] == ("first", "2 clients")
    assert table[0][-2:] == ("40", "profiles/first.wait/flames.svg")
    assert rows(builders.summary(), "wait") == ()


def test_a_spoilt_file_of_profiles_is_named_with_the_cure(fake: Fake) -> None:
    """The run is whole without it."""
    (fake.run.folder / "profile.json").write_text("{")
    with pytest.raises(BenchError, match=r"profile.json: cannot be read; remove it"):
        fake.run.profiles()
