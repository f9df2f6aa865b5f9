"""From rows to numbers, with rows short enough to count by hand."""

import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.core.metrics import Measurement
from harness.core.plan import Scenario
from harness.core.record import Extra, Record
from harness.core.trial import Plateau, Trial
from harness.measure.gates import judge
from harness.measure.measurement import measure
from harness.runs import trial_row
from tests.support.request_rows import request_rows

SCENARIO = Scenario(name="wait", locustfile=Path("wait.py"), settings={"wait_ms": 1000})


def plateau(
    users: int = 2, pausing: tuple[float, ...] = (), unanswered: tuple[float, ...] = ()
) -> Plateau:
    """Build a plateau that was open from second 100 to 110, its tail to 111."""
    return Plateau(users, 98, 100, 110, 111, 20, pausing, unanswered, lag_p99_ms=1.5)


def requests(*rows: tuple[float, float, str]) -> pd.DataFrame:
    """Build rows of (start_s, latency_ms, error), each 900 ms in the view, 800 waiting."""
    starts, latencies, errors = zip(*rows, strict=True) if rows else ((), (), ())
    columns = {"start_s": starts, "latency_ms": latencies, "error": errors}
    return request_rows(columns | {"view_ms": 900.0, "wait_ms": 800.0, "think_ms": 0.0})


def usage(**columns: list[float]) -> pd.DataFrame:
    """Build usage rows at seconds 99 to 111."""
    times = [float(second) for second in range(99, 112)]
    base = {
        name: [0.0] * 13
        for name in (
            "swap_mib",
            "listen_overflows",
            "server_connections",
            "server_cpu_s",
            "server_rss_mib",
            "server_threads",
            "load_cpu_s",
            "load_rss_mib",
        )
    }
    return pd.DataFrame({"time_s": times} | base | columns)


def back_to_back() -> pd.DataFrame:
    """Build the rows of two users without a pause, 1 s a request, from second 95 to 115."""
    rows = [(95.0 + n + offset, 1000.0, "") for n in range(20) for offset in (0.0, 0.5)]
    return requests(*rows)


def measured(
    rows: pd.DataFrame, at: Plateau | None = None, used: pd.DataFrame | None = None
) -> tuple[Measurement, Extra]:
    """Measure with these rows."""
    return measure(rows, usage() if used is None else used, at or plateau(), SCENARIO)


def test_only_what_was_sent_within_the_plateau_is_measured() -> None:
    """Ten seconds of two users at one request a second: 20 requests; 2 a second end."""
    measurement, _ = measured(back_to_back())
    assert measurement.requests == 20
    assert measurement.throughput_rps == pytest.approx(2)
    assert measurement.latency_p50_ms == 1000
    assert measurement.measured_s == 10


def test_what_the_servers_processes_did_is_read_within_the_window() -> None:
    """Readings at seconds 99 to 111, the window from 100 to 110: 2 of 3 ends; 1 idle at least."""
    ended = [0.0, 0.0, 1.0, *[2.0] * 9, 3.0]
    idle = [4.0, 3.0, 1.0, *[2.0] * 9, 0.0]
    busiest = [9.0, 5.0, *[8.0] * 9, 7.0, 9.0]
    _, extra = measured(
        back_to_back(),
        used=usage(
            server_ended=ended, workers=[4.0] * 13, idle_workers=idle, busiest_worker=busiest
        ),
    )
    assert extra.processes_ended == 2
    assert (extra.workers, extra.idle_workers, extra.busiest_worker) == (4, 1, 8)


def test_littles_law_accounts_for_the_users_that_ran() -> None:
    """Two requests are in flight at all times; had three users run, a third would be missing."""
    measurement, _ = measured(back_to_back())
    assert measurement.little_residual == pytest.approx(0)
    assert measured(back_to_back(), plateau(users=3))[0].little_residual == pytest.approx(-1 / 3)


def test_think_time_counts_as_time_of_a_user() -> None:
    """One request of 1 s after a pause of 1 s, ten seconds long: one user, not half of one."""
    rows = requests(*((100.0 + 2 * n, 1000.0, "") for n in range(5))).assign(think_ms=1000.0)
    # The last request ends at 109; the pause after it, since 109, is cut by the close.
    one = plateau(users=1, pausing=(109.0,))
    assert measured(rows, one)[0].little_residual == pytest.approx(0)


def test_a_pause_counts_as_long_as_it_was_meant_to_be() -> None:
    """Meant for 0.5 s, a pause that took 1 s: a quarter of the user's time is lost."""
    rows = requests(*((100.0 + 2 * n, 1000.0, "") for n in range(5))).assign(think_ms=500.0)
    one = plateau(users=1, pausing=(109.5,))
    # In flight 5 x 1 s, pausing 4 x 0.5 s (the first lies before the window) and 0.5 s: 7.5 of 10.
    assert measured(rows, one)[0].little_residual == pytest.approx(-0.25)


def test_pauses_that_the_opening_cuts_count_with_their_rest() -> None:
    """One user in ten pauses at random gets ahead of a bound by the mean of whole pauses."""
    random = np.random.default_rng(20_261_127)
    trial = Trial("site", "wsgi", "sync", None, "wait", "closed", 1, None, 1)
    unwaiting = SCENARIO.model_copy(update={"settings": {}})
    above = 0
    for _ in range(60):
        pauses_ms = random.exponential(1000, 60)
        starts_s = 90 + pauses_ms.cumsum() / 1000
        seen = starts_s < 110
        rows = request_rows({"start_s": starts_s[seen], "latency_ms": 0.0, "error": ""})
        one = plateau(users=1, pausing=(starts_s[seen][-1],))
        rows = rows.assign(think_ms=pauses_ms[seen])
        measurement, extra = measure(rows, usage(), one, unwaiting)
        assert "floor" not in {doubt.gate for doubt in judge(trial, measurement, extra, 1)}
        within = starts_s[seen] >= 100
        whole = replace(extra, think_ms=float(pauses_ms[seen][within].mean()))
        above += "floor" in {doubt.gate for doubt in judge(trial, measurement, whole, 1)}
    assert above > 3


def test_failed_requests_stay_out_of_latency_and_throughput() -> None:
    """One of four failed at once: the longest is that of the other three, and so is the mean."""
    rows = requests((101, 1000, ""), (102, 1, "reset"), (103, 1200, ""), (104, 1400, ""))
    measurement, extra = measured(rows)
    assert (measurement.requests, measurement.errors, measurement.error_share) == (4, 1, 0.25)
    assert (measurement.latency_mean_ms, measurement.latency_max_ms) == (1200, 1400)
    assert measurement.latency_p50_ms is None  # three values are too few for a p50
    assert measurement.throughput_rps == pytest.approx(0.3)
    assert extra.error_kinds == "reset=1"


def test_the_pause_before_a_request_that_stays_unanswered_is_accounted_for() -> None:
    """One user pauses from second 99 to 104 and is in flight to the end: 4 s and 6 s of 10."""
    at = replace(plateau(users=1, unanswered=(104.0,)), thought_ms=(5000.0,))
    assert measured(requests(), at)[0].little_residual == pytest.approx(0)


def test_requests_unanswered_at_the_end_count_with_the_time_they_have_lasted() -> None:
    """Sent at 105, nothing came by 111: at least 6 s. What was sent at 95 is not of this trial."""
    at = plateau(unanswered=(95.0, 105.0))
    measurement, extra = measured(requests((101, 1000, "")), at)
    assert measurement.requests == 2
    assert measurement.latency_max_ms == 6000
    assert extra.latency_min_ms == 1000  # of those answered; what still lasts has no latency yet
    assert extra.unanswered_share == 0.5
    # In flight within the window: 1 s, all of 10 s, and 105 to 110: 16 s of 20 user-seconds.
    assert measurement.little_residual == pytest.approx(16 / 20 - 1)


def test_the_queue_is_what_was_spent_neither_connecting_nor_in_the_view() -> None:
    """1,200 ms, of which 100 connecting and 900 in the view: 200."""
    rows = requests(*[(101, 1200, "")] * 10).assign(connect_ms=100.0)
    measurement, _ = measured(rows)
    assert measurement.queue_p50_ms == pytest.approx(200)
    assert measurement.connect_p99_ms is None  # ten values are too few for a p99
    assert measurement.connections_opened == 10


def test_the_parts_are_those_of_good_requests() -> None:
    """Entered 100 ms after it was sent; the failed one, entered after 900 ms, does not count."""
    rows = requests((101, 1200, ""), (102, 1200, "body")).assign(entered_s=[101.1, 102.9])
    _, extra = measured(rows)
    assert extra.part_queue_ms == pytest.approx(100)
    assert extra.part_back_ms == pytest.approx(200)


def test_what_an_open_loop_sends_late_is_a_part_of_its_own() -> None:
    """Due at 100.9 s, sent at 101, in the view at 101.1: 100 ms late, 100 ms in the queue."""
    rows = requests((101, 1200, "")).assign(entered_s=101.1, due_s=100.9)
    measurement, extra = measured(rows)
    assert extra.part_late_ms == pytest.approx(100)
    assert extra.part_queue_ms == pytest.approx(100)
    assert measurement.latency_mean_ms == pytest.approx(1300)


def test_a_server_that_reports_no_times_has_no_queue_measured() -> None:
    """Empty means not measured, never 0."""
    rows = requests((101, 1200, "")).assign(view_ms=float("nan"))
    measurement, extra = measured(rows)
    assert measurement.queue_p50_ms is None
    assert extra.part_queue_ms is None


def test_cpu_per_request_is_what_the_window_used_over_what_it_served() -> None:
    """0.3 s of CPU a second, 2 requests a second: 150 ms each; 30% of a core."""
    used = usage(server_cpu_s=[0.3 * n for n in range(13)])
    measurement, _ = measured(back_to_back(), used=used)
    assert measurement.server_cpu_ms_per_request == pytest.approx(150)
    assert measurement.server_cpu_share == pytest.approx(0.3)


def test_the_generators_share_is_that_of_its_busiest_second() -> None:
    """Ten seconds at 10%, one at 90%."""
    cpu = [0.1 * n + (0.8 if n > 5 else 0) for n in range(13)]
    measurement, _ = measured(back_to_back(), used=usage(load_cpu_s=cpu))
    assert measurement.load_cpu_share == pytest.approx(0.9)


def test_two_processes_of_the_generator_have_two_cores_where_there_are_two() -> None:
    """1.2 s of CPU a second are 60% of both."""
    used = usage(load_cpu_s=[1.2 * n for n in range(13)])
    measurement, _ = measure(back_to_back(), used, plateau(), SCENARIO, load_cores=2)
    assert measurement.load_cpu_share == pytest.approx(0.6)


def test_stolen_time_is_judged_on_the_cores_that_are_used() -> None:
    """Of the server's core 0.05 s a second, of the generator's none: 5 % of what serves."""
    stolen = {"server_core_steal_s": [0.05 * n for n in range(13)]}
    used = usage(**stolen, load_core_steal_s=[0.0] * 13)
    assert measured(back_to_back(), used=used)[0].steal_share == pytest.approx(0.05)


def test_the_kernels_figures_are_the_highest_readings_and_none_where_unknown() -> None:
    """Of the seconds 100 to 110 within the window; nan is unknown."""
    readings = [9e9, *range(11), 9e9]
    rows = usage(listen_backlog=[4096.0] * 13, tcp_mem_mib=[float(n) for n in readings])
    rows["tcp_slab_mib"] = float("nan")
    _, extra = measure(requests(), rows, plateau(), SCENARIO)
    assert (extra.listen_backlog, extra.tcp_mem_mib, extra.tcp_slab_mib) == (4096, 10, None)


def test_database_connections_are_the_most_that_were_held_and_the_mean_at_work() -> None:
    """Of the readings at seconds 100 to 110: the first and the last lie outside the window."""
    held = [99.0, *[16.0] * 10, 17.0, 99.0]
    busy = [99.0, *[10.0] * 10, 21.0, 99.0]
    used = usage(database_connections=held, database_busy=busy)
    _, extra = measured(back_to_back(), used=used)
    assert (extra.database_connections, extra.database_busy) == (17, 11)
    _, without = measured(back_to_back())
    assert (without.database_connections, without.database_busy) == (None, None)


def test_a_plateau_in_which_nothing_happened_measures_nothing_served() -> None:
    """No rows at all: 0 requests, no latency."""
    measurement, extra = measured(requests())
    assert (measurement.requests, measurement.throughput_rps) == (0, 0)
    assert measurement.latency_p50_ms is None
    assert extra.latency_min_ms is None


def test_where_the_upstream_draws_the_wait_its_mean_is_what_the_server_reports() -> None:
    """A scenario without wait_ms: 800 ms, from Server-Timing."""
    scenario = Scenario(name="own", locustfile=Path("own.py"))
    _, extra = measure(back_to_back(), usage(), plateau(), scenario)
    assert extra.wait_ms == pytest.approx(800)


def served_share(rows: pd.DataFrame, objective_ms: float | None, at: Plateau) -> float | None:
    """Return the share that was served within an objective."""
    scenario = SCENARIO.model_copy(update={"objective_ms": objective_ms})
    return measure(rows, usage(), at, scenario)[1].served_share


def test_what_failed_or_was_not_answered_was_not_served_in_time() -> None:
    """One in time, one late, one failed fast, one unanswered: a quarter."""
    rows = requests((101, 1500, ""), (102, 1501, ""), (103, 10, "reset"))
    assert served_share(rows, 1500, plateau(unanswered=(104.0,))) == pytest.approx(0.25)


def test_without_an_objective_or_a_request_there_is_no_share() -> None:
    """Empty means not measured."""
    assert served_share(back_to_back(), None, plateau()) is None
    assert served_share(requests(), 1500, plateau()) is None


def test_silent_users_are_not_among_those_whose_time_is_accounted_for() -> None:
    """Of a thousand and two users two send, all the time; were there three, one is missing."""
    for users, residual in ((1002, 0), (1003, -1 / 3)):
        at = replace(plateau(users=users), silent=1000)
        measurement, extra = measured(back_to_back(), at)
        assert measurement.little_residual == pytest.approx(residual)
        assert extra.silent_users == 1000


def test_where_all_users_are_silent_there_is_no_residual() -> None:
    """Nobody's time could be lost."""
    at = replace(plateau(users=5), silent=5)
    assert measured(requests(), at)[0].little_residual is None


def test_a_herd_counts_from_when_its_requests_were_due() -> None:
    """Sent 300 ms late, served in 1 s: 1,300 ms, with the lateness apart."""
    rows = requests((101.3, 1000, "")).assign(due_s=101.0)
    measurement, extra = measured(rows, replace(plateau(), drift=None))
    assert measurement.latency_max_ms == pytest.approx(1300)
    assert extra.late_p99_ms == pytest.approx(300)
    assert extra.drift_share is None


def test_a_lateness_is_one_that_a_request_had() -> None:
    """By order statistics: of 100 and 200 ms the p99 is 200, however few they are."""
    rows = requests((101.1, 1000, ""), (102.2, 1000, "")).assign(due_s=[101.0, 102.0])
    _, extra = measured(rows, plateau())
    assert extra.late_p99_ms == pytest.approx(200)


def test_what_sets_users_up_and_what_is_fired_is_no_load() -> None:
    """Of 40 rows 20 fall into the window; marked as set-up or as fired events, none is left."""
    for mark in ("set_up", "fired"):
        rows = back_to_back().assign(**{mark: 1.0})
        measurement, extra = measured(rows)
        assert measurement.requests == 0
        assert measurement.throughput_rps == 0
        assert measurement.latency_p50_ms is None
        assert extra.fired_events == (20 if mark == "fired" else 0)


def test_code_of_the_locustfile_is_time_of_a_user() -> None:
    """One request of 1 s after 0.5 s of a pause and 0.5 s of its own code: one user, not 0.5."""
    rows = requests(*((100.0 + 2 * n, 1000.0, "") for n in range(5)))
    rows = rows.assign(think_ms=500.0, own_ms=500.0)
    # The last request ends at 109: half a second of its own code, then a pause up to the close.
    one = replace(plateau(users=1, pausing=(109.5,)), own=((109.0, 109.5),))
    assert measured(rows, one)[0].little_residual == pytest.approx(0)


def test_requests_in_parallel_are_of_one_user() -> None:
    """Two of 1 s at once, ten times over: each accounts for half, and no connection is too many."""
    rows = requests(*((100.0 + n, 1000.0, "") for n in range(10) for _ in range(2)))
    rows = rows.assign(occupied_ms=[1000.0, 0.0] * 10, connect_ms=0.1)
    measurement, extra = measured(rows, plateau(users=1))
    assert measurement.little_residual == pytest.approx(0)
    assert extra.connections_expected is None


def test_a_stream_that_a_task_left_unread_costs_its_connection() -> None:
    """The server has no part in that; streams that are read to their end keep it."""
    streams = back_to_back().assign(first_byte_ms=10.0)
    assert measured(streams)[1].connections_expected == 2
    assert measured(streams, replace(plateau(), unread=3))[1].connections_expected is None


def test_answers_that_end_their_connection_are_counted() -> None:
    """Of a log of an earlier version, which does not say, there are none."""
    rows = back_to_back()
    assert measured(rows)[1].closing_answers == 0
    # Those sent at 99, 99.5, 100 and 100.5; the window opens at 100.
    ending = rows["start_s"].between(99, 100.5).astype("float64")
    assert measured(rows.assign(closing=ending))[1].closing_answers == 2


def test_a_request_that_timed_out_costs_its_connection() -> None:
    """The client gave it up; one that the server reset is its own."""
    rows = back_to_back()
    assert measured(rows.assign(error="timeout"))[1].connections_expected is None
    assert measured(rows.assign(error="reset"))[1].connections_expected == 2


def test_of_several_unanswered_requests_of_a_user_one_accounts_for_its_time() -> None:
    """Two sent at 104, after 2 s of a pause and 2 s of its own code: 6 + 2 + 2 = 10 s of one."""
    late = plateau(users=1, unanswered=(104.0, 104.0))
    late = replace(late, thought_ms=(2000.0, 0.0), own_ms=(2000.0, 0.0), occupied=(104.0, None))
    assert measured(requests(), late)[0].little_residual == pytest.approx(0)


def test_tasks_that_raised_are_counted_and_the_most_frequent_is_named() -> None:
    """Three of ten tasks."""
    at = replace(
        plateau(), tasks=10, raised=(("KeyError", "look", 2), ("ValueError", "buy", 1)), unready=1
    )
    _, extra = measured(back_to_back(), at)
    assert (extra.tasks, extra.tasks_raised, extra.raised_kinds) == (10, 3, "KeyError in look")
    assert extra.unready_users == 1


def test_the_servers_that_were_asked_beside_the_one_under_test_are_named() -> None:
    """Each once."""
    rows = back_to_back().assign(elsewhere="127.0.0.1:8777", error="elsewhere")
    measurement, extra = measured(rows)
    assert extra.elsewhere == "127.0.0.1:8777"
    assert measurement.error_share == 1


def test_what_a_client_reads_late_is_not_in_the_stamped_median() -> None:
    """Sent 200 ms after it was due, 30 ms on the way, 50 in the view: 80 of 1,000 or of 1,200."""
    rows = back_to_back()
    rows = rows.assign(entered_s=rows["start_s"] + 0.03, view_ms=50.0)
    assert measured(rows)[1].stamped_p50_ms == pytest.approx(80)
    due = rows.assign(due_s=rows["start_s"] - 0.2)
    assert measured(due)[1].stamped_p50_ms == pytest.approx(80)
    assert measured(back_to_back())[1].stamped_p50_ms is None


def test_only_what_an_open_loop_schedules_can_be_late() -> None:
    """Each second request follows another within its task: those are due when they are sent."""
    rows = back_to_back()
    rows["due_s"] = [start - 0.2 if n % 2 else float("nan") for n, start in enumerate(rows.start_s)]
    _, extra = measured(rows)
    assert extra.late_p99_ms == pytest.approx(200)


EMPTY = [
    ("think_ms",),
    ("view_ms", "wait_ms", "entered_s"),
    ("connect_ms", "process", "nth"),
    ("latency_ms",),
    ("start_s",),
]


@pytest.mark.parametrize("columns", EMPTY)
def test_empty_fields_are_not_measured_and_end_nothing(columns: tuple[str, ...]) -> None:
    """A row may lack any field: its figures are missing, gates and files take them so."""
    rows = requests(*[(101 + n / 100, 1000, "") for n in range(200)])
    rows = rows.assign(**dict.fromkeys(columns, math.nan))
    measurement, extra = measured(rows)
    figures = [*asdict(measurement).values(), *asdict(extra).values()]
    assert not any(isinstance(each, float) and not math.isfinite(each) for each in figures)
    trial = Trial("gunicorn", "wsgi", "sync", 4, "wait", "closed", 2, None, 1)
    doubts = judge(trial, measurement, extra, 1)
    row = trial_row.cells("run", Record(trial, "2026", measurement, extra, doubts))
    assert trial_row.record(dict(zip(trial_row.COLUMNS, row, strict=True)), "here").doubts == doubts


def test_usage_without_readings_ends_nothing() -> None:
    """A server that ended while it was read has empty fields."""
    rows = requests(*[(101 + n / 100, 1000, "") for n in range(200)])
    nothing = usage().assign(server_cpu_s=math.nan, load_cpu_s=math.nan, server_rss_mib=math.nan)
    measurement, _ = measure(rows, nothing, plateau(), SCENARIO)
    assert measurement.server_cpu_ms_per_request is None
    assert (measurement.load_cpu_share, measurement.server_rss_mib) == (None, None)
