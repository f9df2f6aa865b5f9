"""What a report says of streams and of long polls."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.core.plan import Plan
from harness.core.record import Extra
from harness.core.summary import Sample
from harness.report.streams import sentences
from harness.runs.summarise import summarise
from tests.support import builders

PAIR = ("gunicorn-gthread-64", "uvicorn")
STREAM = builders.scenario("stream", wait_ms=3000, every_ms=1000)
LIVE = {"first_event_p95_ms": 12.0, "event_gap_p95_ms": 1000.0}


def plan(users: tuple[int, ...] = (64,), name: str = "stream") -> Plan:
    """Return a plan of two rounds with a deployment of either interface."""
    servers = [each for each in builders.DEPLOYMENTS if each.name in PAIR]
    scenario = STREAM.model_copy(update={"name": name})
    return builders.plan(2, users, servers, [scenario])


def samples(plan: Plan, streams: Mapping[str, Mapping[str, float]]) -> Sequence[Sample]:
    """Return the samples of a run in which deployments had these figures of streams."""
    records = [
        replace(record, extra=_with(record.extra, streams.get(record.trial.deployment, {})))
        for record in builders.records(plan, noise=0)
    ]
    return summarise("run", plan, builders.MACHINE, records).samples


def _with(extra: Extra, figures: Mapping[str, float]) -> Extra:
    names: dict[str, float] = dict(figures)
    return replace(extra, **names)  # type: ignore[arg-type]


def test_live_streams_stand_beside_all_clients_with_how_many_a_mib_holds() -> None:
    """64 threads hold 64 of 512; 8 streams a MiB under ASGI."""
    many = plan(users=(512,))
    live = {
        "gunicorn-gthread-64": LIVE | {"live_streams": 64.0, "streams_per_mib": 1.0},
        "uvicorn": LIVE | {"live_streams": 500.0, "streams_per_mib": 8.0},
    }
    first, _ = sentences(many, samples(many, live))
    assert first == (
        "For `stream`, so many streams were live at a time, and so many for each MiB of the "
        "server's memory: gunicorn-gthread-64 64 of 512 clients (1.0 per MiB); uvicorn 500 of 512 "
        "clients (8.0 per MiB)."
    )


def test_events_have_the_time_to_the_first_and_to_the_next() -> None:
    """A deployment whose first events are unknown, for too many waited, is not among them."""
    one = plan()
    live = {
        "gunicorn-gthread-64": {"event_gap_p95_ms": 1000.0, "live_streams": 64.0},
        "uvicorn": LIVE | {"live_streams": 64.0},
    }
    _, second = sentences(one, samples(one, live))
    assert second == (
        "With `stream`, the first event came after (p95), and the next one after that (p95): "
        "12.0 ms and 1,000 ms by uvicorn at 64 clients."
    )


def test_streams_that_come_in_one_piece_were_held_back() -> None:
    """Gaps of 99 ms are less than a tenth of the second between two events, 101 ms are not."""
    one = plan()

    def told(gap_ms: float) -> list[str]:
        held = {"first_event_p95_ms": 3010.0, "event_gap_p95_ms": gap_ms, "live_streams": 1.0}
        texts = sentences(one, samples(one, {"uvicorn": held}))
        return [text for text in texts if "held streams back" in text]

    assert told(99.0) == [
        "uvicorn held streams back at 64 clients: their events came all at once, the first after "
        "3,010 ms (p95)."
    ]
    assert told(101.0) == []


def test_who_polls_has_the_news_as_often_as_slots_allow() -> None:
    """Of 512 clients a period of 1 s: 97% of what 64 slots answer in 3 s each, 64 / 3 = 21."""
    many = plan(users=(512,), name="poll")
    (text,) = sentences(many, samples(many, {}))
    assert text.startswith(
        "For `poll`, with news every 1,000 ms, so many had each piece of them: 21 of 512 clients "
        "by gunicorn-gthread-64; "
    )


def test_a_scenario_without_events_has_no_such_sentence() -> None:
    """Nothing came every so often."""
    wait = builders.plan()
    assert sentences(wait, builders.summary().samples) == ()
