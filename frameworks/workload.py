"""What every framework here answers: `plain`, `wait` and `call` of app/, as bytes and headers.

All work on a request but its routing, its parameters and its response is done here, so that two
frameworks differ in nothing else.
"""

import asyncio
import json
import os
import time
from dataclasses import dataclass

from workloads import calls
from workloads.calls import UpstreamError
from workloads.milliseconds import milliseconds
from workloads.timing import Timing

UPSTREAM_URL = os.environ.get("UPSTREAM_URL", "").rstrip("/")

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status, its body of JSON and its times, where it has any."""

    status: int
    body: bytes
    timing: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """Return what a response carries beside its type and its length."""
        return {"Server-Timing": self.timing} if self.timing else {}

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """Return every header, for what adds none by itself."""
        length = str(len(self.body))
        return [("Content-Type", JSON), ("Content-Length", length), *self.headers.items()]


def encode(**fields: object) -> bytes:
    """Return a body; any client can build the same bytes with json.dumps."""
    return json.dumps(fields).encode()


READY = Answer(200, encode(ready=True))
NOT_FOUND = Answer(404, encode(error="no such path"))
PLAIN = encode(workload="plain")


def plain() -> Answer:
    """Answer at once."""
    timing = Timing()
    return Answer(200, PLAIN, timing.header())


def wait(text: str) -> Answer:
    """Answer after so many milliseconds of waiting in this process."""
    timing = Timing()
    try:
        ms = milliseconds(text)
    except ValueError as error:
        return _bad(error)
    with timing.waiting():
        time.sleep(ms / 1000)
    return Answer(200, encode(workload="wait", ms=ms), timing.header())


async def await_wait(text: str) -> Answer:
    """Do the same without holding a thread."""
    timing = Timing()
    try:
        ms = milliseconds(text)
    except ValueError as error:
        return _bad(error)
    with timing.waiting():
        await asyncio.sleep(ms / 1000)
    return Answer(200, encode(workload="wait", ms=ms), timing.header())


def call(text: str) -> Answer:
    """Answer after one call to the upstream, which takes about so many milliseconds."""
    timing = Timing()
    try:
        ms = milliseconds(text)
        with timing.waiting():
            calls.fetch(UPSTREAM_URL, ms)
    except ValueError as error:
        return _bad(error)
    except UpstreamError as error:
        return Answer(502, encode(error=str(error)), timing.header())
    return Answer(200, encode(workload="call", ms=ms), timing.header())


async def await_call(text: str) -> Answer:
    """Do the same without holding a thread."""
    timing = Timing()
    try:
        ms = milliseconds(text)
        with timing.waiting():
            await calls.afetch(UPSTREAM_URL, ms)
    except ValueError as error:
        return _bad(error)
    except UpstreamError as error:
        return Answer(502, encode(error=str(error)), timing.header())
    return Answer(200, encode(workload="call", ms=ms), timing.header())


def _bad(error: ValueError) -> Answer:
    return Answer(400, encode(error=str(error)))
