"""The noise floor: what two labels of one deployment differ by, in words."""

from collections.abc import Sequence
from pathlib import Path

from harness.core import statistics
from harness.core.gate import GateName
from harness.core.plan_file import read
from harness.core.schedule import block_seconds, blocks
from harness.core.summary import Sample
from harness.report import noise_floor
from harness.runs import compare
from tests.support import builders
from tests.support.builders import deployment, plan, sample

ONE = deployment("one", "wsgi", slots=64)
TWO = ONE.model_copy(update={"name": "two"})
PLAN = plan(deployments=(ONE, TWO), scenarios=builders.SCENARIOS[:1])


def sentence(samples: Sequence[Sample]) -> str:
    """Compare the two labels and put it into words."""
    (text,) = noise_floor.floors(
        PLAN, compare.compare_identical(samples, compare.identical_pairs((ONE, TWO)))
    )
    return text


def test_the_largest_difference_of_any_load_stands_with_the_widest_bound() -> None:
    """Of each metric; whichever label is ahead."""
    # 98/100 is off by 1/0.98 - 1 = 2.0%, 103/100 by 3%; the middles are 100/100 and 101/100.
    samples = [
        sample(ONE, 8, (98, 100, 101)),
        sample(TWO, 8, (100, 100, 100)),
        sample(ONE, 9, (101, 103, 100)),
        sample(TWO, 9, (100, 100, 100)),
    ]
    assert sentence(samples) == (
        "For `wait`, two labels of the same deployment (one and two) differed by at most 1.0% in "
        "throughput (bounds: 3.0%), 1.0% in p95 latency (bounds: 3.0%). "
        "Every ratio was inconclusive (~), as it should be."
    )


def test_labels_that_came_out_as_different_are_a_warning() -> None:
    """With the amount, so that other differences can be held against it."""
    samples = [sample(ONE, 8, (120, 125, 130)), sample(TWO, 8, (100, 100, 100), (GateName.HOST,))]
    assert sentence(samples).endswith(
        "Warning: 2 of 2 ratios came out as different, although the deployments are equal: "
        "throughput of one over two at 8 clients, 1.25 times (range 1.20 to 1.30 over 3 rounds, "
        "flagged); p95 latency of one over two at 8 clients, 0.80 times (range 0.77 to 0.83 over "
        "3 rounds, flagged). Do not trust other differences of that size in this run."
    )


def test_one_round_is_no_proof_that_labels_agree() -> None:
    """Nothing could have come out as different."""
    text = sentence([sample(ONE, 8, (100,)), sample(TWO, 8, (150,))])
    assert "differed by at most 50% in throughput (bounds: 50%)" in text
    assert text.endswith("One round decides nothing.")


def test_labels_that_never_met_are_no_noise_floor() -> None:
    """Each was measured, but in different rounds."""
    text = sentence([sample(ONE, 8, (100, None)), sample(TWO, 8, (None, 100))])
    assert "the noise floor was not measured: no two labels" in text


def test_a_plan_without_a_second_label_says_that_nothing_was_measured() -> None:
    """Silence would read as no noise."""
    (sentence,) = noise_floor.floors(plan(), ())
    assert sentence.startswith("The noise floor was not measured in this run")


def test_the_plan_for_the_noise_floor_compares_two_pairs_with_intervals() -> None:
    """In under five minutes: 5 rounds x 4 deployments x (4 + 2 x (1 + 3)) s = 240 s."""
    aa, _ = read(Path("loadtests/plans/aa.toml"))
    assert compare.identical_pairs(aa.deployments) == (
        ("gunicorn-gthread-64-a", "gunicorn-gthread-64-b"),
        ("uvicorn-shared-a", "uvicorn-shared-b"),
    )
    assert statistics.kind(aa.rounds) == "interval"
    assert sum(map(block_seconds, blocks(aa))) < 300


def test_the_family_of_ratios_is_named_with_what_chance_makes_of_it() -> None:
    """Measured by two labels or estimated by rounds; rare chances are not told apart."""
    assert noise_floor.by_chance(compare.Chance(48, 3.14159, measured=True)) == (
        "Of 48 ratios about 3.1 would look different by chance in this run's noise if all "
        "deployments were equal (by two labels of one deployment).",
    )
    (rare,) = noise_floor.by_chance(compare.Chance(48, 1e-9, measured=False))
    assert rare.startswith("Of 48 ratios fewer than 0.1 would look different")
    assert rare.endswith("(by the scatter of its rounds).")
    assert noise_floor.by_chance(None) == ()
