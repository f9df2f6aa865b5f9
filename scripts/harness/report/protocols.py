"""Say how the protocols of a plan compare behind one server, and what QUIC lost. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import METRICS
from harness.core.plan import Plan, Scenario, Setting
from harness.core.record import Record
from harness.core.summary import Sample
from harness.report.wording import flag

NAMES = {"h1": "HTTP/1.1", "h2": "HTTP/2", "h3": "HTTP/3"}
"""What the setting `protocol` of loadtests/protocols.py stands for."""

METRICS_OF_EACH = ("throughput_rps", "latency_p50_ms", "server_cpu_ms_per_request")

LOST = (
    "What is lost is sent again, so its requests come late: that is the protocol's doing, part of "
    "its latency and no error."
)


def sentences(plan: Plan, samples: Sequence[Sample], records: Sequence[Record]) -> tuple[str, ...]:
    """Return what protocols came to, and what was lost; none of a plan with one protocol."""
    spoken = [scenario for scenario in plan.scenarios if _name(scenario)]
    return (
        *(text for group in _groups(spoken) for text in _compared(group, samples)),
        *(text for scenario in spoken for text in _lost(scenario, records)),
    )


def _name(scenario: Scenario) -> str:
    """Return the protocol of a scenario; empty where it names none."""
    return NAMES.get(str(scenario.settings.get("protocol")), "")


def _groups(scenarios: Sequence[Scenario]) -> Iterator[Sequence[Scenario]]:
    """Yield the scenarios that differ by their protocol alone, where there are several."""
    alike: dict[str, list[Scenario]] = {}
    for scenario in scenarios:
        alike.setdefault(f"{scenario.locustfile} {_others(scenario.settings)}", []).append(scenario)
    yield from (group for group in alike.values() if len(group) > 1)


def _others(settings: Mapping[str, Setting]) -> list[tuple[str, Setting]]:
    return sorted((name, value) for name, value in settings.items() if name != "protocol")


def _compared(group: Sequence[Scenario], samples: Sequence[Sample]) -> Iterator[str]:
    """Yield the figures of each deployment that was asked by several protocols, at each load."""
    names = {scenario.name: _name(scenario) for scenario in group}
    cells: dict[tuple[str, int], list[Sample]] = {}
    for sample in samples:
        if sample.scenario in names and not set(METRICS_OF_EACH) - sample.metrics.keys():
            cells.setdefault((sample.deployment, sample.users), []).append(sample)
    for (deployment, users), cell in cells.items():
        if len(cell) > 1:
            figures = "; ".join(f"{names[each.scenario]} {_figures(each)}" for each in cell)
            yield f"By protocol, {deployment} at {clients(users)}: {figures}."


def _figures(sample: Sample) -> str:
    """Return throughput, median and CPU time of a cell."""
    rate, median, cpu = (
        METRICS[name].unit.text(sample.metrics[name].middle) for name in METRICS_OF_EACH
    )
    return (
        f"{rate} requests/s, p50 {median}, {cpu} of the server's CPU time for each"
        f"{flag(sample.doubts)}"
    )


def _lost(scenario: Scenario, records: Sequence[Record]) -> Iterator[str]:
    """Yield what was lost of the datagrams of a scenario, over all rounds; nothing without QUIC."""
    here = [
        record
        for record in records
        if record.trial.scenario == scenario.name and record.extra.packets_lost is not None
    ]
    if not here:
        return
    dropped = sum(record.extra.datagrams_dropped or 0 for record in here)
    lost = sum(record.extra.packets_lost or 0 for record in here)
    if not lost and not dropped:
        yield f"For `{scenario.name}`, no packet of QUIC that a client sent was lost."
        return
    where = "; ".join(_at(record) for record in here if record.extra.packets_lost)
    yield (
        f"For `{scenario.name}`, {units.count(lost)} packets of QUIC that clients sent were lost"
        f"{f' ({where})' if where else ''}, and {units.count(dropped)} datagrams were dropped by "
        f"the kernel before a full buffer. {LOST}"
    )


def _at(record: Record) -> str:
    """Return how many of its packets a trial lost, beside its requests."""
    trial, extra = record.trial, record.extra
    return (
        f"{units.count(extra.packets_lost or 0)} beside "
        f"{units.count(record.measurement.requests or 0)} requests to {trial.deployment} at "
        f"{clients(trial.users)}"
    )
