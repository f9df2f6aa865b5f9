"""The service behind the application: an HTTP server that answers after a known delay.

Run it as a script. It imports nothing of the harness, so it needs only uvloop and httptools:

    python scripts/harness/rig/upstream.py --port 9000 --spread lognormal --sigma 0.5 --seed 1

`GET /?ms=100` answers after 100 ms, `GET /ready/` at once. It shares a core with the load
generator, so it must be cheap: it writes ready-made bytes and reads nothing but the URL.
"""

import argparse
import asyncio
import random
import re
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from urllib.parse import parse_qs

import httptools
import uvloop

MAX_MS = 600_000
"""The longest delay, requested or drawn, in milliseconds."""

BACKLOG = 16_384
"""Room for every client of C10K to connect at once; the kernel caps it at somaxconn."""

SPREADS = ("constant", "lognormal")

_NUMBER = re.compile(rb"[0-9]+(\.[0-9]+)?(e-?[0-9]+)?")


def _response(status: str, body: str) -> bytes:
    """Return a whole HTTP response."""
    headers = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n{body}".encode()


OK = _response("200 OK", '{"upstream": "ok"}')
BAD_MS = _response("400 Bad Request", f'{{"error": "ms must be a number from 0 to {MAX_MS}"}}')
BAD_HTTP = _response("400 Bad Request", '{"error": "this is not HTTP/1.1"}')
NOT_FOUND = _response("404 Not Found", '{"error": "no such path; there are / and /ready/"}')
# No body: after HEAD, a client would take it for the start of the next answer.
NOT_GET = _response("405 Method Not Allowed", "")


@lru_cache(maxsize=1024)
def route(url: bytes) -> tuple[bytes, float]:
    """Return the response to a URL and the mean delay before it, in milliseconds."""
    path, _, query = url.partition(b"?")
    if path == b"/ready/":
        return OK, 0.0
    if path != b"/":
        return NOT_FOUND, 0.0
    text = parse_qs(query).get(b"ms", [b""])[-1]
    ms = float(text) if _NUMBER.fullmatch(text) else -1.0
    return (OK, ms) if 0 <= ms <= MAX_MS else (BAD_MS, 0.0)


class Delays:
    """Draw delays around a mean: the same sequence for the same seed."""

    def __init__(self, spread: str, sigma: float, seed: int) -> None:
        self._sigma = sigma if spread == "lognormal" else 0.0
        self._random = random.Random(seed)

    def draw_s(self, mean_ms: float) -> float:
        """Return the next delay in seconds, in whole milliseconds, as the loop's clock ticks.

        libuv rounds the start down to a tick, so a timer of n ms fires up to 1 ms early. With one
        tick more, a constant delay is never early, and a drawn one keeps its mean.
        """
        if mean_ms == 0:
            # No draw: how often /ready/ is asked for must not shift the sequence.
            return 0.0
        return (int(min(mean_ms * self._factor(), MAX_MS)) + 1) / 1000

    def _factor(self) -> float:
        """Return 1, or draw from the lognormal distribution with mean 1: mu = -sigma^2/2."""
        if self._sigma == 0:
            return 1.0
        return self._random.lognormvariate(-self._sigma * self._sigma / 2, self._sigma)


@dataclass(slots=True)
class Answer:
    """A response that waits: for its delay, or for the answers before it."""

    response: bytes
    closes: bool
    due: bool = False


class Connection(asyncio.Protocol):
    """Answer one client's requests, each after its delay, in the order in which they came."""

    def __init__(self, loop: asyncio.AbstractEventLoop, delays: Delays) -> None:
        self._loop = loop
        self._delays = delays
        self._parser = httptools.HttpRequestParser(self)
        self._answers: deque[Answer] = deque()
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; uvloop has set TCP_NODELAY on it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, which calls the on_ methods below."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._queue(BAD_HTTP, 0.0, closes=True)

    def on_message_begin(self) -> None:
        """Start a request."""
        self._url = b""

    def on_url(self, part: bytes) -> None:
        """Take the URL, which comes in parts where packets cut it."""
        self._url += part

    def on_message_complete(self) -> None:
        """Start the delay of the request's answer."""
        closes = not self._parser.should_keep_alive()
        if self._parser.get_method() != b"GET":
            self._queue(NOT_GET, 0.0, closes)
            return
        response, mean_ms = route(self._url)
        self._queue(response, self._delays.draw_s(mean_ms), closes)

    def _queue(self, response: bytes, delay_s: float, closes: bool) -> None:
        """Put an answer behind those of the requests before it."""
        answer = Answer(response, closes)
        self._answers.append(answer)
        if delay_s > 0:
            self._loop.call_later(delay_s, self._send_due, answer)
        else:
            self._send_due(answer)

    def _send_due(self, answer: Answer) -> None:
        """Mark an answer as due, and send those that no earlier one holds back."""
        answer.due = True
        while self._answers and self._answers[0].due:
            first = self._answers.popleft()
            if self._transport.is_closing():
                continue
            self._write(first.response)
            if first.closes:
                self._transport.close()

    def _write(self, response: bytes) -> None:
        """Send the oldest answer that was queued and not sent yet."""
        self._transport.write(response)


Connect = Callable[[asyncio.AbstractEventLoop], asyncio.Protocol]


async def serve(host: str, port: int, connect: Connect) -> None:
    """Serve until SIGTERM or SIGINT; raise OSError where it cannot listen on the address."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(lambda: connect(loop), host, port, backlog=BACKLOG)
    await stop.wait()
    server.close()


def _sigma(text: str) -> float:
    """Return the lognormal sigma; beyond 3, nearly all delays would be 0 and a few the longest."""
    sigma = float(text)
    if not 0 <= sigma <= 3:
        raise argparse.ArgumentTypeError("must be from 0 to 3")
    return sigma


def _port(text: str) -> int:
    """Return a TCP port, given as an argument."""
    port = int(text)
    if not 1 <= port <= 65_535:
        raise argparse.ArgumentTypeError("must be from 1 to 65535")
    return port


def parser(description: str, spreads: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser of the options for the address and the delays."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=_port, default=9000)
    options.add_argument("--spread", choices=spreads, default="constant")
    options.add_argument("--sigma", type=_sigma, default=0.5, help="of the lognormal spread")
    options.add_argument("--seed", type=int, default=1, help="of the drawn delays")
    return options


def run(name: str, host: str, port: int, connect: Connect) -> int:
    """Serve until SIGTERM or SIGINT; return the exit status."""
    try:
        uvloop.run(serve(host, port, connect))
    except OSError as error:
        reason = str(error).rpartition(": ")[2]
        print(
            f"{name}: cannot listen on {host}:{port}: {reason}; choose another port",
            file=sys.stderr,
        )
        return 2
    return 0


def main(argv: Sequence[str]) -> int:
    """Serve the delays that the command line asks for; return the exit status."""
    options = parser("Answer HTTP requests after a known delay.", SPREADS).parse_args(argv)
    delays = Delays(options.spread, options.sigma, options.seed)
    return run("upstream", options.host, options.port, lambda loop: Connection(loop, delays))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
