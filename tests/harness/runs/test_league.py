"""Who is better than whom, from cells by hand."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.core.gate import GateName
from harness.core.metrics import MEMORY, METRICS
from harness.core.plan import Deployment, Interface
from harness.core.summary import Sample, Spread
from harness.report import league as league_table
from harness.runs.league import league, ranks
from tests.support.builders import deployment, plan, sample

RATE = METRICS["throughput_rps"]


def server(name: str, module: str, interface: Interface = "wsgi") -> Deployment:
    """Build a deployment of a server that the suite knows."""
    command = ("{python}", "-m", module, "{port}")
    return deployment(name, interface).model_copy(update={"command": command})


ONE = server("one", "gunicorn")
TWO = server("two", "waitress")
THREE = server("three", "granian")
FOUR = server("four", "uvicorn", "asgi")
DEFAULT = server("one-default", "gunicorn").model_copy(update={"default_of": "one"})


def rates(**by_name: Sequence[float]) -> list[Sample]:
    """Build a cell of each name from its throughput in each round."""
    return [sample(deployment(name, "wsgi"), 64, each) for name, each in by_name.items()]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"a": (100,) * 3, "b": (50,) * 3, "c": (200,) * 3}, {"c": 1, "a": 2, "b": 3}),
        # Level for two, and two are better than the third.
        ({"a": (100, 99, 101), "b": (101, 100, 99), "c": (50,) * 3}, {"a": 1, "b": 1, "c": 3}),
        # Each is level with its neighbour, and the first is 5% better than the last.
        ({"a": (105,) * 3, "b": (102.5,) * 3, "c": (100,) * 3}, {"a": 1, "b": 1, "c": 2}),
        # Better in two rounds of three is not better.
        ({"a": (110, 110, 90), "b": (100,) * 3}, {"a": 1, "b": 1}),
        # One round tells nothing.
        ({"a": (200,), "b": (100,)}, {"a": 1, "b": 1}),
    ],
)
def test_a_rank_is_one_more_than_those_that_are_measurably_better(
    cells: dict[str, Sequence[float]], expected: dict[str, int]
) -> None:
    """So that equals share one. Beyond 3%, and in every round, is measurable."""
    # Many answers, so that counting them explains no difference.
    many = {name: [1000 * rate for rate in each] for name, each in cells.items()}
    assert ranks(rates(**many), RATE) == expected


def test_less_is_better_for_latency_and_memory() -> None:
    """Half as long; half as much, shared pages once."""
    (one, two) = rates(a=(1_000,) * 3, b=(2_000,) * 3)
    assert ranks([one, two], METRICS["latency_p95_ms"]) == {"b": 1, "a": 2}
    small = replace(one, memory=Spread(50, 50, 50, 3, "range"), memory_by_round=(50, 50, 50))
    large = replace(two, memory=Spread(99, 99, 99, 3, "range"), memory_by_round=(99, 98, 99))
    assert ranks([large, small], MEMORY) == {"a": 1, "b": 2}
    assert ranks([one, small], MEMORY) == {"a": 1}


def test_what_failed_and_what_is_only_a_bound_has_no_rank() -> None:
    """Nor does it count as better than others."""
    failing = sample(ONE, 64, (9_000,) * 3, gates=[GateName.ERRORS])
    bound = replace(sample(TWO, 64, (1_000,) * 3), lower_bounds=("latency_p95_ms",))
    sound = sample(THREE, 64, (1_000,) * 3)
    assert ranks([failing, bound, sound], RATE) == {"two": 1, "three": 1}
    assert ranks([failing, bound, sound], METRICS["latency_p95_ms"]) == {"three": 1}


def test_the_table_has_each_interface_by_itself_best_first_with_its_default() -> None:
    """At the highest load alone."""
    servers = (ONE, TWO, THREE, FOUR, DEFAULT)
    samples = [
        sample(ONE, 8, (9_000,) * 3),
        sample(ONE, 64, (1_000,) * 3),
        sample(TWO, 64, (2_000,) * 3),
        sample(THREE, 64, (1_500,) * 3),
        sample(FOUR, 64, (100,) * 3),
        sample(DEFAULT, 64, (4,)),
    ]
    standings = league(plan(deployments=servers), samples)
    assert [(each.deployment, each.ranks[RATE.name]) for each in standings] == [
        ("two", 1),
        ("three", 2),
        ("one", 3),
        ("four", 1),
    ]
    defaults = {each.deployment: each.as_it_comes for each in standings if each.as_it_comes}
    assert {name: spread.middle for name, spread in defaults.items()} == {"one": 4}
    assert league_table.sentences(standings) == (
        "For `wait` at 64 clients, the servers that nothing else measurably exceeded in "
        "throughput: of WSGI two; of ASGI four.",
    )


def test_two_servers_are_no_league() -> None:
    """However often each of them is there."""
    servers = (ONE, server("more", "gunicorn"), FOUR)
    samples = [sample(each, 64, (1_000,) * 3) for each in servers]
    assert league(plan(deployments=servers), samples) == ()
