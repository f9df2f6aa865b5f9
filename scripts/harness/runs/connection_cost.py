"""What one more held connection costs: slopes over the levels of a staircase. Pure."""

from collections.abc import Iterable, Sequence

from scipy.stats import linregress

from harness.core.plan import Deployment, Plan, Scenario
from harness.core.record import Record
from harness.core.summary import CostPoint, Price, Slope

# Two points are always on a line: only a third can show whether there is one.
FEWEST_LEVELS = 3


def prices(plan: Plan, records: Iterable[Record]) -> tuple[Price, ...]:
    """Return the price of a connection in each scenario of three levels or more, per deployment.

    Only deployments that keep connections have one. Trials without a measurement do not count.
    """
    measured = [r for r in records if r.measurement.requests is not None]
    return tuple(
        price
        for scenario in plan.scenarios
        if len(plan.load_of(scenario).users) >= FEWEST_LEVELS
        for deployment in plan.deployments
        if deployment.keep_alive and (price := _price(scenario, deployment, measured)) is not None
    )


def _price(scenario: Scenario, deployment: Deployment, records: Iterable[Record]) -> Price | None:
    """Return the slopes of all that grows with connections; None without enough levels."""
    own = [
        record
        for record in sorted(records, key=lambda record: (record.trial.users, record.trial.round))
        if (record.trial.scenario, record.trial.deployment) == (scenario.name, deployment.name)
        and record.extra.server_connections is not None
    ]
    connections = [float(record.extra.server_connections or 0) for record in own]
    if len({record.trial.users for record in own}) < FEWEST_LEVELS:
        return None
    return Price(
        scenario=scenario.name,
        deployment=deployment.name,
        points=tuple(
            CostPoint(round(count), record.measurement.server_rss_mib, not record.valid)
            for count, record in zip(connections, own, strict=True)
        ),
        memory_kib=slope(connections, [_times(r.measurement.server_rss_mib, 1024) for r in own]),
        threads=slope(connections, [_times(r.measurement.server_threads, 1) for r in own]),
        kernel_kib=slope(connections, [_kernel_kib(r) for r in own]),
        load_kib=slope(connections, [_times(r.extra.load_rss_mib, 1024) for r in own]),
        cpu_ms=slope(connections, [_times(r.measurement.server_cpu_share, 1000) for r in own]),
    )


def slope(connections: Sequence[float], values: Sequence[float | None]) -> Slope | None:
    """Return the line of least squares; None with fewer than three numbers of connections."""
    points = [(x, y) for x, y in zip(connections, values, strict=True) if y is not None]
    if len({x for x, _ in points}) < FEWEST_LEVELS:
        return None
    if len({y for _, y in points}) == 1:
        return Slope(0.0, 0.0, points[0][1])  # linregress has no error for constant values
    line = linregress([x for x, _ in points], [y for _, y in points])
    return Slope(float(line.slope), float(line.stderr), float(line.intercept))


def _kernel_kib(record: Record) -> float | None:
    """Return the kernel's memory for TCP, buffers and structures; None where either is unknown."""
    buffers = record.extra.tcp_mem_mib
    structures = record.extra.tcp_slab_mib
    return None if buffers is None or structures is None else 1024 * (buffers + structures)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
