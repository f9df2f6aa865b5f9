"""Sentences about objectives."""

import pytest

from harness.core.plan import Load, Objective, Plan
from harness.core.summary import Attainment
from harness.report.objectives import brief, headline, sentences, wording
from tests.support.builders import SMALL


def aimed(load: Load | None = None) -> Plan:
    """Return SMALL with an objective, and another load of its scenario."""
    changes = {"objective": Objective(p95_ms=500), "load": load}
    return SMALL.model_copy(update={"scenarios": (SMALL.scenarios[0].model_copy(update=changes),)})


def attained(
    name: str,
    loads: tuple[float | None, float | None],
    rates_rps: tuple[float | None, float | None] = (None, None),
    flagged: bool = False,
) -> Attainment:
    """Build the attainment of a deployment: the loads that met and missed, and their rates."""
    return Attainment("wait", name, *loads, flagged, *rates_rps)


HERE = [
    attained("sync", (None, 1), (None, 15)),
    attained("gthread", (16, 256), (64, 252)),
    attained("uvicorn", (256, None), (850, None), flagged=True),
    attained("threaded", (16, 256), (66, 60)),
    attained("shared", (256, None), (860, None)),
]


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
    assert sentences(aimed(), HERE) == (
        "For `wait`, a p95 of at most 500 ms with at most 0.1% failed was met in every round up to "
        "860 requests/s or more with shared, 850 or more with uvicorn (flagged) (256 clients, the "
        "most that was tried); up to 66.0 requests/s or more with threaded, 64.0 with gthread (not "
        "252) (16 clients met it, 256 clients did not); at no load by sync, not even 1 client.",
    )


def test_the_headline_has_the_rate_that_met_the_objective_and_the_next() -> None:
    """Of the load that met the objective and of the next; served less there, it bounds nothing."""
    (scenario,) = aimed().scenarios
    assert headline(scenario, HERE) == (
        "`wait` meets p95 <= 500 ms up to 860 requests/s or more with shared, 850 or more with "
        "uvicorn (flagged), 66.0 or more with threaded, 64.0 with gthread (not 252); at no load "
        "tried with sync."
    )
    assert headline(scenario, HERE[:1]) == "`wait` meets p95 <= 500 ms at no load tried with sync."


def test_below_saturation_there_is_no_headline() -> None:
    """Where no load was missed, users and their pauses alone decide the rates."""
    (scenario,) = aimed().scenarios
    assert headline(scenario, [HERE[2], HERE[4]]) == ""
    assert headline(SMALL.scenarios[0], HERE) == ""


@pytest.mark.parametrize(
    ("load", "steps", "words"),
    [
        (
            Load(rates_rps=(100, 200), settle_s=1, measure_s=2),
            (100, 200),
            "100 requests/s met it, 200 requests/s did not",
        ),
        (
            Load(fractions=(0.5, 0.75), of="plain", settle_s=1, measure_s=2),
            (0.5, 0.75),
            "50% of its capacity met it, 75% of its capacity did not",
        ),
    ],
)
def test_an_open_loop_has_rates(load: Load, steps: tuple[float, float], words: str) -> None:
    """Not clients; those that were offered, whatever the plan has them be a part of."""
    (text,) = sentences(aimed(load), [attained("uvicorn", steps, (100, 200))])
    assert f"up to 100 requests/s with uvicorn (not 200) ({words})." in text


def test_limits_can_stand_alone() -> None:
    """As in a headline."""
    assert brief(Objective(p50_ms=20, p99_ms=1500)) == "p50 <= 20.0 ms and p99 <= 1,500 ms"


def test_nothing_is_said_without_an_objective() -> None:
    """Nor where nothing could be judged."""
    assert sentences(SMALL, HERE) == ()
    assert sentences(aimed(), []) == ()
