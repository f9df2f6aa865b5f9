"""Each gate at its threshold."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.gate import Doubt, GateName, as_text, from_text
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.trial import Trial
from harness.measure import gates
from harness.measure.gates import GATES, judge, tally

TRIAL = Trial("gunicorn", "wsgi", "sync", 4, "wait", "closed", 8, None, 1)

# 4 slots of 250 ms serve 16 a second; 8 users see 500 ms.
GOOD = Measurement(
    measured_s=100,
    requests=1_600,
    errors=0,
    error_share=0.0,
    throughput_rps=16.0,
    latency_p50_ms=500.0,
    server_cpu_ms_per_request=1.0,
    load_cpu_share=0.1,
    load_lag_p99_ms=1.0,
    steal_share=0.0,
    little_residual=0.0,
    listen_overflows=0,
)
EXTRA = Extra(
    wait_ms=249.0,
    think_ms=0.0,
    latency_min_ms=250.0,
    stamped_p50_ms=500.0,
    gaps_share=1.0,
    drift_share=0.0,
    requests_counted=1_600,
    requests_known=1_600,
    connections_expected=8,
    unanswered_share=0.0,
    swapped_mib=0.0,
    listen_drops=0,
    syn_retransmits=0,
)


def doubts(extra: Extra = EXTRA, users: int = 8, **changes: Any) -> list[GateName]:
    """Return the gates that a measurement with these changes fails."""
    measurement = replace(GOOD, **changes)
    return [doubt.gate for doubt in judge(replace(TRIAL, users=users), measurement, extra, 1)]


def test_a_trial_that_keeps_all_bounds_has_no_doubts() -> None:
    """The starting point of all tests below."""
    assert doubts() == []


@pytest.mark.parametrize(
    ("gate", "holds", "fails"),
    [
        ("errors", {"error_share": 0.01}, {"error_share": 0.011}),
        ("errors", {"requests": 1}, {"requests": 0}),
        ("little", {"little_residual": 0.02}, {"little_residual": 0.021}),
        ("little", {"little_residual": -0.02}, {"little_residual": -0.021}),
        ("generator", {"load_cpu_share": 0.70}, {"load_cpu_share": 0.71}),
        ("generator", {"load_lag_p99_ms": 25.0}, {"load_lag_p99_ms": 25.1}),
        ("conservation", {"connections_opened": 8}, {"connections_opened": 9}),
        ("kernel", {"listen_overflows": 0}, {"listen_overflows": 1}),
        ("host", {"steal_share": 0.02}, {"steal_share": 0.021}),
        # 16 a second, 2% on top, and one more per slot in 100 s: 16 x 1.02 + 4/100 = 16.36
        ("floor", {"throughput_rps": 16.35}, {"throughput_rps": 16.37}),
    ],
)
def test_a_gate_holds_up_to_its_threshold_and_fails_beyond(
    gate: GateName, holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    """Lateness: 5 ms, or 5% of a median of 500 ms = 25 ms."""
    assert gate not in doubts(**holds)
    assert gate in doubts(**fails)


def test_ten_thousand_users_at_sixteen_slots_may_add_no_more_than_sixteen_answers() -> None:
    """16 slots of 20 s serve 16 in 20 s: 2% on top and one more per slot are 32.3."""
    extra = replace(EXTRA, wait_ms=20_000.0, latency_min_ms=None, connections_expected=10_000)
    crowd = replace(GOOD, measured_s=20.0, server_cpu_ms_per_request=0.0, requests=16)
    trial = replace(TRIAL, users=10_000, slots=16)
    for answers, failed in ((32, []), (33, ["floor"])):
        measured = replace(crowd, throughput_rps=answers / 20)
        assert [doubt.gate for doubt in judge(trial, measured, extra, 1)] == failed


def test_few_users_at_many_slots_add_one_answer_each() -> None:
    """8 users and 64 slots: 8 / 250 ms = 32 a second; in 1 s 32 x 1.02 + 8 = 40.6."""
    trial = replace(TRIAL, slots=64)
    for rate, failed in ((40.0, []), (41.0, ["floor"])):
        measured = replace(GOOD, measured_s=1, throughput_rps=rate, server_cpu_ms_per_request=0)
        extra = replace(EXTRA, wait_ms=250.0, latency_min_ms=None)
        assert [doubt.gate for doubt in judge(trial, measured, extra, 1)] == failed


def test_little_allows_five_percent_where_requests_are_few() -> None:
    """Below 1,000 requests."""
    assert doubts(requests=999, little_residual=0.05) == []
    assert doubts(requests=999, little_residual=0.051) == ["little"]


def test_no_latency_may_be_below_the_wait_but_for_the_clocks_grain() -> None:
    """1 ms, because uvloop counts time in whole milliseconds."""
    assert doubts(extra=replace(EXTRA, latency_min_ms=248.1)) == []
    assert doubts(extra=replace(EXTRA, latency_min_ms=247.9)) == ["floor"]


def test_unanswered_requests_make_latency_a_lower_bound() -> None:
    """More than one in a hundred."""
    assert doubts(extra=replace(EXTRA, unanswered_share=0.01)) == []
    assert doubts(extra=replace(EXTRA, unanswered_share=0.011)) == ["unanswered"]


def test_server_and_client_must_have_counted_the_same_requests() -> None:
    """A request that the client lacks, or has twice, is one too many."""
    assert doubts(extra=replace(EXTRA, requests_counted=None, requests_known=None)) == []
    assert doubts(extra=replace(EXTRA, requests_counted=1_601)) == ["conservation"]
    assert doubts(extra=replace(EXTRA, requests_known=1_601)) == ["conservation"]


def test_a_server_that_is_meant_to_close_connections_may() -> None:
    """Then each request opens one."""
    extra = replace(EXTRA, connections_expected=None)
    assert doubts(extra=extra, connections_opened=1_600) == []


def test_requests_in_bursts_are_a_doubt() -> None:
    """Less than half of the gaps that independent clients leave."""
    assert doubts(extra=replace(EXTRA, gaps_share=0.5)) == []
    assert doubts(extra=replace(EXTRA, gaps_share=0.49)) == ["arrivals"]
    assert doubts(extra=replace(EXTRA, gaps_share=None)) == []


def test_bursts_that_the_server_made_are_no_doubt() -> None:
    """Where 60% of the gaps lie between its answers, 30% between requests are enough."""
    assert doubts(extra=replace(EXTRA, gaps_share=0.3, crowd_share=0.6)) == []
    assert doubts(extra=replace(EXTRA, gaps_share=0.29, crowd_share=0.6)) == ["arrivals"]


def test_the_generator_may_be_late_by_what_the_figures_bear() -> None:
    """2 ms, 10% of a median up to 50 ms, 5% from 100 ms on, and of 3 s never more than 90 ms."""

    def passes(lag_ms: float, p50_ms: float, seconds: float = 3) -> bool:
        extra = replace(EXTRA, stamped_p50_ms=p50_ms)
        return "generator" not in doubts(extra, load_lag_p99_ms=lag_ms, measured_s=seconds)

    assert passes(2.0, p50_ms=0.7)
    assert not passes(2.1, p50_ms=0.7)
    assert passes(3.0, p50_ms=30)
    assert not passes(3.1, p50_ms=30)
    assert passes(5.0, p50_ms=60)
    assert not passes(5.1, p50_ms=60)
    assert passes(90, p50_ms=20_000)
    assert not passes(90.1, p50_ms=20_000)
    assert passes(2.0, p50_ms=1_000, seconds=0.05)


def test_a_starved_generator_does_not_widen_its_own_limit() -> None:
    """It reads a p50 of 448 ms, of which the server had 52: 5 ms are allowed, not 22.4."""
    starved: dict[str, Any] = {"latency_p50_ms": 448.0, "load_lag_p99_ms": 20.0}
    assert "generator" in doubts(replace(EXTRA, stamped_p50_ms=52.0), **starved)
    assert "arrivals" in doubts(replace(EXTRA, stamped_p50_ms=52.0, late_p99_ms=20.0), **starved)
    assert "generator" not in doubts(replace(EXTRA, stamped_p50_ms=448.0), **starved)


def test_lateness_beside_streams_is_judged_by_their_first_event() -> None:
    """Streams of 3 s would allow 150 ms of lag; a first event after 10 ms allows 2 ms."""
    listening = replace(EXTRA, stamped_p50_ms=None, first_event_p50_ms=10.0)
    streams: dict[str, Any] = {"latency_p50_ms": 3_000.0, "measured_s": 6.0}
    assert "generator" not in doubts(listening, load_lag_p99_ms=2.0, **streams)
    assert "generator" in doubts(listening, load_lag_p99_ms=2.1, **streams)


def test_without_stamps_the_lateness_is_taken_off_the_median() -> None:
    """Of 210 ms measured and 10 ms late 200 are left, of which 5% are 10 ms; of 209 only 9.95."""
    extra = replace(EXTRA, stamped_p50_ms=None)
    assert "generator" not in doubts(extra, latency_p50_ms=210.0, load_lag_p99_ms=10.0)
    assert "generator" in doubts(extra, latency_p50_ms=209.0, load_lag_p99_ms=10.0)


def test_a_gap_in_the_answers_is_a_doubt() -> None:
    """None in more than 10% of 100 s, beside the 0.249 s that four full slots may wait in step."""
    assert doubts(extra=replace(EXTRA, longest_gap_s=10.2)) == []
    assert doubts(extra=replace(EXTRA, longest_gap_s=10.3)) == ["steady"]


def test_the_wait_of_full_slots_is_no_gap() -> None:
    """Four slots for eight users may all wait 12 s in step."""
    extra = replace(EXTRA, wait_ms=12_000.0, latency_min_ms=12_000.0, longest_gap_s=12.0)
    assert "steady" not in doubts(extra=extra)
    assert "steady" in doubts(extra=extra, users=4)


def test_a_cold_worker_is_a_doubt() -> None:
    """It answered its first request within the window."""
    assert doubts(extra=replace(EXTRA, cold_workers=0)) == []
    assert doubts(extra=replace(EXTRA, cold_workers=2)) == ["steady"]


def test_a_schedule_that_was_not_kept_is_a_doubt() -> None:
    """More than 5% of the median, here 25 ms."""
    assert doubts(extra=replace(EXTRA, late_p99_ms=25.0)) == []
    assert doubts(extra=replace(EXTRA, late_p99_ms=25.1)) == ["arrivals"]


def test_tasks_that_raise_are_a_doubt() -> None:
    """More than one in a hundred; the message counts them and says what they raised."""
    raising = replace(EXTRA, tasks=190, tasks_raised=95, raised_kinds="KeyError in look")
    assert doubts(extra=replace(raising, tasks_raised=1)) == []
    (doubt,) = judge(TRIAL, GOOD, raising, 1)
    assert doubt.gate is GateName.TASKS
    assert doubt.reason.startswith("95 of 190 tasks raised an exception (limit 1%, most often ")
    assert "KeyError in look" in doubt.reason


def test_requests_to_another_server_are_flagged_with_its_address() -> None:
    """A locustfile with an absolute URL measures that server, not the one under test."""
    extra = replace(EXTRA, elsewhere="127.0.0.1:8777", error_kinds="elsewhere=63")
    (doubt,) = judge(TRIAL, replace(GOOD, error_share=1.0), extra, 1)
    assert doubt.gate is GateName.ERRORS
    assert "127.0.0.1:8777, which is not under test" in doubt.reason


def test_events_without_a_request_are_not_silence() -> None:
    """A locustfile of another protocol fires events and asks nothing."""
    silent = replace(GOOD, requests=0)
    for events, words in ((0, "raise measure_s or the load"), (7, "7 events were fired")):
        (doubt,) = judge(TRIAL, silent, replace(EXTRA, fired_events=events), 1)
        assert words in doubt.reason


def test_users_without_a_first_answer_are_a_doubt() -> None:
    """More than one in twenty: 400 of 8,000, not 401."""
    extra = replace(EXTRA, connections_expected=None)
    for unready, failed in ((400, []), (401, ["steady"])):
        names = doubts(extra=replace(extra, unready_users=unready), users=8_000)
        assert [gate for gate in names if gate == "steady"] == failed


def test_a_plateau_that_still_moves_is_a_doubt() -> None:
    """By more than 5%."""
    assert doubts(extra=replace(EXTRA, drift_share=0.05)) == []
    assert doubts(extra=replace(EXTRA, drift_share=0.051)) == ["steady"]


def test_what_the_kernel_dropped_or_repeated_is_a_doubt() -> None:
    """It comes back after a second or more and passes for slow service."""
    assert doubts(extra=replace(EXTRA, listen_drops=1)) == ["kernel"]
    assert doubts(extra=replace(EXTRA, syn_retransmits=1)) == ["kernel"]


WORST_EXTRA = Extra(
    latency_min_ms=1.0,
    wait_ms=10.0,
    late_p99_ms=99.0,
    gaps_share=0.0,
    drift_share=1.0,
    requests_counted=2,
    requests_known=1,
    connections_expected=1,
    unanswered_share=1.0,
    swapped_mib=9.0,
    listen_drops=1,
    syn_retransmits=1,
    silent_users=1,
    server_connections=0,
    error_kinds="reset=40",
    tasks=100,
    tasks_raised=100,
    raised_kinds="KeyError in look",
    unready_users=8,
    clocks_apart_ms=9.0,
    beyond_envelope="the throughput was 9 requests/s (limit 8 requests/s): plan a lower load",
)
WORST = Measurement(
    requests=2_000,
    measured_s=1,
    throughput_rps=9e9,
    error_share=1.0,
    little_residual=1.0,
    connections_opened=2,
    load_cpu_share=1.0,
    load_lag_p99_ms=99.0,
    steal_share=1.0,
)


def worst() -> tuple[Doubt, ...]:
    """Return the doubts of trials that fail every gate in every way that it has."""
    overflowing = replace(WORST, listen_overflows=3)
    return (
        *judge(TRIAL, WORST, WORST_EXTRA, 1),
        *judge(TRIAL, overflowing, WORST_EXTRA, 1),
        *judge(TRIAL, WORST, replace(WORST_EXTRA, elsewhere="127.0.0.1:8777"), 1),
        *judge(TRIAL, Measurement(requests=0), Extra(), 1),
        *judge(TRIAL, Measurement(requests=0), Extra(fired_events=3), 1),
        *judge(TRIAL, Measurement(requests=0), Extra(unready_users=WORST_EXTRA.unready_users), 1),
    )


def test_all_doubts_come_back_from_one_cell_of_a_file() -> None:
    """No reason has the mark that stands between them in trials.csv."""
    assert {doubt.gate for doubt in worst()} == {gate.name for gate in GATES}
    assert from_text(as_text(worst())) == worst()


def test_each_message_names_the_limit_and_then_the_remedy() -> None:
    """Of 2 + 1 + 2 + 1 + 3 + 2 + 1 + 2 + 2 + 1 + 3 + 2 + 1 messages; the envelope's is stored so.

    That no request was sent is three more, which have no limit.
    """
    reasons = {doubt.reason for doubt in worst()}
    messages = {text for text in reasons if not text.startswith("no request was sent")}
    assert len(reasons) - len(messages) == 3
    assert len(messages) == 23
    for message in messages:
        fact, _, remedy = message.rpartition(": ")
        assert re.search(r"limit:? (no|the|\d)", fact), message
        assert len(remedy.split()) > 2, message


def test_every_name_but_two_is_that_of_a_gate() -> None:
    """No gate tests for `failed`, and nobody knows what an unknown one tested."""
    names = [gate.name for gate in GATES]
    assert sorted(names) == sorted(set(GateName) - {GateName.FAILED, GateName.UNKNOWN})


@pytest.mark.parametrize(
    ("gate", "promise"),
    [
        ("errors", f"at most {100 * gates.MOST_ERRORS:g}% of the requests failed"),
        ("little", f"{100 * gates.LITTLE_FEW:g}%, from 1,000 requests on within 2%"),
        ("generator", f"at most {100 * gates.MOST_LOAD_CPU:g}% of a core"),
        (
            "generator",
            "at most 5% of the median latency late (p99), 10% up to 5 ms",
        ),
        ("arrivals", "gaps of over 1 ms between requests are at least 50%"),
        ("host", "at most 2% and, on the server's, other processes 10%"),
    ],
)
def test_a_promise_has_the_thresholds_that_the_test_has(gate: str, promise: str) -> None:
    """Both read the same constants."""
    assert promise in next(each.promise for each in GATES if each.name == gate)


def test_the_method_lists_each_gate_with_its_promise_and_its_reason() -> None:
    """docs/method.md has the same words, so that no threshold is typed a second time."""
    lines = Path("docs/method.md").read_text().splitlines()
    listed = lines[lines.index("| gate | holds when | because |") + 2 :][: len(GATES)]
    assert listed == [f"| {gate.name} | {gate.promise} | {gate.reason} |" for gate in GATES]


PRINT_GATES = """
from harness.measure.gates import tally
from harness.report.tables import gate_rows
print(gate_rows.__doc__ is None)
print(*gate_rows(tally((), calibrated=True)), sep="\\n")
"""


def test_the_table_of_gates_is_the_same_without_docstrings() -> None:
    """`python -OO` drops them, and with them nothing that a report says."""
    printed = [
        subprocess.run(
            [sys.executable, *flags, "-c", PRINT_GATES],
            env={**os.environ, "PYTHONPATH": "scripts"},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout.splitlines()
        for flags in ((), ("-OO",))
    ]
    assert [lines[0] for lines in printed] == ["False", "True"]
    assert printed[0][1:] == printed[1][1:]
    assert len(printed[0][1:]) == len(GATES) - 1  # clocks are a matter of several hosts


def test_without_a_calibration_the_envelope_is_not_judged() -> None:
    """Two trials: each passes every other gate; of that one nothing can be said."""
    record = Record(TRIAL, "", GOOD, EXTRA, ())
    tallies = {row.gate: row for row in tally([record, record], calibrated=False)}
    envelope = tallies.pop(GateName.ENVELOPE)
    assert (envelope.passed, envelope.doubted, envelope.judged) == (0, 0, False)
    assert all((row.passed, row.judged) == (2, True) for row in tallies.values())


@pytest.mark.parametrize(
    ("holds", "fails"),
    [
        ({"foreign_cpu_share": 0.10}, {"foreign_cpu_share": 0.101}),
        ({"throttled_periods": 0}, {"throttled_periods": 1}),
        ({"server_core_speed": 1_375.0}, {"server_core_speed": 1_374.0}),
        ({"load_core_speed": 1_100.0}, {"load_core_speed": 1_099.0}),
        # A core at half speed; one that is faster than usual disturbs nothing.
        ({"server_core_speed": 5_000.0}, {"server_core_speed": 1_250.0}),
    ],
)
def test_cores_that_were_not_the_runs_own_are_a_doubt_about_the_host(
    holds: dict[str, Any], fails: dict[str, Any]
) -> None:
    """Usual are 2,500 pieces of work a second on the server's core and 2,000 on the load's."""
    usual = replace(EXTRA, usual_server_speed=2_500.0, usual_load_speed=2_000.0)
    assert doubts(extra=replace(usual, **holds)) == []
    assert doubts(extra=replace(usual, **fails)) == [GateName.HOST]


def test_clocks_of_several_hosts_may_be_apart_by_what_the_figures_bear() -> None:
    """1 ms, or 5% of a median of 500 ms = 25 ms."""
    assert GateName.CLOCKS not in doubts(replace(EXTRA, clocks_apart_ms=25.0))
    assert GateName.CLOCKS in doubts(replace(EXTRA, clocks_apart_ms=25.1))
    assert GateName.CLOCKS not in doubts(replace(EXTRA, clocks_apart_ms=1.0), latency_p50_ms=2.0)
    assert GateName.CLOCKS in doubts(replace(EXTRA, clocks_apart_ms=1.1), latency_p50_ms=2.0)


def test_a_run_on_one_machine_says_nothing_of_clocks() -> None:
    """No trial of it could fail that gate, so none passed it."""
    near = Record(TRIAL, "", GOOD, EXTRA, ())
    far = Record(TRIAL, "", GOOD, replace(EXTRA, clocks_apart_ms=0.4), ())
    assert GateName.CLOCKS not in {row.gate for row in tally([near], calibrated=True)}
    assert GateName.CLOCKS in {row.gate for row in tally([far], calibrated=True)}


def test_swapping_is_a_doubt_about_the_host() -> None:
    """More than one MiB."""
    assert doubts(extra=replace(EXTRA, swapped_mib=2.0)) == ["host"]


def test_a_doubt_names_subject_limit_and_remedy() -> None:
    """80% of a core; 2.5% of 1,600 requests are 40."""
    (busy,) = judge(TRIAL, replace(GOOD, load_cpu_share=0.8), EXTRA, 1)
    assert busy.reason == (
        "the load generator used 80% of a core in its busiest second (limit 70%): "
        "give it more processes or fewer users"
    )
    extra = replace(EXTRA, error_kinds="reset=40")  # as earlier versions have it
    (doubt,) = judge(TRIAL, replace(GOOD, error_share=0.025), extra, 1)
    assert str(doubt) == (
        "errors: 2.5% of the requests failed (limit 1%, reset=40): see server.log for what "
        "refused them, or lower the load"
    )


def test_a_file_that_gives_requests_up_is_not_sent_to_the_servers_log() -> None:
    """No server refuses what nobody waits for."""
    extra = replace(EXTRA, error_kinds="timeout=40")
    (doubt,) = judge(TRIAL, replace(GOOD, error_share=0.025), extra, 1)
    assert doubt.reason.endswith(": lower the load, or wait longer in the locustfile")


FAILURES = replace(
    EXTRA,
    error_kinds="reset=2 status=38",
    failures="38 x GET /a/: status 503; 1 x GET /b/: TimeoutError; 1 x GET /c/: reset",
)


def reason(extra: Extra, **changes: Any) -> str:
    """Return the only doubt of a measurement with these changes."""
    (doubt,) = judge(TRIAL, replace(GOOD, **changes), extra, 1)
    return doubt.reason


def test_failures_are_told_by_name_and_status_with_what_the_server_logged() -> None:
    """Two of each; the report has the others."""
    assert reason(FAILURES, error_share=0.025).endswith(
        "(limit 1%, 38 x GET /a/: status 503, 1 x GET /b/: TimeoutError, 1 more): see "
        "server.log for what refused them, or lower the load"
    )
    logged = replace(FAILURES, log_errors="37 x FATAL: sorry, too many clients already")
    assert reason(logged, error_share=0.025).endswith(
        "fix what server.log says (37 x FATAL: sorry, too many clients already), or lower the load"
    )


def test_bodies_that_a_check_refuses_are_no_fault_of_the_server_alone() -> None:
    """It answered 200."""
    refused = replace(EXTRA, error_kinds="body=40", failures="40 x GET /: at byte 0: expected b''")
    assert "correct the answer, or what the locustfile" in reason(refused, error_share=0.025)


def test_time_that_is_lost_is_the_generators_only_where_that_is_busy_or_late() -> None:
    """Else failed requests may have cost it; or no figure tells."""
    lost: dict[str, Any] = {"little_residual": -0.2}
    assert "no figure shows what took it" in reason(EXTRA, **lost)
    busy = judge(TRIAL, replace(GOOD, load_cpu_share=0.9, **lost), EXTRA, 1)
    assert "the load generator lost time or requests" in busy[0].reason
    failing = judge(TRIAL, replace(GOOD, error_share=0.5, **lost), FAILURES, 1)
    assert "requests that failed may have cost it" in failing[1].reason


def test_connections_that_failures_close_are_not_the_keep_alive_time_outs() -> None:
    """Ten failed, and eight clients opened 18; 19 are one more than failures explain."""
    failures: dict[str, Any] = {"errors": 10, "error_share": 0.00625}
    assert "10 requests failed and closed theirs" in reason(
        EXTRA, connections_opened=18, **failures
    )
    assert "keep-alive time-out" in reason(EXTRA, connections_opened=19, **failures)
    restarting = replace(EXTRA, processes_ended=5)
    assert "5 of the server's processes ended, and a worker" in reason(
        restarting, connections_opened=19
    )


def test_connections_that_the_server_ends_by_count_are_no_fault_of_the_trial() -> None:
    """One in a hundred of 1,600 requests is 16; at more a connection is hardly kept."""
    few = replace(EXTRA, closing_answers=16)
    assert doubts(few, connections_opened=24) == []
    assert "keep-alive time-out" in reason(few, connections_opened=25)
    many = replace(EXTRA, closing_answers=17)
    assert "the server closed them, 17 answers said so" in reason(many, connections_opened=25)


def test_code_of_the_locustfile_that_makes_the_generator_late_is_named() -> None:
    """From 2 ms before each request on; Locust's own takes less."""
    for own_ms, words in (
        (1.9, "more processes or fewer users"),
        (40, "which took 40.0 ms before each"),
    ):
        late = replace(EXTRA, own_ms=own_ms)
        assert words in reason(late, load_lag_p99_ms=90.0)


def test_an_answer_that_is_redirected_is_no_short_wait_of_the_view() -> None:
    """All requests were; of a few the fastest would hardly be one."""
    short = replace(EXTRA, latency_min_ms=3.0)
    assert "check that the view waits" in reason(short)
    assert "check that the view waits" in reason(replace(short, redirected_share=0.1))
    assert "100% of the requests were redirected" in reason(replace(short, redirected_share=1.0))


def test_requests_in_parallel_are_not_bounded_by_the_number_of_users() -> None:
    """2 users at 4 slots of 250 ms: 8 a second in turn, 16 in parallel."""
    pair = replace(TRIAL, users=2)
    for extra, failed in ((EXTRA, ["floor"]), (replace(EXTRA, parallel_requests=1_600), [])):
        assert [doubt.gate for doubt in judge(pair, GOOD, extra, 1)] == failed


def test_each_gate_is_tallied_over_the_measured_trials() -> None:
    """Three trials, one doubted by two gates, one that failed and so was not tested."""
    record = Record(TRIAL, "", GOOD, EXTRA, ())
    both = replace(record, doubts=(Doubt(GateName.ERRORS, "x"), Doubt(GateName.HOST, "y")))
    failed = replace(record, measurement=Measurement(), doubts=(Doubt(GateName.FAILED, "z"),))
    tallies = {row.gate: row for row in tally([record, both, failed], calibrated=True)}
    assert list(tallies) == [gate.name for gate in GATES if gate.name is not GateName.CLOCKS]
    assert (tallies[GateName.ERRORS].passed, tallies[GateName.ERRORS].doubted) == (1, 1)
    assert (tallies[GateName.FLOOR].passed, tallies[GateName.FLOOR].doubted) == (2, 0)
    assert tallies[GateName.ERRORS].holds.startswith("at most 1% of the requests failed")


def test_connections_of_silent_clients_must_be_there() -> None:
    """Six of eight are silent: six connections at least."""
    silent = replace(EXTRA, silent_users=6, server_connections=6)
    assert doubts(silent, throughput_rps=4.0) == []
    assert doubts(replace(silent, server_connections=5), throughput_rps=4.0) == ["conservation"]


def test_users_that_are_missing_are_counted_among_those_who_ask() -> None:
    """Six of eight are silent, and half of the other two is missing."""
    silent = replace(EXTRA, silent_users=6, server_connections=8)
    measurement = replace(GOOD, little_residual=-0.25, throughput_rps=4.0)
    (doubt,) = judge(TRIAL, measurement, silent, 1)
    assert doubt.reason.startswith("requests and pauses account for 1.50 of 2 users, 25% off")


def test_silent_clients_raise_no_bound() -> None:
    """Two of eight ask, with a wait of 250 ms: 8 a second, not 16."""
    silent = replace(EXTRA, silent_users=6, server_connections=8)
    assert doubts(silent, throughput_rps=8.0) == []
    assert doubts(silent, throughput_rps=8.3) == ["floor"]
