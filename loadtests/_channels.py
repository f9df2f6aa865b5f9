"""Connections by HTTP/1.1, HTTP/2 and HTTP/3, each encrypted; the latter two are shared.

Each is a state machine in Python without any IO of its own (h11, h2, aioquic) over a socket of
gevent, so that what they cost the load generator differs by the protocol alone. On a connection of
HTTP/2 and HTTP/3 every request is a stream of its own, and as many as the server allows are under
way at once. The server's certificate is not verified.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from math import inf
from time import monotonic
from typing import Any

import gevent
import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h11
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.congestion.base import register_congestion_control
from aioquic.quic.congestion.reno import RenoCongestionControl
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, StreamReset
from gevent import socket, ssl
from gevent.event import AsyncResult
from gevent.lock import Semaphore

from _books import books
from _connection import timed
from _lean import Answer, ConnectionLost
from _notes import notes

RECEIVE_BYTES = 65_536

Address = tuple[str, int]
Headers = Sequence[tuple[bytes, bytes]]

REFUSALS = (h11.ProtocolError, h2.exceptions.H2Error)
"""What a state machine raises: the server broke the protocol, or a request would."""


class Stream:
    """One request under way: what has come of its answer so far."""

    def __init__(self) -> None:
        self._headers: Headers = ()
        self._body: list[bytes] = []
        self._ended: AsyncResult[Answer] = AsyncResult()

    def begin(self, headers: Headers) -> None:
        """Take the headers of the answer; interim ones give way to the next, trailers to none."""
        if any(name == b":status" for name, _ in headers):
            self._headers = headers

    def add(self, data: bytes) -> None:
        """Take the next part of the body."""
        self._body.append(data)

    def end(self) -> None:
        """Note that the answer is complete."""
        fields = dict(self._headers)
        lines = [b"%b: %b" % field for field in self._headers]
        head = b"\r\n".join([b"", *lines])
        self._ended.set(Answer(int(fields.get(b":status", 0)), head, b"".join(self._body)))

    def fail(self, error: Exception) -> None:
        """Note that there will be no answer."""
        self._ended.set_exception(error)

    def answer(self, within_s: float) -> Answer:
        """Wait for the answer; raise TimeoutError, or why there is none."""
        with gevent.Timeout(within_s, TimeoutError("no answer in time")):
            answer: Answer = self._ended.get()
            return answer


class Channel(ABC):
    """One connection to a server, opened by whoever first asks; others wait until it is."""

    def __init__(self, address: Address, timeout_s: float) -> None:
        self.address = address
        self.timeout_s = timeout_s
        self.lost: Exception | None = None
        """Why it can no longer be used; None while it can."""
        self._streams: dict[int, Stream] = {}
        self._opened: AsyncResult[None] | None = None
        self._sock: Any = None

    def ask(self, path: str, headers: Headers) -> Answer:
        """Ask for a path and return the answer; raise OSError where there is none."""
        self._open()
        try:
            return self._ask(path, headers)
        except REFUSALS as error:
            raise ConnectionLost(f"{type(error).__name__}: {error}") from error

    def _open(self) -> None:
        if self._opened is not None:
            self._opened.get()
            return
        self._opened = AsyncResult()
        try:
            timed(self._connect)
        except Exception as error:
            self.lose(error)
            self._opened.set_exception(error)
            raise
        self._opened.set(None)

    def lose(self, error: Exception) -> None:
        """Note that the connection is gone, and with it every answer that is yet to come."""
        self.lost = self.lost or error
        if self._sock is not None:
            self._sock.close()
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(error)

    def _stream(self, number: int, ended: bool = False) -> Stream:
        """Return a stream by its number: one of nobody's where nobody waits for it any more."""
        if ended:
            return self._streams.pop(number, None) or Stream()
        return self._streams.get(number) or Stream()

    @abstractmethod
    def _connect(self) -> None:
        """Connect, and agree on keys and protocol."""

    @abstractmethod
    def _ask(self, path: str, headers: Headers) -> Answer:
        """Ask on the open connection."""


class Http1(Channel):
    """HTTP/1.1 over TLS: one request at a time."""

    def _connect(self) -> None:
        self._sock = _tls(self.address, "http/1.1", self.timeout_s)
        self._machine = h11.Connection(h11.CLIENT)

    def _ask(self, path: str, headers: Headers) -> Answer:
        try:
            return self._exchange(path, headers)
        except (OSError, h11.ProtocolError) as error:
            self.lose(error)
            raise

    def _exchange(self, path: str, headers: Headers) -> Answer:
        host = b"%b:%d" % (self.address[0].encode(), self.address[1])
        fields = [*headers] if b"host" in dict(headers) else [(b"host", host), *headers]
        request = h11.Request(method=b"GET", target=path, headers=fields)
        self._sock.sendall(self._machine.send(request) + self._machine.send(h11.EndOfMessage()))
        stream = Stream()
        while (event := self._next_event()) is not None:
            if isinstance(event, h11.Response):
                status = (b":status", b"%d" % event.status_code)
                stream.begin([status, *event.headers])
            elif isinstance(event, h11.Data):
                stream.add(bytes(event.data))
        stream.end()
        if self._machine.our_state is h11.DONE and self._machine.their_state is h11.DONE:
            self._machine.start_next_cycle()
        else:
            self.lose(ConnectionLost("the server closed the connection"))
        return stream.answer(self.timeout_s)

    def _next_event(self) -> Any:
        """Return what comes next of an answer; None at its end."""
        while (event := self._machine.next_event()) is h11.NEED_DATA:
            self._machine.receive_data(self._sock.recv(RECEIVE_BYTES))
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionLost("the server closed the connection before its answer")
        return None if isinstance(event, h11.EndOfMessage) else event


class Http2(Channel):
    """HTTP/2 over TLS: RFC 9113."""

    def _connect(self) -> None:
        self._sock = _tls(self.address, "h2", self.timeout_s)
        self._sock.settimeout(None)  # it stays open while nobody asks
        self._sending = Semaphore()
        settings = h2.config.H2Configuration(client_side=True, header_encoding=None)
        self._machine = h2.connection.H2Connection(settings)
        self._machine.initiate_connection()
        self._flush()
        gevent.spawn(self._read)

    def _ask(self, path: str, headers: Headers) -> Answer:
        number = self._machine.get_next_available_stream_id()
        self._machine.send_headers(number, _pseudo(self.address, path, headers), end_stream=True)
        stream = self._streams[number] = Stream()
        self._flush()
        return stream.answer(self.timeout_s)

    def _flush(self) -> None:
        with self._sending:
            if data := self._machine.data_to_send():
                self._sock.sendall(data)

    def _read(self) -> None:
        """Hand what comes to the streams that it belongs to, until the connection ends."""
        try:
            while data := self._sock.recv(RECEIVE_BYTES):
                for event in self._machine.receive_data(data):
                    self._handle(event)
                self._flush()
            self.lose(ConnectionLost("the server closed the connection"))
        except (OSError, *REFUSALS) as error:
            self.lose(ConnectionLost(f"{type(error).__name__}: {error}"))

    def _handle(self, event: Any) -> None:
        match event:
            case h2.events.ResponseReceived(stream_id=number, headers=headers):
                self._stream(number).begin(headers)
            case h2.events.DataReceived(stream_id=number, data=data):
                self._stream(number).add(data)
                self._machine.acknowledge_received_data(event.flow_controlled_length, number)
            case h2.events.StreamEnded(stream_id=number):
                self._stream(number, ended=True).end()
            case h2.events.StreamReset(stream_id=number):
                error = ConnectionLost(f"the server reset the stream ({event.error_code})")
                self._stream(number, ended=True).fail(error)
            case h2.events.ConnectionTerminated():
                self.lose(ConnectionLost(f"the server said GOAWAY ({event.error_code})"))
            case h2.events.RemoteSettingsChanged():
                most = self._machine.remote_settings.max_concurrent_streams
                notes.add("streams", f"the server allows {most} streams on an HTTP/2 connection")


class Http3(Channel):
    """HTTP/3 over QUIC: RFC 9114 and RFC 9000."""

    def _connect(self) -> None:
        self._quic = QuicConnection(configuration=quic_settings())
        self._machine = H3Connection(self._quic)
        self._alarm_s = inf
        self._ready: AsyncResult[None] = AsyncResult()
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.connect(self.address)
        self._quic.connect(self.address, now=monotonic())
        self._flush()
        gevent.spawn(self._read)
        with gevent.Timeout(self.timeout_s, TimeoutError("no handshake in time")):
            self._ready.get()

    def _ask(self, path: str, headers: Headers) -> Answer:
        number = self._quic.get_next_available_stream_id()
        stream = self._streams[number] = Stream()
        self._machine.send_headers(number, _pseudo(self.address, path, headers), end_stream=True)
        self._flush()
        return stream.answer(self.timeout_s)

    def _flush(self) -> None:
        """Send all datagrams that are due, and set an alarm for the next ones."""
        try:
            for data, _ in self._quic.datagrams_to_send(now=monotonic()):
                self._sock.send(data)
        except OSError as error:
            self.lose(ConnectionLost(f"{type(error).__name__}: {error}"))
        due_s = self._quic.get_timer()
        if due_s is not None and due_s < self._alarm_s:
            self._alarm_s = due_s
            gevent.spawn_later(max(0.0, due_s - monotonic()), self._wake)

    def _wake(self) -> None:
        """Let QUIC acknowledge, repeat or give up what is due by now: nothing where it is early."""
        self._alarm_s = inf
        if self.lost is None:
            self._quic.handle_timer(now=monotonic())
            self._go_on()

    def lose(self, error: Exception) -> None:
        """Do so also while whoever opened it still waits for the handshake."""
        super().lose(error)
        if not self._ready.ready():
            self._ready.set_exception(error)

    def _read(self) -> None:
        """Hand what comes to the streams that it belongs to, until the connection ends."""
        try:
            while self.lost is None:
                data = self._sock.recv(RECEIVE_BYTES)
                self._quic.receive_datagram(data, self.address, now=monotonic())
                self._go_on()
        except OSError as error:
            self.lose(ConnectionLost(f"{type(error).__name__}: {error}"))

    def _go_on(self) -> None:
        while (event := self._quic.next_event()) is not None:
            self._handle(event)
        self._flush()

    def _handle(self, event: Any) -> None:
        match event:
            case HandshakeCompleted():
                self._ready.set(None)
            case ConnectionTerminated():
                reason = event.reason_phrase or f"error {event.error_code}"
                self.lose(ConnectionLost(f"QUIC ended the connection: {reason}"))
            case StreamReset(stream_id=number):
                error = ConnectionLost(f"the server reset the stream ({event.error_code})")
                self._stream(number, ended=True).fail(error)
        for part in self._machine.handle_event(event):
            self._take(part)

    def _take(self, part: Any) -> None:
        """Add what HTTP/3 makes of an event of QUIC to its stream."""
        if not isinstance(part, HeadersReceived | DataReceived):
            return
        stream = self._stream(part.stream_id, ended=part.stream_ended)
        if isinstance(part, HeadersReceived):
            stream.begin(part.headers)
        else:
            stream.add(part.data)
        if part.stream_ended:
            stream.end()


def quic_settings() -> QuicConfiguration:
    """Return how clients speak QUIC."""
    return QuicConfiguration(
        alpn_protocols=H3_ALPN,
        congestion_control_algorithm=COUNTING,
        is_client=True,
        verify_mode=ssl.CERT_NONE,
    )


def _reno_that_counts(*, max_datagram_size: int) -> Any:
    """Return the congestion control of RFC 9002, counting the packets that it hears are lost."""
    control = RenoCongestionControl(max_datagram_size=max_datagram_size)
    stock = control.on_packets_lost

    def on_packets_lost(*, now: float, packets: Iterable[Any]) -> None:
        lost = [*packets]
        books.packets_lost = (books.packets_lost or 0) + len(lost)
        stock(now=now, packets=lost)

    setattr(control, "on_packets_lost", on_packets_lost)  # noqa: B010
    books.packets_lost = books.packets_lost or 0
    return control


COUNTING = "reno that counts"
register_congestion_control(COUNTING, _reno_that_counts)

CHANNELS: dict[str, type[Channel]] = {"h1": Http1, "h2": Http2, "h3": Http3}
"""The connection of each protocol, by the name that a plan has for it."""


def _tls(address: Address, protocol: str, timeout_s: float) -> Any:
    """Return an encrypted connection to a server that speaks a protocol (ALPN, RFC 7301)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    sock = socket.create_connection(address, timeout_s)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    encrypted = context.wrap_socket(sock)
    if protocol == "h2" and encrypted.selected_alpn_protocol() != protocol:
        raise ConnectionLost("the server does not speak HTTP/2")
    return encrypted


def _pseudo(address: Address, path: str, headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request as HTTP/2 and HTTP/3 have them, the host as authority."""
    fields = dict(headers)
    authority = fields.pop(b"host", b"%b:%d" % (address[0].encode(), address[1]))
    return [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", authority),
        (b":path", path.encode()),
        *fields.items(),
    ]
