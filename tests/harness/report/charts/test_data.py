"""What the charts show, before it is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from harness.report.charts import data
from harness.report.charts.data import ASGI, WSGI, Subject
from harness.runs import summarise
from tests.support.builders import DEPLOYMENTS, plan, records, sample

SUMMARY = summarise.summarise("run", plan(), {}, records(plan()))
GTHREAD, UVICORN = DEPLOYMENTS[1], DEPLOYMENTS[2]


def subject(*rates: tuple[float | None, ...]) -> Subject:
    """Build the subject of one deployment, a load each."""
    samples = tuple(sample(UVICORN, 4**n, each) for n, each in enumerate(rates))
    return Subject("wait", 3, samples, (), {UVICORN.name: ASGI[0]})


def test_a_deployment_looks_the_same_in_every_scenario() -> None:
    """Blues for WSGI, vermillions for ASGI, in the order of the plan."""
    wait, plain = data.subjects(SUMMARY)
    assert wait.looks == plain.looks
    assert wait.looks["gunicorn-gthread-64"] == WSGI[1]
    assert wait.looks["uvicorn-sync-views"] == ASGI[2]


def test_no_two_looks_share_a_marker_or_a_line() -> None:
    """So lines differ without colour."""
    looks = (*WSGI, *ASGI)
    assert len({look.marker for look in looks}) == len(looks)
    assert {look.dashes for look in WSGI} == {()}
    assert len({look.dashes for look in ASGI} - {()}) == len(ASGI)


def test_ratios_are_those_to_the_reference() -> None:
    """One point per load; the range around 1 is inconclusive."""
    wait, _ = data.subjects(SUMMARY)
    assert wait.reference
    assert wait.reference.deployment == GTHREAD.name
    points = wait.ratios(GTHREAD.name, UVICORN.name, 1)
    assert [point.mark for point in points] == ["~", "~", "~", "", ""]


def test_ratios_over_slots_stand_at_users_per_slot() -> None:
    """Loads 1 to 1,024 of 64 slots; at most that many as there are slots nothing is decided."""
    wait, _ = data.subjects(SUMMARY)
    assert wait.best_asgi == "uvicorn-shared"
    points = wait.slot_ratios()[GTHREAD.name]
    assert [point.load for point in points] == [1 / 64, 1 / 4, 1, 4, 16]
    assert [point.mark for point in points] == ["~", "~", "~", "", ""]
    assert list(wait.slot_ratios()) == ["gunicorn-sync", GTHREAD.name]


def test_the_predicted_ratio_over_slots_is_that_of_the_bounds() -> None:
    """D = 250, S = 0.8 and 0.65 ms: 1 up to the slots, then 4, then (1 / 0.65) / (64 / 250.8)."""
    wait, _ = data.subjects(SUMMARY)
    users, ratios = wait.predicted_slot_ratios(GTHREAD.name)
    assert (users[0], users[-1]) == pytest.approx((1 / 64, 16))
    predicted = np.interp([1 / 64, 1 / 4, 1, 4, 16], users, ratios)
    assert predicted == pytest.approx([1.0, 1.0, 1.0, 4.0, 6.03], abs=0.01)


def test_theory_says_how_many_can_be_served_in_time() -> None:
    """64 slots of 250.8 ms serve 255/s: within 501.6 ms 128 users; who has no slots more."""
    samples = tuple(replace(each, objective_ms=501.6) for each in SUMMARY.samples)
    wait, _ = data.subjects(replace(SUMMARY, samples=samples))
    assert wait.most_in_time(GTHREAD.name) == pytest.approx(128)
    # One core at 1.3 ms: 769/s, so 386 users; at 0.65 ms 772, all below the 1,024 measured.
    assert wait.most_in_time(UVICORN.name) == pytest.approx(385.8, abs=0.1)
    narrow = replace(wait, samples=tuple(s for s in wait.samples if s.users < 100))
    assert narrow.most_in_time(GTHREAD.name) is None


def test_rounds_are_shown_as_percent_off_their_middle() -> None:
    """98, 100 and 103 of 100 are -2, 0 and +3%."""
    off = subject((98, 100, 103)).deviations(UVICORN.name, 1)
    assert [round(p.spread.middle, 6) for p in off if p.spread] == [-2, 0, 3]


def test_a_load_without_a_measurement_has_no_point_and_is_called_failed() -> None:
    """It stays in the staircase, so that the line breaks there."""
    changed = subject((10, 10, 10), (None, None, None))
    assert [bool(point.spread) for point in changed.points(UVICORN.name, "throughput_rps")] == [
        1,
        0,
    ]
    assert changed.failed(UVICORN.name) == [4]
    assert changed.deviations(UVICORN.name, 1)[3:] == []


def test_deployments_stand_beside_each_other_around_their_load() -> None:
    """The factors multiply to 1, so that the middle one is on the load."""
    wait, _ = data.subjects(SUMMARY)
    factors = list(wait.dodges().values())
    assert factors == sorted(factors)
    assert factors[2] == 1


def test_deployments_never_reach_the_next_load() -> None:
    """Where loads are close, they move together."""
    wait, _ = data.subjects(SUMMARY)
    close = replace(wait, samples=tuple(sample(UVICORN, n, (1,)) for n in (1, 8000, 10000)))
    assert 8000 * max(close.dodges().values()) < 10000 * min(close.dodges().values())


def test_labels_of_loads_that_would_overlap_are_left_out() -> None:
    """From the highest down, by distance on a logarithmic axis."""
    # log10: 0, 3, 3.9, 4; a tenth of 4 is 0.4.
    assert data.apart((1, 1000, 8000, 10000), 0.1) == (10000, 1000, 1)
    assert data.apart((7,), 0.1) == (7,)


def test_a_latency_that_is_a_lower_bound_is_marked() -> None:
    """Throughput is not: what was answered is known."""
    flagged = replace(sample(UVICORN, 4, (10,)), lower_bounds=("latency_p50_ms",))
    wait, _ = data.subjects(SUMMARY)
    changed = replace(wait, samples=(flagged,))
    assert [point.mark for point in changed.points(UVICORN.name, "latency_p50_ms")] == ["≥"]
    assert [point.mark for point in changed.points(UVICORN.name, "throughput_rps")] == [""]
