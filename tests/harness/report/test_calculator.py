"""The calculator of the page: what it takes from a run, and what stands there without a script."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.core.bounds import Bound
from harness.core.closed_network import ClosedNetwork
from harness.core.record import Record
from harness.core.summary import Summary
from harness.report import page
from harness.report.calculator import Server, calculator, headings, held, rows, words
from harness.report.narrate import narrate
from harness.runs.summarise import summarise
from tests.support.builders import DEPLOYMENTS, MACHINE, SCENARIOS, plan, records

# gunicorn-gthread-64 (0.8 ms of CPU) and uvicorn (1.3 ms), who wait 250 ms.
CLIMB = plan(users=(16, 64, 256), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])


def a_run(change: Callable[[Record], Record] = lambda record: record) -> Summary:
    """Return the summary of three rounds in a steady state, after a change to each record."""
    steady = [
        replace(each, extra=replace(each.extra, drift_share=0.0, workers=1))
        for each in records(CLIMB)
    ]
    return summarise("run", CLIMB, MACHINE, [change(each) for each in steady])


def servers(summary: Summary) -> dict[str, Server]:
    """Return the servers of a calculator by name."""
    shown = calculator(summary)
    assert shown
    return {each.name: each for each in shown.scenarios["wait"]}


def cpu_ms(record: Record, value: float) -> Record:
    """Give a trial another CPU time per request."""
    return replace(record, measurement=replace(record.measurement, server_cpu_ms_per_request=value))


def test_s_has_the_range_of_its_load_step_and_of_those_above() -> None:
    """S is from 64 users. At 16 a request takes 5 ms, at 256 in the last round 2 ms."""

    def change(record: Record) -> Record:
        if record.trial.users == 16:
            return cpu_ms(record, 5)
        return cpu_ms(record, 2) if (record.trial.users, record.trial.round) == (256, 3) else record

    uvicorn = servers(a_run(change))["uvicorn"]
    assert uvicorn.system.cpu_ms == 1.3
    assert uvicorn.cpu_ms == (1.3, 2)
    assert [each.cpu_ms for each in uvicorn.systems] == [1.3, 2, 1.3]


def test_the_error_of_the_model_goes_from_the_least_to_the_largest_of_all_load_steps() -> None:
    """The builder's throughput is 97% of the bound, its p95 1.2 times the mean."""
    uvicorn = servers(a_run())["uvicorn"]
    low, high = uvicorn.errors["latency_p95_ms"]
    assert low < high < 0
    assert uvicorn.off == f"throughput +3%; p95 latency {low:.0%} to {high:.0%}"


def test_a_load_step_that_nothing_was_measured_at_is_named() -> None:
    """An error that nobody could judge is no small one."""

    def fail(record: Record) -> Record:
        without = replace(record.measurement, throughput_rps=None, latency_p95_ms=None)
        return replace(record, measurement=without) if record.trial.users == 256 else record

    assert servers(a_run(fail))["uvicorn"].off.endswith("; not judged at 256 clients")


def test_threads_have_a_control_where_wsgi_has_more_slots_than_workers() -> None:
    """64 threads in one worker are threads; 64 slots of 64 workers are processes."""

    def keys(workers: int) -> list[str]:
        run = a_run(lambda each: replace(each, extra=replace(each.extra, workers=workers)))
        shown = calculator(run)
        assert shown
        return [each.key for each in shown.controls]

    assert keys(1) == ["wait", "cpu", "pause", "users", "objective", "threads"]
    assert keys(64) == keys(1)[:-1]


def test_controls_stand_first_at_what_the_run_had() -> None:
    """A wait of 250 ms, no pause, 256 users, 64 threads; an objective of twice the wait."""
    shown = calculator(a_run())
    assert shown
    assert {each.key: each.start for each in shown.controls} == {
        "wait": 250,
        "cpu": 0,
        "pause": 0,
        "users": 256,
        "objective": 500,
        "threads": 64,
    }
    for each in shown.controls:
        assert each.start in each.steps
        assert list(each.steps) == sorted(set(each.steps))


@pytest.mark.parametrize(("cpu", "users"), [(50, 5), (501, 0), (0.01, 7_000)])
def test_users_are_held_as_long_as_their_p95_is_within_the_objective(
    cpu: float, users: int
) -> None:
    """One core, no wait, no pause: behind four others a request queues for a gamma distribution.

    Four of 50 ms have a p95 of 388 ms, five one of 458 ms, which with 50 ms more are too many.
    A request of 501 ms is too slow alone; 7,000 of 0.01 ms take 70 ms, and no more are looked for.
    """
    network = ClosedNetwork(Bound(0, cpu, 0, None, 1), 7_000)
    assert held(network, 500) == users


def test_cases_without_a_script_say_who_is_held_and_by_which_range() -> None:
    """With slots in abundance 1.3 ms fill the core; 64 threads hold 64 requests at a time."""
    shown = calculator(a_run(lambda each: cpu_ms(each, 0.65) if each.trial.round == 1 else each))
    assert shown
    by_name = {row[0]: dict(zip(headings(shown), row, strict=True)) for row in rows(shown)}
    uvicorn = by_name["uvicorn"]
    assert uvicorn["S (ms)"] == "1.30 (0.65 to 1.30)"
    middle, low, high = map(int, re.findall(r"\d+", uvicorn["users, waiting 250 ms"]))
    assert low == middle < high
    assert "CPU time of requests in wait, for users who pause 0 ms" in words(shown)


def test_the_page_has_it_after_where_the_time_goes_with_a_name_for_each_control() -> None:
    """Hidden until the script shows it; the cases stand there as a table."""
    summary = a_run()
    text = page.html(summary, narrate(summary, CLIMB, records(CLIMB)), {})
    titles = re.findall(r"<h2>([^<]*)", text)
    at = titles.index("With your own numbers")
    assert titles[at - 1 : at + 2] == [
        "Where the time goes",
        "With your own numbers",
        "What it costs",
    ]
    assert '<form class="calculator" hidden' in text
    ids = re.findall(r'<(?:input|select)[^>]* id="(calculator-\w+)"', text)
    assert len(ids) == 7
    assert all(f'<label for="{each}">' in text for each in ids)
    assert text.count("users, waiting 250 ms</th>") == 1
    assert "const closedNetwork" in text


def test_a_run_without_predictions_has_none() -> None:
    """No S, no calculator, and no script for it."""
    summary = a_run(lambda record: replace(record, extra=replace(record.extra, wait_ms=None)))
    text = page.html(summary, narrate(summary, CLIMB, records(CLIMB)), {})
    assert calculator(summary) is None
    assert "calculator" not in text.split("</style>")[1]
    assert "closedNetwork" not in text
