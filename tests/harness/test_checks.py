"""What a whole check comes to, and the status it exits with."""

import pytest

from harness.checks import Check, overall
from harness.instructions import InstructionChange
from harness.paired import Verdict


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
