"""The cost of a bridge, from samples by hand."""

from dataclasses import replace

import pytest

from harness.core.gate import CellDoubt, GateName
from harness.core.plan import Interface, Views
from harness.core.summary import Bridge, Sample, Spread
from harness.report.bridges import sentences
from harness.runs.bridges import KINDS, bridges
from tests.support.builders import deployment, sample

# CPU in ms per request of three rounds; the p50 is ten times that.
CPU_MS: dict[tuple[Interface, Views], tuple[float, float, float]] = {
    ("wsgi", "sync"): (0.4, 0.5, 0.6),
    ("wsgi", "async"): (0.8, 1.0, 1.1),
    ("asgi", "sync"): (1.2, 1.3, 1.1),
    ("asgi", "async"): (0.7, 0.9, 0.8),
}


def square(users: int = 64) -> list[Sample]:
    """Build a sample of each kind of view under each interface."""
    samples = []
    for (interface, views), cpu_ms in CPU_MS.items():
        values = {
            "server_cpu_ms_per_request": cpu_ms,
            "latency_p50_ms": tuple(10 * value for value in cpu_ms),
        }
        spreads = {
            name: Spread(sorted(each)[1], min(each), max(each), 3, "range")
            for name, each in values.items()
        }
        server = deployment(f"{interface}-{views}", interface, views=views)
        built = sample(server, users, (1.0, 1.0, 1.0), scenario="plain")
        samples.append(replace(built, metrics=spreads, per_round=dict(values)))
    return samples


def test_a_bridge_costs_what_an_adapted_view_takes_beyond_a_native_one_round_by_round() -> None:
    """WSGI: 0.4, 0.5 and 0.5 ms of CPU; ASGI: 0.5, 0.4 and 0.3; ten times that of latency."""
    costs = {(each.interface, each.metric): each.cost for each in bridges(square())}
    assert [each and pytest.approx(each.middle) for each in costs.values()] == [0.5, 5, 0.4, 4]
    wsgi = costs["wsgi", "server_cpu_ms_per_request"]
    assert wsgi
    assert [wsgi.low, wsgi.high] == pytest.approx([0.4, 0.5])


def test_it_is_of_the_highest_load_whose_four_cells_are_not_flagged() -> None:
    """Of the highest of all, flagged, where there is no such load."""
    doubt = CellDoubt(GateName.HOST, ("a reason",), 3)
    above = [replace(each, doubts=(doubt,)) for each in square(256)]
    assert {(each.load, each.flagged) for each in bridges([*square(64), *above])} == {(64, False)}
    assert {(each.load, each.flagged) for each in bridges(above)} == {(256, True)}


@pytest.mark.parametrize("number", range(len(KINDS)))
def test_all_four_kinds_have_to_be_there_once(number: int) -> None:
    """With one missing, or one twice, there is nothing to hold against each other."""
    samples = square()
    once = samples[number]
    assert bridges(samples[:number] + samples[number + 1 :]) == ()
    assert bridges([*samples, replace(once, deployment="again")]) == ()


def test_each_bridge_is_a_sentence() -> None:
    """With the load, what Django adds, and both metrics with their ranges."""
    of_wsgi, of_asgi = sentences(bridges(square()))
    assert of_wsgi.startswith(
        "For `plain` at 64 clients, an async view under WSGI (an event loop for each request) took "
        "0.5 ms more server CPU per request (range 0.4 ms to 0.5 ms over 3 rounds) and 5.00 ms "
        "more p50 latency"
    )
    assert "a sync view under ASGI (a thread for each request) took 0.4 ms more" in of_asgi


def test_a_bridge_that_takes_less_is_said_to() -> None:
    """By chance, or because something else decides."""
    cost = Spread(-0.2, -0.3, 0.1, 3, "range")
    (one, *_) = bridges(square())
    other = replace(one, cost=cost, flagged=True)
    assert isinstance(other, Bridge)
    (text,) = sentences([other])
    assert "at 64 clients (flagged)" in text
    assert "0.2 ms less server CPU per request (range -0.3 ms to 0.1 ms over 3 rounds)" in text
