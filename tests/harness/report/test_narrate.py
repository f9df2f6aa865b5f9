"""A run in sentences: what it lacks, what its labels differ by, how right its figures are."""

from harness.measure.envelope import Envelope
from harness.report.narrate import UNCALIBRATED, narrate
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SMALL, plan, records, summary
from tests.support.envelopes import point


def test_a_run_without_records_has_only_missing_results() -> None:
    """Two deployments, three loads, three rounds."""
    empty = summarise("run", SMALL, MACHINE, [])
    assert len(narrate(empty, SMALL, []).holes) == 2 * 3 * 3


def test_the_difference_of_two_labels_of_one_deployment_stands_for_each_scenario() -> None:
    """One pair, two scenarios, and what chance makes of them all."""
    again = DEPLOYMENTS[2].model_copy(update={"name": "again"})
    twice = plan(users=(1, 16, 256), deployments=(*DEPLOYMENTS[1:3], again))
    cpu_ms = dict.fromkeys(("gunicorn-gthread-64", "uvicorn", "again"), 1.0)
    condensed = summarise("run", twice, MACHINE, records(twice, cpu_ms))
    assert len(narrate(condensed, twice, []).noise) == 3


def test_what_was_left_out_is_a_limit_of_the_run() -> None:
    """It is no missing result: the machine could not serve it."""
    reasons = {"nginx-uvicorn": "no program nginx here; install it"}
    said = narrate(summary(), SMALL, records(SMALL), left_out=reasons)
    assert said.limits[-1] == "nginx-uvicorn was left out: no program nginx here; install it."
    assert said.holes == ()


def test_a_run_says_how_right_its_figures_are_or_that_nobody_looked() -> None:
    """In the words of its envelope."""
    envelope = Envelope((point(400, 64),))
    kept = records(SMALL)
    assert narrate(summary(), SMALL, kept, envelope).calibration == f"{envelope.sentence}."
    assert narrate(summary(), SMALL, kept).calibration == UNCALIBRATED
    both = narrate(summary(), SMALL, kept, envelope, envelope).calibration
    assert both == f"{envelope.sentence}. For scenarios of an HttpUser: {envelope.sentence}."
