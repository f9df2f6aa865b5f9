"""Answers that come when there is news: server-sent events, and long polls."""

import json
from collections.abc import AsyncIterator, Iterator
from time import time

from django.http import StreamingHttpResponse

from workloads.timing import Timing


def event(number: int) -> bytes:
    """Return one server-sent event; any client can build the same bytes.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """
    return f"id: {number}\ndata: {json.dumps({'event': number})}\n\n".encode()


def stream(parts: Iterator[bytes] | AsyncIterator[bytes], timing: Timing) -> StreamingHttpResponse:
    """Return a response that sends each part as it comes, where server and interface let it.

    Its Server-Timing goes out before the first part, so it has no times of view and wait.
    """
    response = StreamingHttpResponse(parts, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache"
    response["Server-Timing"] = timing.stamps()
    return response


def until_news_s(ms: float) -> float:
    """Return the seconds until there is news, which is at every whole multiple of `ms`.

    By the time of day, so all clients get the same news at the same moment, from all processes.
    """
    period_s = ms / 1000
    return period_s - time() % period_s
