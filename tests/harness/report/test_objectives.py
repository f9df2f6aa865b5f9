"""Sentences about objectives."""

import pytest

from harness.core.plan import Load, Objective, Plan
from harness.core.summary import Attainment
from harness.report.objectives import sentences, wording
from tests.support.builders import SMALL


def aimed(load: Load | None = None) -> Plan:
    """Return SMALL with an objective, and another load of its scenario."""
    changes = {"objective": Objective(p95_ms=500), "load": load}
    return SMALL.model_copy(update={"scenarios": (SMALL.scenarios[0].model_copy(update=changes),)})


def attained(name: str, highest: float | None, missed: float | None, flagged: bool) -> Attainment:
    """Build the attainment of a deployment."""
    return Attainment("wait", name, highest, missed, flagged)


@pytest.mark.parametrize(
    ("objective", "text"),
    [
        (Objective(p95_ms=500), "a p95 of at most 500 ms with at most 0.1% failed"),
        (
            Objective(p50_ms=20, p99_ms=1500, failed_share=0),
            "a p50 of at most 20.0 ms and a p99 of at most 1,500 ms with at most 0% failed",
        ),
    ],
)
def test_an_objective_has_its_limits_in_words(objective: Objective, text: str) -> None:
    """Every limit that it has."""
    assert wording(objective) == text


def test_deployments_stand_by_the_load_that_they_hold() -> None:
    """The highest first, those that hold none last; what was never tried is said."""
    here = [
        attained("sync", None, 1, False),
        attained("gthread", 16, 256, False),
        attained("uvicorn", 256, None, True),
        attained("shared", 256, None, False),
    ]
    assert sentences(aimed(), here) == (
        "For `wait`, a p95 of at most 500 ms with at most 0.1% failed was met in every round up to "
        "256 clients, the most that it was given, by uvicorn (flagged), shared; up to 16 clients "
        "by gthread; at no load by sync.",
    )


def test_an_open_loop_has_rates() -> None:
    """Not clients."""
    load = Load(rates_rps=(100, 200), settle_s=1, measure_s=2)
    (text,) = sentences(aimed(load), [attained("uvicorn", 100, 200, False)])
    assert "up to 100 requests/s by uvicorn." in text


def test_nothing_is_said_without_an_objective() -> None:
    """Nor where nothing could be judged."""
    assert sentences(SMALL, [attained("uvicorn", 16, None, False)]) == ()
    assert sentences(aimed(), []) == ()
