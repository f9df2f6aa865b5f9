"""All cells together: what is judged, and what flags do to it."""

from collections.abc import Sequence
from typing import Any

from harness.checks import cells
from harness.checks.cells import Starts, notes, quotients, repeats
from harness.checks.judge import Change
from harness.checks.turn import Turn
from harness.core.gate import Doubt, GateName
from harness.core.trial import CellKey
from tests.support.turns import starts, turn

CELL = CellKey("uvicorn", "wait")
LATE = Doubt(GateName.GENERATOR, "it woke up 9 ms late (p99), 5 ms are allowed")
STOLEN = Doubt(GateName.HOST, "10% of the machine's time was stolen")
HUNG = Doubt(GateName.UNANSWERED, "2% of requests were still unanswered")


def changes(taken: Starts) -> dict[str, Change]:
    """Judge starts at their end; return the change of each metric of the cell."""
    count = len(next(iter(taken.values())))
    found = cells.verdicts(taken, quotients(taken), (count,))
    return {change.metric.name: change for change in found}


def verdicts(
    head: Sequence[Turn] = (), base: Sequence[Turn] = (), count: int = 16
) -> dict[str, str]:
    """Judge one cell; return the verdict of each metric."""
    found = changes({CELL: starts(count, head, base)})
    return {name: change.verdict for name, change in found.items()}


def slower(factor: float, *doubts: Doubt, **counts: Any) -> Turn:
    """Build a turn of a HEAD that takes so many times as long."""
    return turn("HEAD", factor, doubts, **counts)


def test_a_slower_head_is_regressed_in_what_is_slower_alone() -> None:
    """Twice the time: memory and errors are as they were."""
    found = verdicts([slower(2)])
    assert {name for name, verdict in found.items() if verdict == "regressed"} == {
        *("throughput_rps", "throughput_total_rps", "latency_p50_ms", "latency_p95_ms"),
        *("slow_share", "server_cpu_ms_per_request"),
    }
    assert found["server_rss_mib"] == found["error_share"] == "unchanged"


def test_a_head_that_breaks_its_own_measurement_is_regressed() -> None:
    """All slower than the drain: few answers, and every gate of it fails on HEAD alone."""
    broken = slower(10, HUNG, answered=2, unanswered=20)
    found = verdicts([broken])
    assert found["throughput_rps"] == found["latency_p50_ms"] == "regressed"
    assert found["unanswered_share"] == found["gate_unanswered"] == "regressed"


def test_a_gate_that_only_head_fails_is_named_and_leaves_the_rest_as_measured() -> None:
    """Nothing else differs: the gate is what regressed."""
    found = verdicts([slower(1, LATE)])
    assert [name for name, verdict in found.items() if verdict == "regressed"] == ["gate_generator"]
    assert found["throughput_rps"] == "unchanged"


def test_a_gate_that_both_sides_fail_leaves_undecided_what_a_clock_measured() -> None:
    """5 turns of BASE's 16 are more than a fifth; the kernel counts CPU time."""
    late, calm = turn("BASE", 1, (LATE,)), turn("BASE")
    base = [late, calm, calm] * 5 + [calm]
    found = changes({CELL: starts(8, [slower(2, LATE), slower(2), slower(2)] * 5, base)})
    assert found["throughput_rps"].verdict == found["slow_share"].verdict == "undecided"
    assert found["throughput_rps"].reason == f"5 of 16 turns of BASE are flagged, first by {LATE}"
    assert found["server_cpu_ms_per_request"].verdict == "regressed"
    assert found["gate_generator"].verdict != "regressed"


def test_a_machine_that_was_stolen_from_decides_nothing_but_what_is_counted() -> None:
    """Not even CPU time; what failed, failed."""
    found = verdicts([slower(2, STOLEN, failed=50)], [turn("BASE", 1, (STOLEN,))])
    assert found["server_cpu_ms_per_request"] == found["throughput_rps"] == "undecided"
    assert found["error_share"] == "regressed"


def test_a_few_flags_are_named_and_change_nothing() -> None:
    """6 turns of 32 are under a fifth."""
    calm = [turn("BASE", 1.0 + 0.01 * (-1) ** n) for n in range(32)]
    base = [turn("BASE", 1, (LATE,)), *calm[1:]]
    taken = {CELL: starts(16, [slower(2)], base)}
    assert changes(taken)["throughput_rps"].verdict == "regressed"
    told = notes(taken, quotients(taken))
    assert told == (f"{CELL}: 1 of 32 turns of BASE are flagged, first by {LATE}",)


def test_a_faster_head_is_not_blamed_for_a_generator_it_keeps_busy() -> None:
    """Twice the answers, which Locust cannot time: undecided, with the cure."""
    found = changes({CELL: starts(16, [turn("HEAD", 0.5, (LATE,))])})
    assert found["throughput_rps"].verdict == "improved"
    assert found["gate_generator"].verdict == "undecided"
    assert "plan fewer users" in found["gate_generator"].reason


def test_a_flag_in_one_cell_leaves_the_other_decided() -> None:
    """Each is judged by its own turns."""
    late = [turn("BASE", 1, (LATE,))]
    both = {CellKey("a", "plain"): starts(8, (), late), CELL: starts(8, [slower(2)])}
    found = {str(c.metric): c.verdict for c in cells.verdicts(both, quotients(both), (8,))}
    assert found["a.plain.throughput_rps"] == "undecided"
    assert found["uvicorn.wait.throughput_rps"] == "regressed"


def test_a_p95_of_too_few_requests_is_not_judged_and_not_missing() -> None:
    """It is named among the notes."""
    taken = {CELL: starts(8, [turn("HEAD", 10)], [turn("BASE", 10)])}
    found = changes(taken)
    assert "latency_p95_ms" not in found
    assert "missing" not in {change.verdict for change in found.values()}
    told = notes(taken, quotients(taken))
    assert told[0].startswith(f"{CELL}.latency_p95_ms is not judged")


def test_base_is_compared_with_itself_from_start_to_start() -> None:
    """HEAD has no part in it: the starts of BASE are 1.01 and 0.99 in turn."""
    taken = {CELL: starts(16, [slower(9)])}
    each = {r.metric.name: r for r in repeats(quotients(taken)[0], share=1, seed=1)}
    throughput = each["throughput_rps"]
    assert throughput.ratio and abs(throughput.ratio - 1) < 0.02
    assert throughput.pairs == 15
    assert each["error_share"].scale == "difference"
