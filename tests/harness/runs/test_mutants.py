"""What a trial must show of a fault: a gate, or a metric that is up by half of what was put in."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.core.errors import BenchError
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.runs.mutants import GateSign, ShiftSign, at_half_speed, middle, mutants
from tests.support.builders import SMALL, records

PLAIN = records(SMALL)[0]


def trials(*p50_ms: float) -> Sequence[Record]:
    """Build trials by their median latencies."""
    return [
        replace(PLAIN, measurement=replace(PLAIN.measurement, latency_p50_ms=ms)) for ms in p50_ms
    ]


def test_a_shift_shows_from_half_of_what_was_put_in() -> None:
    """5 ms over the median of 20, 21 and 30: from 23.5 ms on."""
    sign, usual = ShiftSign("latency_p50_ms", 5), trials(30, 20, 21)
    assert middle("latency_p50_ms", usual) == 21
    assert [sign.shows(trial, usual) for trial in trials(23.4, 23.5)] == [False, True]
    assert [sign.shows(trial, usual) for trial in usual] == [True, False, False]


def test_an_unchanged_trial_that_was_not_measured_ends_the_score() -> None:
    """A shift has nothing that it could be compared with."""
    failed = replace(PLAIN, measurement=Measurement(), doubts=(Doubt(GateName.FAILED, "no port"),))
    with pytest.raises(BenchError, match=r"no latency_p50_ms \(failed: no port\); use a quieter"):
        middle("latency_p50_ms", [PLAIN, failed])


def test_a_gate_shows_by_its_name_alone() -> None:
    """Another gate that fails is not the one that should have noticed."""
    trial = replace(PLAIN, doubts=(Doubt(GateName.HOST, "it was not ours"),))
    assert GateSign(GateName.HOST).shows(trial, [PLAIN])
    assert not GateSign(GateName.ERRORS).shows(trial, [PLAIN])


def test_half_the_speed_of_a_core_is_half_of_what_the_canary_measured() -> None:
    """120 against the median of 100, 110 and 120: 60 is 45.5% slower, 61 would be 44.5%."""
    usual = [replace(PLAIN, extra=Extra(server_core_speed=speed)) for speed in (100, 110, 120)]
    for trial, fails in ((usual[2], True), (replace(PLAIN, extra=speed(122)), False)):
        assert GateSign(GateName.HOST).shows(at_half_speed(trial, usual), usual) == fails


def test_a_trial_without_a_canary_cannot_be_slowed() -> None:
    """Else it would count as a fault that nobody noticed."""
    with pytest.raises(BenchError, match="the canary measured no speed of the server's core"):
        at_half_speed(PLAIN, [PLAIN])


def test_each_mutant_has_a_name_of_its_own() -> None:
    """They are rows of one table; twice the CPU time burns what a request costs."""
    names = [mutant.mutation.name for mutant in mutants(cpu_ms=0.8)]
    assert len(set(names)) == len(names)
    (costly,) = (each.mutation for each in mutants(0.8) if each.mutation.name.startswith("twice"))
    assert "time.thread_time() + 0.0008\n" in costly.patches[0].replacement


def speed(of_server: float) -> Extra:
    """Build what the canary measured of the server's core."""
    return Extra(server_core_speed=of_server)
