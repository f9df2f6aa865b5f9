"""What a whole check comes to, and the status it exits with."""

from dataclasses import replace

import pytest

from harness.checks.instructions import InstructionChange
from harness.checks.judge import Change, Verdict
from harness.checks.outcome import Check, overall
from harness.core.trial import CellKey
from tests.support.builders import judged


@pytest.mark.parametrize(
    ("verdicts", "strict", "verdict", "status"),
    [
        (("unchanged", "unchanged"), True, "unchanged", 0),
        (("unchanged", "improved"), True, "improved", 0),
        (("improved", "undecided"), False, "undecided", 0),
        (("improved", "undecided"), True, "undecided", 3),
        (("undecided", "missing"), True, "missing", 2),
        (("improved", "regressed"), False, "regressed", 1),
        (("missing", "regressed", "undecided"), True, "regressed", 1),
        ((), False, "missing", 2),
    ],
)
def test_the_gravest_verdict_decides(
    verdicts: tuple[Verdict, ...], strict: bool, verdict: str, status: int
) -> None:
    """A regression is certain, whatever else is missing; nothing measured is no pass."""
    found = overall({f"metric {n}": v for n, v in enumerate(verdicts)}, strict)
    assert (found.verdict, found.status) == (verdict, status)


def test_an_undecided_metric_that_passes_is_named() -> None:
    """Without --strict it is no failure, but it is said."""
    found = overall({"throughput_rps": "unchanged", "latency_p50_ms": "undecided"})
    assert found.reason == "no regression seen, but undecided: latency_p50_ms"


def test_more_instructions_are_a_regression_too() -> None:
    """They are a metric like the others."""
    more = InstructionChange("uvicorn", "/plain/", 1_000_000, 1_050_000, "regressed")
    assert Check("main", "HEAD", {}, (), (more,)).outcome.status == 1
    assert (more.name, more.ratio) == ("uvicorn./plain/.instructions", 1.05)


@pytest.mark.parametrize(
    ("count", "cells", "verdict"),
    [
        ("unchanged", (CellKey("uvicorn", "plain"),), "unchanged"),
        ("unchanged", (CellKey("uvicorn", "wait"),), "undecided"),
        ("unchanged", (), "undecided"),
        ("improved", (CellKey("uvicorn", "plain"),), "undecided"),
        ("regressed", (CellKey("uvicorn", "plain"),), "regressed"),
    ],
)
def test_cpu_time_that_stays_undecided_is_decided_by_instructions_of_its_cell(
    count: Verdict, cells: tuple[CellKey, ...], verdict: str
) -> None:
    """They are the narrower measure of the same; those of another cell say nothing of it."""
    changes = (
        changed("uvicorn.plain.server_cpu_ms_per_request"),
        changed("uvicorn.plain.latency_p50_ms", 0),
    )
    counted = InstructionChange("uvicorn", "/plain/", 1_000_000, 1_000_000, count, cells)
    found = Check("main", "HEAD", {}, changes, (counted,), strict=True).outcome
    assert found.verdict == verdict
    named = "uvicorn.plain.server_cpu_ms_per_request" in found.reason
    assert named == (verdict != "regressed")


def test_no_other_metric_is_decided_by_instructions() -> None:
    """How long a request takes is more than what it executes."""
    cells = (CellKey("uvicorn", "a"),)
    counted = InstructionChange("uvicorn", "/", 1_000_000, 1_000_000, "unchanged", cells)
    late = (changed("uvicorn.a.latency_p95_ms"),)
    assert Check("main", "HEAD", {}, late, (counted,)).outcome.verdict == "undecided"


def changed(metric: str, pairs_lacking: int | None = 20) -> Change:
    """Make a change that is undecided, or unchanged where no pairs lack."""
    verdict: Verdict = "undecided" if pairs_lacking else "unchanged"
    return Change(judged(metric), verdict, 1.0, 0.8, 1.2, 30, 0.2, pairs_lacking, "")


def test_what_is_too_blind_to_be_unchanged_is_named_and_decides_nothing() -> None:
    """Even where undecided would be a failure: no more starts would let it see."""
    blind = replace(changed("a.b.latency_p95_ms", None), verdict="undecided", blind=True)
    found = Check("main", "HEAD", {}, (changed("a.b.latency_p50_ms", None), blind), strict=True)
    assert (found.outcome.verdict, found.outcome.status) == ("unchanged", 0)
    assert found.outcome.reason.endswith("; cannot see: a.b.latency_p95_ms (less than 20%)")


def test_a_blind_cpu_time_is_seen_by_the_instructions_of_its_cell() -> None:
    """They see a hundredth."""
    cpu = replace(changed("a.b.server_cpu_ms_per_request"), blind=True)
    counted = InstructionChange("a", "/", 1_000_000, 1_000_000, "unchanged", (CellKey("a", "b"),))
    assert "cannot see" in Check("main", "HEAD", {}, (cpu,)).outcome.reason
    both = (cpu, changed("a.b.latency_p50_ms", None))
    assert "cannot see" not in Check("main", "HEAD", {}, both, (counted,)).outcome.reason
