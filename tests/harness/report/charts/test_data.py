"""What the charts show, before it is drawn."""

from dataclasses import replace

import numpy as np
import pytest

from harness.core.metrics import METRICS
from harness.report.charts import data
from harness.report.charts.data import Subject
from harness.report.charts.looks import ASGI, WSGI
from harness.report.charts.subjects import subjects
from harness.runs import summarise
from tests.support.builders import DEPLOYMENTS, SCENARIOS, plan, records, sample

SUMMARY = summarise.summarise("run", plan(), {}, records(plan()))
GTHREAD, UVICORN = DEPLOYMENTS[1], DEPLOYMENTS[2]


def subject(*rates: tuple[float | None, ...]) -> Subject:
    """Build the subject of one deployment, a load each."""
    samples = tuple(sample(UVICORN, 4**n, each) for n, each in enumerate(rates))
    return Subject("wait", 3, samples, (), {UVICORN.name: ASGI[0]})


def test_a_deployment_looks_the_same_in_every_scenario() -> None:
    """Blues for WSGI, vermillions for ASGI, in the order of the plan."""
    wait, plain = subjects(SUMMARY)
    assert wait.looks == plain.looks
    assert wait.looks["gunicorn-gthread-64"] == replace(WSGI[1], key="d1")
    assert wait.looks["uvicorn-sync-views"] == replace(ASGI[2], key="d4")


def test_no_two_looks_share_a_marker_or_a_line() -> None:
    """So lines differ without colour."""
    looks = (*WSGI, *ASGI)
    assert len({look.marker for look in looks}) == len(looks)
    assert {look.dashes for look in WSGI} == {()}
    assert len({look.dashes for look in ASGI} - {()}) == len(ASGI)


def test_predictions_reach_up_to_the_load_that_a_deployment_climbed() -> None:
    """S of 16 users; gthread climbs to 64, where its slots are not full: 64 / 250.8 ms at most."""
    shorter = SCENARIOS[0].model_copy(update={"only": {GTHREAD.name: (1, 16, 64)}})
    whole = plan(deployments=(GTHREAD, UVICORN), scenarios=(shorter,))
    steady = [
        replace(record, extra=replace(record.extra, drift_share=0.0))
        for record in records(whole)
        if record.trial.users <= 64 or record.trial.deployment == UVICORN.name
    ]
    (wait,) = subjects(summarise.summarise("run", whole, {}, steady))
    users, rates = wait.prediction(GTHREAD.name, "throughput_rps")
    assert (users[0], users[-1]) == (1, 64)
    assert 240 < rates[-1] < 64_000 / 250.8
    assert wait.prediction(UVICORN.name, "latency_p95_ms")[0][-1] == 1024
    unknown, _ = subjects(SUMMARY)
    assert unknown.prediction(UVICORN.name, "throughput_rps") == ([], [])


def test_ratios_are_those_to_the_reference() -> None:
    """One point per load; the range around 1 is inconclusive."""
    wait, _ = subjects(SUMMARY)
    assert wait.reference
    assert wait.reference.deployment == GTHREAD.name
    points = wait.ratios(GTHREAD.name, UVICORN.name, 1)
    assert [point.mark for point in points] == ["~", "~", "~", "", ""]


def test_ratios_over_slots_stand_at_users_per_slot() -> None:
    """Loads 1 to 1,024 of 64 slots; at most that many as there are slots nothing is decided."""
    wait, _ = subjects(SUMMARY)
    assert wait.best_asgi == "uvicorn-shared"
    points = wait.slot_ratios()[GTHREAD.name]
    assert [point.load for point in points] == [1 / 64, 1 / 4, 1, 4, 16]
    assert [point.mark for point in points] == ["~", "~", "~", "", ""]
    assert list(wait.slot_ratios()) == ["gunicorn-sync", GTHREAD.name]


def test_the_predicted_ratio_over_slots_is_that_of_the_bounds() -> None:
    """D = 250, S = 0.8 and 0.65 ms: 1 up to the slots, then 4, then (1 / 0.65) / (64 / 250.8)."""
    wait, _ = subjects(SUMMARY)
    users, ratios = wait.predicted_slot_ratios(GTHREAD.name)
    assert (users[0], users[-1]) == pytest.approx((1 / 64, 16))
    predicted = np.interp([1 / 64, 1 / 4, 1, 4, 16], users, ratios)
    assert predicted == pytest.approx([1.0, 1.0, 1.0, 4.0, 6.03], abs=0.01)


def test_theory_says_how_many_can_be_served_in_time() -> None:
    """64 slots of 250.8 ms serve 255/s: within 501.6 ms 128 users; who has no slots more."""
    samples = tuple(replace(each, objective_ms=501.6) for each in SUMMARY.samples)
    wait, _ = subjects(replace(SUMMARY, samples=samples))
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
    wait, _ = subjects(SUMMARY)
    factors = list(wait.dodges().values())
    assert factors == sorted(factors)
    assert factors[2] == 1


def test_deployments_never_reach_the_next_load() -> None:
    """Where loads are close, they move together."""
    wait, _ = subjects(SUMMARY)
    close = replace(wait, samples=tuple(sample(UVICORN, n, (1,)) for n in (1, 8000, 10000)))
    assert 8000 * max(close.dodges().values()) < 10000 * min(close.dodges().values())


def test_labels_of_loads_that_would_overlap_are_left_out() -> None:
    """From the highest down, by distance on a logarithmic axis."""
    # log10: 0, 3, 3.9, 4; a tenth of 4 is 0.4.
    assert data.apart((1, 1000, 8000, 10000), 0.1) == (10000, 1000, 1)
    assert data.apart((7,), 0.1) == (7,)


def test_a_lower_bound_stays_one_over_throughput() -> None:
    """10 requests/s with p95 of at least N / X = 400 ms."""
    bounded = replace(sample(UVICORN, 4, (10,)), lower_bounds=("latency_p95_ms",))
    wait, _ = subjects(SUMMARY)
    changed = replace(wait, samples=(bounded,))
    (point,) = changed.latency_over_throughput(UVICORN.name, METRICS["latency_p95_ms"]).values()
    assert (point.load, point.mark) == (10, "≥")
    assert point.words
    assert point.words.value == "req/s 10.0 requests/s, p95 at least 400 ms"


def test_a_latency_that_is_a_lower_bound_is_marked() -> None:
    """Throughput is not: what was answered is known."""
    flagged = replace(sample(UVICORN, 4, (10,)), lower_bounds=("latency_p50_ms",))
    wait, _ = subjects(SUMMARY)
    changed = replace(wait, samples=(flagged,))
    assert [point.mark for point in changed.points(UVICORN.name, "latency_p50_ms")] == ["≥"]
    assert [point.mark for point in changed.points(UVICORN.name, "throughput_rps")] == [""]
