"""Say how many streams were live, when their events came, and who had the news. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients
from harness.core.metrics import EVENT_GAP, FIRST_EVENT, LIVE_STREAMS, STREAMS_PER_MIB
from harness.core.plan import Plan, Scenario
from harness.core.summary import Sample
from harness.report.wording import flag

THROUGHPUT = "throughput_rps"

# A stream that is sent when it has ended has no time between its events, a live one has all of it.
HELD_BACK = 0.1


def sentences(plan: Plan, samples: Sequence[Sample]) -> tuple[str, ...]:
    """Return the answers of scenarios whose events, or news, come every so often; none without."""
    texts: list[str] = []
    for scenario in plan.scenarios:
        here = [s for s in samples if s.scenario == scenario.name and s.model == "closed"]
        every_ms = float(scenario.settings.get("every_ms", 0))
        if every_ms and any(sample.streams for sample in here):
            texts += _streamed(scenario, here, every_ms)
        elif every_ms:
            texts += _polled(scenario, here, every_ms)
    return tuple(texts)


def _streamed(scenario: Scenario, samples: Sequence[Sample], every_ms: float) -> Iterator[str]:
    """Yield how many clients were served at a time, when events came, and who held them back."""
    measured = [sample for sample in samples if LIVE_STREAMS.name in sample.streams]
    climbs = "; ".join(
        f"{name} {', '.join(map(_live, climb))}"
        for name, climb in groupby(measured, key=lambda sample: sample.deployment)
    )
    yield (
        f"For `{scenario.name}`, so many streams were live at a time, and so many for each MiB of "
        f"the server's memory: {climbs}."
    )
    timed = [s for s in measured if FIRST_EVENT.name in s.streams and not _held_back(s, every_ms)]
    if timed:
        yield (
            f"With `{scenario.name}`, the first event came after (p95), and the next one after "
            f"that (p95): {'; '.join(map(_times, timed))}."
        )
    yield from (_held(sample) for sample in measured if _held_back(sample, every_ms))


def _live(sample: Sample) -> str:
    """Return the live streams of a cell: 64 of 512 clients (0.9 per MiB)."""
    live = units.count(sample.streams[LIVE_STREAMS.name].middle)
    each = sample.streams.get(STREAMS_PER_MIB.name)
    memory = f" ({units.significant(each.middle, 2)} per MiB)" if each else ""
    return f"{live} of {clients(sample.users)}{memory}{flag(sample.doubts)}"


def _times(sample: Sample) -> str:
    """Return when the events of a cell came."""
    first, gap = sample.streams[FIRST_EVENT.name], sample.streams.get(EVENT_GAP.name)
    then = f" and {units.milliseconds(gap.middle)}" if gap else ""
    return (
        f"{units.milliseconds(first.middle)}{then} by {sample.deployment} at "
        f"{clients(sample.users)}{flag(sample.doubts)}"
    )


def _held_back(sample: Sample, every_ms: float) -> bool:
    """Return whether the events of a cell came much closer together than they happened."""
    gap = sample.streams.get(EVENT_GAP.name)
    return gap is not None and gap.middle < HELD_BACK * every_ms


def _held(sample: Sample) -> str:
    """Return who held events back, and for how long."""
    first = sample.streams.get(FIRST_EVENT.name)
    after = f", the first after {units.milliseconds(first.middle)} (p95)" if first else ""
    return (
        f"{sample.deployment} held streams back at {clients(sample.users)}: their events came all "
        f"at once{after}."
    )


def _polled(scenario: Scenario, samples: Sequence[Sample], every_ms: float) -> Iterator[str]:
    """Yield how many clients had each piece of news."""
    measured = [sample for sample in samples if THROUGHPUT in sample.metrics]
    if not measured:
        return
    clauses = "; ".join(
        f"{units.count(s.metrics[THROUGHPUT].middle * every_ms / 1000)} of {clients(s.users)} by "
        f"{s.deployment}{flag(s.doubts)}"
        for s in measured
    )
    yield (
        f"For `{scenario.name}`, with news every {units.milliseconds(every_ms)}, so many had each "
        f"piece of them: {clauses}."
    )
