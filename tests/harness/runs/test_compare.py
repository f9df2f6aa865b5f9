"""The judgement: which comparisons there are, who stands for a side, where findings change."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from harness.core.gate import GateName, SideDoubt
from harness.core.summary import Comparison, Sample
from harness.runs import compare
from harness.runs.compare import Finding
from tests.support import builders
from tests.support.builders import deployment, sample

WSGI = deployment("gunicorn", "wsgi", slots=64)
ASGI = deployment("uvicorn", "asgi")


def findings(*pairs: tuple[tuple[float | None, ...], tuple[float | None, ...]]) -> list[Finding]:
    """Return the finding at each load, from the rates of ASGI and of WSGI in each round."""
    levels = range(1, len(pairs) + 1)
    samples = [sample(ASGI, n, asgi) for n, (asgi, _) in zip(levels, pairs, strict=True)]
    samples += [sample(WSGI, n, wsgi) for n, (_, wsgi) in zip(levels, pairs, strict=True)]
    served = [c for c in compare.compare(samples) if c.metric == "throughput_rps"]
    return [s.finding for stretch in compare.stretches(levels, served) for s in stretch.steps]


def test_a_ratio_is_paired_by_round() -> None:
    """Noise that both sides share in a round cancels out."""
    # 20/10 = 2, 40/20 = 2, 60/30 = 2, though each side's rounds differ threefold.
    (throughput, latency) = compare.compare(
        [sample(ASGI, 8, (20, 40, 60)), sample(WSGI, 8, (10, 20, 30))]
    )
    assert (throughput.ratio.low, throughput.ratio.high, throughput.sign) == (2, 2, ">")
    assert (latency.metric, latency.ratio.middle, latency.sign) == ("latency_p95_ms", 0.5, "<")


def test_a_round_that_only_one_side_measured_is_left_out() -> None:
    """A pair needs both of its halves."""
    (throughput, _) = compare.compare(
        [sample(ASGI, 8, (20, None, 60)), sample(WSGI, 8, (10, 20, 20))]
    )
    # 20/10 = 2 and 60/20 = 3; round 2 has no ASGI.
    assert (throughput.ratio.low, throughput.ratio.high, throughput.ratio.rounds) == (2, 3, 2)


def test_a_round_in_which_more_than_a_hundredth_failed_is_not_compared() -> None:
    """1% is within the gate: rounds 1 and 3 are left, 20/10 = 2 and 60/20 = 3."""
    failing = sample(ASGI, 8, (20, 500, 60))
    shares = {"error_share": (0.0, 0.011, 0.01)}
    failing = replace(failing, per_round=failing.per_round | shares)
    (throughput, latency) = compare.compare([failing, sample(WSGI, 8, (10, 20, 20))])
    assert (throughput.ratio.low, throughput.ratio.high, throughput.ratio.rounds) == (2, 3, 2)
    assert latency.ratio.rounds == 2


def test_every_asgi_deployment_meets_every_wsgi_one_at_every_load() -> None:
    """Three ASGI x two WSGI deployments x five loads x two metrics."""
    samples = [sample(d, users, (1, 1)) for d in builders.DEPLOYMENTS for users in builders.USERS]
    assert len(compare.compare(samples)) == 3 * 2 * 5 * 2


def test_a_comparison_carries_the_doubts_of_both_sides() -> None:
    """Each doubt names its deployment and gate, once."""
    asgi = sample(ASGI, 8, (1, 1), gates=(GateName.GENERATOR,))
    wsgi = sample(WSGI, 8, (1, 1), gates=(GateName.FLOOR, GateName.HOST))
    doubts = compare.compare([asgi, wsgi])[0].doubts
    assert doubts == (
        SideDoubt("uvicorn", GateName.GENERATOR),
        SideDoubt("gunicorn", GateName.FLOOR),
        SideDoubt("gunicorn", GateName.HOST),
    )


def test_scenarios_and_loads_are_never_mixed() -> None:
    """Cells of another scenario or load are no partners."""
    other = sample(WSGI, 8, (1, 1), scenario="plain")
    assert compare.compare([sample(ASGI, 8, (1, 1)), other, sample(WSGI, 9, (1, 1))]) == ()


def test_each_load_has_a_finding_also_those_that_cannot_decide() -> None:
    """More, fewer, inconclusive, one round only, and no round in common."""
    assert findings(
        ((20, 20), (10, 10)),
        ((5, 5), (10, 10)),
        ((20, 5), (10, 10)),
        ((20, None), (10, 10)),
        ((20, None), (None, 10)),
    ) == [">", "<", "~", "once", "missing"]


def test_neighbouring_loads_with_one_finding_make_one_stretch() -> None:
    """A stretch ends where the finding changes."""
    samples = [sample(d, n, (1, 1)) for n in (1, 2, 3) for d in (WSGI, ASGI)]
    first, second = compare.stretches((1, 2, 3, 4), compare.compare(samples))
    assert [step.users for step in first.steps] == [1, 2, 3]
    assert (second.finding, [step.users for step in second.steps]) == ("missing", [4])


def test_the_evidence_of_a_stretch_is_its_highest_load_without_a_doubt() -> None:
    """A doubted number counts only where there is no other."""
    wsgi = [sample(WSGI, n, (10, 10)) for n in (1, 2)]
    doubted = sample(ASGI, 2, (30, 30), gates=(GateName.GENERATOR,))
    pair = compare.compare([sample(ASGI, 1, (20, 20)), doubted, *wsgi])
    served = [c for c in pair if c.metric == "throughput_rps"]
    (both,) = compare.stretches((1, 2), served)
    (only,) = compare.stretches((2,), served)
    assert (both.evidence.users, only.evidence.users) == (1, 2)


def test_few_requests_leave_a_throughput_inconclusive() -> None:
    """Latencies are no counts, so their ratio is conclusive all the same."""
    # 8 s at 3/s and at 2/s are 24 and 16 answers a round: 2 sqrt((1/24 + 1/16) / 3) = 0.37;
    # ln 1.5 = 0.41 lies beyond it, ln 1.4 = 0.34 does not.
    for rate, expected in ((3, ">"), (2.8, "~")):
        throughput, latency = compare.compare(
            [sample(ASGI, 8, (rate,) * 3), sample(WSGI, 8, (2,) * 3)]
        )
        assert (throughput.sign, latency.sign) == (expected, "<")
        assert throughput.counting == pytest.approx(2 * ((1 / (8 * rate) + 1 / 16) / 3) ** 0.5)
        assert latency.counting is None


def test_labels_of_one_deployment_are_paired() -> None:
    """Equal in everything but the name: interface, views, slots, command and environment."""
    one = deployment("one", "wsgi", slots=64)
    again = one.model_copy(update={"name": "again"})
    third = one.model_copy(update={"name": "third"})
    others = [
        one.model_copy(update={"name": f"other-{field}", field: value})
        for field, value in (
            ("interface", "asgi"),
            ("views", "async"),
            ("slots", 65),
            ("command", ("gunicorn",)),
            ("environment", {"WEB": "1"}),
        )
    ]
    assert compare.identical_pairs([one, *others]) == ()
    assert compare.identical_pairs([one, others[0], again, third]) == (
        ("one", "again"),
        ("one", "third"),
        ("again", "third"),
    )


def test_labels_of_one_deployment_are_compared_like_any_pair() -> None:
    """At every load they share, metric by metric, the first label on top."""
    again = sample(deployment("again", "wsgi", slots=64), 8, (200, 200))
    comparisons = compare.compare_identical(
        [sample(WSGI, 8, (100, 100)), sample(WSGI, 9, (1, 1)), again, sample(ASGI, 8, (1, 1))],
        [("gunicorn", "again")],
    )
    assert [(c.top, c.bottom, c.users, c.metric, c.ratio.middle, c.sign) for c in comparisons] == [
        ("gunicorn", "again", 8, "throughput_rps", 0.5, "<"),
        ("gunicorn", "again", 8, "latency_p95_ms", 2, ">"),
    ]


def on_cores(
    asgi: tuple[float | None, ...], wsgi: tuple[float | None, ...]
) -> tuple[Comparison, ...]:
    """Compare 1,100 with 1,000 requests a second in three rounds on cores of these speeds."""
    return compare.compare(
        [
            replace(sample(ASGI, 8, (1_100,) * 3), core_speeds=asgi),
            replace(sample(WSGI, 8, (1_000,) * 3), core_speeds=wsgi),
        ]
    )


def test_a_ratio_that_the_cores_explain_is_flagged_with_the_adjusted_one_beside() -> None:
    """1.1 times as many on a core 1.1 times as fast: 1 without it; so is p95, 1 / 1.1."""
    throughput, latency = on_cores((2_200, 2_200, 2_200), (2_000, 2_000, 2_000))
    assert throughput.core_speed == pytest.approx(1.1)
    assert compare.core_adjusted_ratio(throughput) == pytest.approx(1)
    assert compare.core_adjusted_ratio(latency) == pytest.approx(1)
    assert compare.cores_explain(throughput)
    assert compare.cores_explain(latency)
    assert throughput.doubts == latency.doubts == (SideDoubt("gunicorn", GateName.HOST),)


@pytest.mark.parametrize(
    "asgi",
    [
        (2_100, 2_100, 2_100),  # 1.05 explains half of 1.1
        (1_800, 1_800, 1_800),  # the slower core was the one that served more
        (2_040, 2_040, 2_040),  # 2 % is what two plateaus on one core differ by
        (None, None, None),  # no canary
        (),
    ],
)
def test_a_ratio_that_the_cores_do_not_explain_is_not_flagged(asgi: tuple[float, ...]) -> None:
    """Half of it, the other way round, noise, or not measured."""
    comparisons = on_cores(asgi, (2_000, 2_000, 2_000))
    assert not any(compare.cores_explain(c) for c in comparisons)
    assert not any(c.doubts for c in comparisons)


def test_the_cores_are_compared_in_the_rounds_that_are() -> None:
    """Round 2 has no canary on one side: 1.2 and 1.4 remain."""
    throughput, _ = on_cores((2_400, 4_000, 2_800), (2_000, None, 2_000))
    assert throughput.core_speed == pytest.approx(1.3)


def equal_samples(draw: Random, names: Sequence[str], rounds: int, noise: float) -> list[Sample]:
    """Draw deployments that all serve the same at four loads, but for each round's noise."""
    sides = [deployment(name, "asgi" if name < "u" else "wsgi") for name in names]
    return [
        sample(side, users, [10_000 * draw.lognormvariate(0, noise) for _ in range(rounds)])
        for side in sides
        for users in (1, 8, 64, 256)
    ]


@pytest.mark.long
@pytest.mark.parametrize("rounds", [3, 5])
def test_chance_makes_about_as_many_differences_as_is_said(rounds: int) -> None:
    """Three deployments over two, four loads, two metrics: 48 ratios of equals, 200 runs of them.

    Each side is off by 5% a round, so that a ratio is by 7.1%.
    """
    draw = Random(2)
    said = seen = 0.0
    for _ in range(200):
        samples = equal_samples(draw, ("a", "b", "c", "v", "w"), rounds, 0.05)
        comparisons = compare.compare(samples)
        chance = compare.by_chance(samples, comparisons, ())
        assert chance is not None
        assert (chance.ratios, chance.measured) == (48, False)
        said += chance.expected
        seen += sum(comparison.sign != "~" for comparison in comparisons)
    assert said / seen == pytest.approx(1, abs=0.3)


def test_the_noise_of_two_labels_stands_before_that_of_the_rounds() -> None:
    """Labels that agree to the last digit: nothing comes out as different by chance."""
    samples = [
        sample(ASGI, 8, (20, 24, 28)),
        sample(ASGI.model_copy(update={"name": "again"}), 8, (20, 24, 28)),
        sample(WSGI, 8, (10, 17, 30)),
    ]
    alike = compare.compare_identical(samples, [("uvicorn", "again")])
    chance = compare.by_chance(samples, compare.compare(samples), alike)
    assert chance == compare.Chance(ratios=4, expected=0.0, measured=True)
    estimated = compare.by_chance(samples, compare.compare(samples), ())
    assert estimated is not None
    assert estimated.expected > 0


def test_one_round_is_no_family() -> None:
    """It decides nothing, so chance makes nothing of it."""
    samples = [sample(ASGI, 8, (20,)), sample(WSGI, 8, (10,))]
    assert compare.by_chance(samples, compare.compare(samples), ()) is None
