"""Server-sent events and long polls: what comes when, by Django's clients and from real servers."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3
from django.http import HttpResponseBase
from django.test import AsyncClient, Client

from tests.app.asking import Ask
from tests.app.servers import serve
from tests.support.patience import PATIENCE_S
from tests.support.serving import Server
from workloads.streams import until_news_s

THREE = b"".join(b'id: %d\ndata: {"event": %d}\n\n' % (n, n) for n in range(3))

PERIOD_S = 0.2
PATH = "/events/?n=3&ms=200"


@dataclass
class Arrivals:
    """The parts of a stream and when each came, in seconds from when it was asked for."""

    started: float = field(default_factory=time.perf_counter)
    body: bytes = b""
    at_s: list[float] = field(default_factory=list)

    def add(self, part: bytes) -> None:
        """Take the next part."""
        self.body += part
        self.at_s.append(time.perf_counter() - self.started)

    def live(self) -> bool:
        """Hold where the parts came apart; those held back come all at once."""
        return self.at_s[-1] - self.at_s[0] > PERIOD_S

    def whole(self) -> bool:
        """Hold for all events, the last no earlier than two periods, less the timers' 1 ms each."""
        return self.body == THREE and self.at_s[-1] >= 2 * (PERIOD_S - 0.001)


def read_by_wsgi(path: str) -> Arrivals:
    """Read a stream through Django's sync handler."""
    arrivals = Arrivals()
    for part in Client().get(path):
        arrivals.add(part)
    return arrivals


def read_by_asgi(path: str) -> Arrivals:
    """Read a stream through Django's async handler."""

    async def read() -> Arrivals:
        arrivals = Arrivals()
        response: Any = await AsyncClient().get(path)
        async for part in response:
            arrivals.add(part)
        return arrivals

    return asyncio.run(read())


def read_from(server: Server, path: str) -> Arrivals:
    """Read a stream from a real server."""
    arrivals = Arrivals()
    with urllib3.PoolManager(retries=False, timeout=PATIENCE_S) as client:
        response = client.request("GET", server.url + path, preload_content=False)
        for part in response.stream():
            arrivals.add(part)
    return arrivals


def test_native_streams_send_each_event_as_it_happens() -> None:
    """A sync view by the sync handler, an async view by the async one."""
    for arrivals in (read_by_wsgi(f"/sync{PATH}"), read_by_asgi(f"/async{PATH}")):
        assert arrivals.live() and arrivals.whole()


def test_an_adapted_stream_is_consumed_whole_before_it_is_sent() -> None:
    """Django collects what an iterator of the other kind yields, and warns."""
    with pytest.warns(Warning, match="must consume asynchronous iterators"):
        adapted = read_by_wsgi(f"/async{PATH}")
    assert adapted.whole() and not adapted.live()
    with pytest.warns(Warning, match="must consume synchronous iterators"):
        adapted = read_by_asgi(f"/sync{PATH}")
    assert adapted.whole() and not adapted.live()


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "native", "adapted"),
    [("gthread", "sync", "async"), ("uvicorn", "async", "sync"), ("uvicorn-shared", "async", "")],
)
def test_real_servers_stream_native_views_and_hold_adapted_ones_back(
    name: str, native: str, adapted: str, upstream: Server, tmp_path: Path
) -> None:
    """The same bytes either way. One shared thread for sync code is no place for a sync stream."""
    with serve(name, tmp_path, upstream.url) as server:
        live = read_from(server, f"/{native}{PATH}")
        assert live.live() and live.whole()
        if adapted:
            held = read_from(server, f"/{adapted}{PATH}")
            assert held.whole() and not held.live()


def test_a_stream_has_the_headers_of_one(ask: Ask, views: str) -> None:
    """No length, nothing on the way is to keep it, and no time of a view that goes on."""
    response: HttpResponseBase = ask(f"/{views}/events/?n=1&ms=0")
    assert response["Content-Type"] == "text/event-stream"
    assert response["Cache-Control"] == "no-cache"
    assert "Content-Length" not in response
    assert response["Server-Timing"].startswith("bench-entered;dur=")
    assert "bench-view" not in response["Server-Timing"]


def test_only_get_opens_a_stream(ask: Ask, views: str) -> None:
    """HEAD would have to run through it to tell nothing."""
    for method in ("HEAD", "POST"):
        response = ask(f"/{views}/events/?n=1&ms=0", method)
        assert (response.status_code, response["Allow"]) == (405, "GET")


@pytest.mark.parametrize("ms", [250, 1000, 60_000])
def test_news_come_at_whole_multiples_of_the_period(ms: int) -> None:
    """Within a period, whenever one asks; half a millisecond for reading the clock twice."""
    period_s = ms / 1000
    asked_s = time.time()
    left_s = until_news_s(ms)
    nearest_s = round((asked_s + left_s) / period_s) * period_s
    assert 0 < left_s <= period_s
    assert asked_s + left_s == pytest.approx(nearest_s, abs=0.0005)


def test_polls_that_began_apart_are_answered_together() -> None:
    """Everyone gets the same news: polls begun over 600 ms end within half of that."""

    async def ends() -> list[float]:
        async def poll(after_s: float) -> float:
            await asyncio.sleep(after_s)
            assert (await AsyncClient().get("/async/poll/?ms=1000")).status_code == 200
            return time.time()

        await asyncio.sleep(until_news_s(1000) + 0.05)  # a second to begin in
        return await asyncio.gather(*(poll(after_s) for after_s in (0, 0.2, 0.4, 0.6)))

    moments = asyncio.run(ends())
    assert max(moments) - min(moments) < 0.3
