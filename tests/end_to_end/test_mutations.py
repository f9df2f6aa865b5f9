"""The suite notices what is wrong: each mutation of server or generator has its gate or its shift.

Real servers, real Locust; the faults are those that `make mutation-score` puts in.
"""

from pathlib import Path
from statistics import median

import pytest

from harness.core.record import Record
from harness.host import machine
from harness.rig.mutations import (
    CLOSING,
    COUNTING_TWICE,
    FROZEN_ONCE,
    SLOWER,
    UNCHANGED,
    WRONG,
    busy,
    costly,
)
from harness.runs.mutants import STARVING, trial

pytestmark = pytest.mark.long

OPEN = "rates_rps = [300]\nclients = 400\ntail_s = 3"


def gates(record: Record) -> set[str]:
    """Name the gates that a trial failed."""
    return {doubt.gate for doubt in record.doubts}


def value(measured: float | None) -> float:
    """Take a number that must have been measured."""
    assert measured is not None
    return measured


def test_five_milliseconds_more_shift_the_median_by_five(tmp_path: Path) -> None:
    """Uvloop's timer adds up to one more; two of each in turn, as cores drift and are disturbed.

    Users pause for so long that none queues behind another, whatever a request costs here.
    """
    before, slower, between, slower_again = (
        value(trial(tmp_path / str(number), mutation, think_ms=400).measurement.latency_p50_ms)
        for number, mutation in enumerate((UNCHANGED, SLOWER, UNCHANGED, SLOWER))
    )
    shifts = (slower - before, slower - between, slower_again - between)
    assert 4.5 < median(shifts) < 7


def test_twice_the_cpu_shows_as_twice_the_cpu(tmp_path: Path) -> None:
    """The mutant burns for each request what the application costs, as measured before."""
    before = value(trial(tmp_path / "before", UNCHANGED).measurement.server_cpu_ms_per_request)
    after = trial(tmp_path / "after", costly(before / 1000)).measurement
    assert 1.6 < value(after.server_cpu_ms_per_request) / before < 2.4


def test_a_freeze_shows_in_an_open_loop_as_what_it_is(tmp_path: Path) -> None:
    """One second of three: a third of the arrivals wait half a second on average, p90 over 0.5 s.

    In the closed loop only the twenty requests in flight see it, 2 % of all: p90 tells nothing.
    """
    closed = trial(tmp_path / "closed", FROZEN_ONCE).measurement
    opened = trial(tmp_path / "opened", FROZEN_ONCE, OPEN, think_ms=0).measurement
    assert value(closed.latency_max_ms) > 1000
    assert value(closed.latency_p90_ms) < 200
    assert value(opened.latency_max_ms) > 1000
    assert value(opened.latency_p90_ms) > 500


def test_a_server_that_closes_connections_fails_conservation(tmp_path: Path) -> None:
    """It is not the keep-alive that the plan promises."""
    record = trial(tmp_path, CLOSING)
    assert "conservation" in gates(record)
    assert record.measurement.connections_opened == record.measurement.requests


def test_one_wrong_body_in_fifty_fails_errors(tmp_path: Path) -> None:
    """The status is 200, the length is right."""
    record = trial(tmp_path, WRONG)
    assert "errors" in gates(record)
    assert value(record.measurement.error_share) == pytest.approx(0.02, abs=0.005)
    assert record.extra.error_kinds.startswith("body=")


def test_a_request_counted_twice_fails_conservation(tmp_path: Path) -> None:
    """The server numbers each request twice; the client knows of one."""
    record = trial(tmp_path, COUNTING_TWICE)
    assert "conservation" in gates(record)
    counted, known = value(record.extra.requests_counted), value(record.extra.requests_known)
    assert counted == pytest.approx(2 * known, rel=0.02)


def test_a_starved_generator_fails_its_gate(tmp_path: Path) -> None:
    """It wakes up too late to tell whose latency it measures, though it has little to do."""
    with busy(machine.cores().load, STARVING):
        record = trial(tmp_path, UNCHANGED)
    assert "generator" in gates(record)


def test_the_unchanged_application_passes_the_gates_that_the_mutants_fail(tmp_path: Path) -> None:
    """Else they would prove nothing."""
    assert not gates(trial(tmp_path, UNCHANGED)) & {"errors", "conservation"}
