"""Server-sent events, one every --every-ms: each client hears one stream out, then the next.

--wait-ms is what the whole request waits, as in every scenario: a stream of 3,000 ms has an event
at its begin, and three more where they are 1,000 ms apart. `events_ms` of a request says when each
of its events was complete.
"""

import json
from argparse import ArgumentParser

from locust import events, task

from _books import current
from _client import Client
from _clock import now_s
from _lean import Wire
from _options import number

END = b"\n\n"
"""What ends an event: https://html.spec.whatwg.org/multipage/server-sent-events.html"""


class EventWire(Wire):
    """A connection that notes when each event of an answer is complete."""

    def on_body(self, data: bytes) -> None:
        """Take the next bytes, of which an event may be a part."""
        before = self._body[-1][-1:] if self._body else b""
        super().on_body(data)
        request = current.get()
        if request is not None and (ended := (before + data).count(END)):
            now_ms = (now_s() - request.started_s) * 1000
            request.events_ms += (now_ms,) * ended


class Listener(Client):
    """Hear one stream after the other, and accept no other bytes."""

    _wire_kind = EventWire

    @task
    def listen(self) -> None:
        """Hear one stream to its end."""
        n, ms = self.event_count(), self.options.every_ms
        body = "".join(f"id: {i}\ndata: {json.dumps({'event': i})}\n\n" for i in range(n))
        self.fetch(f"/{self.options.views}/events/?n={n}&ms={ms}", body.encode())

    def event_count(self) -> int:
        """Return how many events a stream has: the first is there at once."""
        return 1 + int(self.options.wait_ms / self.options.every_ms)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Stream")
    group.add_argument("--every-ms", type=number, default=1000, help="time between two events")
