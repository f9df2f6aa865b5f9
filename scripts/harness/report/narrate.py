"""Put a run into sentences: what it answers, how far to trust it, what it lacks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from harness.core.plan import Plan
from harness.core.record import Record
from harness.core.summary import Summary
from harness.measure.envelope import Envelope
from harness.report import (
    bridges,
    core_speed,
    crowds,
    database,
    failures,
    locustfile,
    names,
    noise_floor,
    objectives,
    servers,
    slow_clients,
    stops,
    streams,
)
from harness.report.answers import answers
from harness.report.limitations import limits, missing_results, unequal
from harness.runs import compare

UNCALIBRATED = "This run was not calibrated: the error of its percentiles is unknown."


@dataclass(frozen=True, slots=True)
class Narrative:
    """Every sentence of a report.

    `answers` are plain sentences, the first is the headline. `calibration` says up to which rate
    the figures are right, `noise` how far labels of one deployment differed, what chance and
    the speed of the cores explain, and what servers did by themselves, `limits` what is not
    shown, `unequal` what differs between deployments besides the interface, `holes` which results
    are missing, `locustfile` what the locustfiles do that changes the meaning of figures,
    `failures` which requests failed and what servers logged. The names are keys of summary.json.
    """

    answers: tuple[str, ...]
    calibration: str
    noise: tuple[str, ...]
    limits: tuple[str, ...]
    unequal: tuple[str, ...]
    holes: tuple[str, ...]
    locustfile: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def narrate(
    summary: Summary,
    plan: Plan,
    records: Sequence[Record],
    envelope: Envelope | None = None,
    by_requests: Envelope | None = None,
    served: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Narrative:
    """Return what a summary comes to, in the words of its plan.

    `by_requests` is the envelope of scenarios that ask as an HttpUser does, `served` what each
    deployment serves, as facts by name, `left_out` has why which deployments were not served.
    """
    return Narrative(
        answers=(
            *answers(plan, summary.samples, summary.comparisons),
            *objectives.sentences(plan, summary.attainments),
            *bridges.sentences(summary.bridges),
            *names.sentences(summary.samples),
            *stops.sentences(summary.stopped),
            *database.sentences(plan, summary.samples),
            *streams.sentences(plan, summary.samples),
            *slow_clients.sentences(plan, summary.samples),
        ),
        calibration=_calibration(envelope, by_requests),
        noise=(
            *noise_floor.floors(plan, summary.alike),
            *noise_floor.by_chance(
                compare.by_chance(summary.samples, summary.comparisons, summary.alike)
            ),
            *crowds.sentences(records),
            *servers.sentences(records),
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
    )


def _calibration(envelope: Envelope | None, by_requests: Envelope | None) -> str:
    sentences = [f"{envelope.sentence}."] if envelope else []
    if by_requests:
        sentences.append(f"For scenarios of an HttpUser: {by_requests.sentence}.")
    return " ".join(sentences) or UNCALIBRATED
