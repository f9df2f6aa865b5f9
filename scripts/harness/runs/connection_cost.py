"""Tell what one more held connection costs: slopes over the levels of a staircase. Pure."""

from collections.abc import Iterable, Sequence

from scipy.stats import linregress

from harness.core.plan import Deployment, Plan, Scenario
from harness.core.record import Record
from harness.core.summary import CostPoint, Price, Slope

# Two points are always on a line: only a third can tell whether there is one.
FEWEST_LEVELS = 3


def prices(plan: Plan, records: Iterable[Record]) -> tuple[Price, ...]:
    """Price the connections that are kept, per scenario of three levels or more and deployment."""
    measured = [r for r in records if r.measurement.requests is not None]
    return tuple(
        price
        for scenario in plan.scenarios
        if len(plan.load_of(scenario).users) >= FEWEST_LEVELS
        for deployment in plan.deployments
        if deployment.keep_alive and (price := _price(scenario, deployment, measured)) is not None
    )


def _price(scenario: Scenario, deployment: Deployment, records: Iterable[Record]) -> Price | None:
    """Fit everything that grows with connections; None without enough levels."""
    own = [
        record
        for record in sorted(records, key=lambda record: (record.trial.users, record.trial.round))
        if (record.trial.scenario, record.trial.deployment) == (scenario.name, deployment.name)
        and record.extra.server_connections is not None
    ]
    held = [float(record.extra.server_connections or 0) for record in own]
    if len({record.trial.users for record in own}) < FEWEST_LEVELS:
        return None
    return Price(
        scenario=scenario.name,
        deployment=deployment.name,
        points=tuple(
            CostPoint(round(many), record.measurement.server_rss_mib, not record.valid)
            for many, record in zip(held, own, strict=True)
        ),
        memory_kib=slope(held, [_times(r.measurement.server_rss_mib, 1024) for r in own]),
        threads=slope(held, [_times(r.measurement.server_threads, 1) for r in own]),
        kernel_kib=slope(held, [_kernel_kib(r) for r in own]),
        cpu_ms=slope(held, [_times(r.measurement.server_cpu_share, 1000) for r in own]),
    )


def slope(held: Sequence[float], values: Sequence[float | None]) -> Slope | None:
    """Fit a line by least squares; None with fewer than three numbers of connections."""
    known = [(x, y) for x, y in zip(held, values, strict=True) if y is not None]
    if len({x for x, _ in known}) < FEWEST_LEVELS:
        return None
    if len({y for _, y in known}) == 1:
        return Slope(0.0, 0.0, known[0][1])  # linregress gives no error of what is constant
    line = linregress([x for x, _ in known], [y for _, y in known])
    return Slope(float(line.slope), float(line.stderr), float(line.intercept))


def _kernel_kib(record: Record) -> float | None:
    buffers, structures = record.extra.tcp_mem_mib, record.extra.tcp_slab_mib
    return None if buffers is None or structures is None else 1024 * (buffers + structures)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
