"""Put a run into sentences: what it answers, how far to trust it, what it lacks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.core.advice import Advice
from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Summary
from harness.measure.envelope import Envelope
from harness.report import (
    advice,
    bridges,
    capacity,
    core_speed,
    crowds,
    database,
    failures,
    frameworks,
    in_short,
    league,
    locustfile,
    memory,
    middleware,
    names,
    noise_floor,
    objectives,
    predictions,
    protocols,
    servers,
    slow_clients,
    stops,
    streams,
    threads,
)
from harness.report.answers import answers, conditions
from harness.report.limitations import limits, missing_results, unequal
from harness.runs import compare

UNCALIBRATED = "This run was not calibrated: the error of its percentiles is unknown."


@dataclass(frozen=True, slots=True)
class Narrative:
    """Every sentence of a report.

    `short` answers in at most three sentences, `answers` in full, the headline first.
    `calibration` says up to which rate the figures are right, `noise` how far labels of one
    deployment differed, what chance and the speed of the cores explain, and what servers did by
    themselves, `limits` what is not shown, `unequal` what differs between deployments besides the
    interface, `holes` which results are missing, `locustfile` what the locustfiles do that changes
    the meaning of figures, `failures` which requests failed and what servers logged, `model` how
    well the closed network predicts, `memory` which servers leak none, `advice` what to run where
    that was asked, `conditions` how long requests wait and clients pause in each scenario. The
    names are keys of summary.json.
    """

    answers: tuple[str, ...]
    calibration: str
    noise: tuple[str, ...]
    limits: tuple[str, ...]
    unequal: tuple[str, ...]
    holes: tuple[str, ...]
    locustfile: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    conditions: Mapping[str, str] = field(default_factory=dict)


def narrate(
    summary: Summary,
    plan: Plan,
    records: Sequence[Record],
    envelope: Envelope | None = None,
    by_requests: Envelope | None = None,
    served: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    left_out: Mapping[str, str] = MappingProxyType({}),
    advised: Advice | None = None,
) -> Narrative:
    """Return what a summary comes to, in the words of its plan.

    `by_requests` is the envelope of scenarios that ask as an HttpUser does, `served` what each
    deployment serves, as facts by name, `left_out` has why which deployments were not served,
    `advised` is what the run advises.
    """
    return Narrative(
        answers=(
            *answers(plan, summary.samples, summary.comparisons),
            *objectives.sentences(plan, summary.attainments),
            *capacity.sentences(summary.holdings),
            *threads.sentences(summary.holdings),
            *bridges.sentences(summary.bridges),
            *middleware.sentences(plan, summary.samples),
            *names.sentences(summary.samples),
            *memory.leaks(summary.memory_uses),
            *stops.sentences(summary.stopped),
            *database.sentences(plan, summary.samples),
            *streams.sentences(plan, summary.samples),
            *slow_clients.sentences(plan, summary.samples),
            *protocols.sentences(plan, summary.samples, records),
            *league.sentences(summary.league),
            *frameworks.sentences(summary.frameworks),
        ),
        calibration=_calibration(envelope, by_requests),
        noise=(
            *noise_floor.floors(plan, summary.alike),
            *noise_floor.by_chance(
                compare.by_chance(summary.samples, summary.comparisons, summary.alike)
            ),
            *crowds.sentences(records),
            *servers.sentences(plan, records),
            *core_speed.explained((*summary.comparisons, *summary.alike)),
        ),
        limits=(
            *limits(plan, summary.machine, summary.samples, summary.comparisons),
            *(f"{name} was left out: {reason}." for name, reason in left_out.items()),
        ),
        unequal=unequal(plan, summary.samples, served),
        holes=missing_results(plan, records),
        locustfile=locustfile.remarks(plan, records),
        failures=failures.sentences(records),
        model=predictions.sentences(summary),
        memory=memory.sentences(summary),
        short=in_short.sentences(plan, summary),
        advice=advice.sentences(advised) if advised else (),
        conditions={each.name: conditions(plan, each) for each in plan.scenarios},
    )


def _calibration(envelope: Envelope | None, by_requests: Envelope | None) -> str:
    sentences = [f"{envelope.sentence}."] if envelope else []
    if by_requests:
        sentences.append(f"For scenarios of an HttpUser: {by_requests.sentence}.")
    return " ".join(sentences) or UNCALIBRATED
