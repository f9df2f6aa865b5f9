"""The price of a connection: slopes counted by hand, and what there is no slope of."""

from dataclasses import replace

import pytest

from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import CostPoint, Price, Slope
from harness.runs import connection_cost
from tests.support import builders
from tests.support.builders import DEPLOYMENTS, deployment

SHARED = deployment("uvicorn-shared", "asgi", views="async")
LEVELS = (10, 20, 30)


def plan(users: tuple[int, ...] = LEVELS, keep_alive: bool = True, rounds: int = 1) -> Plan:
    """Build a plan of one deployment and one scenario."""
    only = SHARED.model_copy(update={"keep_alive": keep_alive})
    return builders.plan(rounds, users, (only,), builders.SCENARIOS[:1])


def with_costs(record: Record) -> Record:
    """Return a record with a connection per user, each 0.5 MiB, 2 threads, 8 KiB and 1.5 ms/s.

    Locust has 18 KiB for each.
    """
    held = record.trial.users
    measurement = replace(
        record.measurement,
        server_rss_mib=50 + 0.5 * held,
        server_threads=6 + 2 * held,
        server_cpu_share=0.01 + 0.0015 * held,
    )
    extra = replace(
        record.extra,
        server_connections=held,
        tcp_mem_mib=1 + held * 3 / 1024,
        tcp_slab_mib=2 + held * 5 / 1024,
        load_rss_mib=60 + held * 18 / 1024,
    )
    return replace(record, measurement=measurement, extra=extra)


def records(plan: Plan) -> list[Record]:
    """Build the records of a plan, each with its costs."""
    return [with_costs(record) for record in builders.records(plan)]


def only_price(plan: Plan) -> Price:
    """Return the price of the plan's only deployment."""
    (only,) = connection_cost.prices(plan, records(plan))
    return only


def test_what_each_connection_adds_is_the_slope_and_what_none_have_the_base() -> None:
    """0.5 MiB = 512 KiB on 50 MiB = 51,200 KiB; 3 + 5 KiB of the kernel; 1.5 ms of CPU a second."""
    only = only_price(plan(rounds=2))
    assert only.points == tuple(CostPoint(n, 50 + 0.5 * n, False) for n in (10, 10, 20, 20, 30, 30))
    assert only.memory_kib is not None and only.threads is not None
    assert only.kernel_kib is not None and only.cpu_ms is not None
    assert (only.memory_kib.each, only.memory_kib.base) == pytest.approx((512, 51_200))
    assert (only.threads.each, only.threads.base) == pytest.approx((2, 6))
    assert only.kernel_kib.each == pytest.approx(8)
    assert only.load_kib is not None and only.load_kib.each == pytest.approx(18)
    assert only.cpu_ms.each == pytest.approx(1.5)


def test_the_slope_is_that_of_least_squares_with_its_standard_error() -> None:
    """Of (0, 0), (1, 2), (2, 1): slope 1/2, base 1/2; residuals -1/2, 1, -1/2, so s² = 1.5 / 1,

    and the slope's error is √(1.5 / 2) = 0.866.
    """
    fitted = connection_cost.slope([0, 1, 2], [0, 2, 1])
    assert fitted is not None
    assert (fitted.each, fitted.base, fitted.error) == pytest.approx((0.5, 0.5, 0.75**0.5))


def test_what_does_not_grow_costs_nothing() -> None:
    """As the threads of a server that shares one."""
    assert connection_cost.slope([10, 20, 30], [6, 6, 6]) == Slope(0, 0, 6)


def test_two_numbers_of_connections_are_no_line() -> None:
    """However often they were measured."""
    assert connection_cost.slope([1, 1, 2, 2], [1, 2, 3, 4]) is None
    assert connection_cost.slope([1, 2, 3], [1, 2, None]) is None


def test_a_staircase_of_two_levels_has_no_price() -> None:
    """Also where a plan of three measured only two."""
    two = plan(users=(10, 20))
    assert connection_cost.prices(two, records(two)) == ()
    three = plan()
    assert connection_cost.prices(three, records(three)[:2]) == ()


def test_connections_that_are_not_kept_have_no_price() -> None:
    """No connection is held."""
    closing = plan(keep_alive=False)
    assert connection_cost.prices(closing, records(closing)) == ()


def test_trials_that_failed_are_not_priced() -> None:
    """The third level was never measured: two are left."""
    *rest, last = records(plan())
    failed = replace(last, measurement=Measurement(), doubts=(Doubt(GateName.FAILED, "killed"),))
    assert connection_cost.prices(plan(), [*rest, failed]) == ()


def test_what_was_not_measured_is_left_empty() -> None:
    """Kernel memory without the right to read slabinfo; all else is there."""
    blind = [replace(r, extra=replace(r.extra, tcp_slab_mib=None)) for r in records(plan())]
    (only,) = connection_cost.prices(plan(), blind)
    assert only.kernel_kib is None and only.memory_kib is not None


def test_prices_stand_in_the_order_of_the_plan() -> None:
    """Scenarios first, then deployments."""
    whole = builders.plan(rounds=1)
    prices = connection_cost.prices(whole, records(whole))
    assert [(price.scenario, price.deployment) for price in prices] == [
        (scenario.name, each.name) for scenario in whole.scenarios for each in DEPLOYMENTS
    ]
