"""A plug-in that keeps every request: `locust -f ...,_recorder.py --requests F`.

Locust's own statistics are bucketed, run on over the whole staircase and mix failed requests into
the percentiles; here every request becomes one row of a CSV file, with the columns COLUMNS.
Rows are written between plateaus, so that writing never falls into a measurement. With
--processes each worker has a file of its own: `F-0.csv`, `F-1.csv` for `F.csv`.
"""

import csv
import functools
import traceback
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, NamedTuple

from locust import events
from locust.env import Environment
from locust.runners import MasterRunner

from _books import Request, books, current, plateau_closed, request_unjudged
from _clock import now_s
from _failures import error_kind, words
from _notes import file_of
from _server_timing import CAUSES, cause, times

COLUMNS = (
    "start_s",  # when it was sent, seconds since the epoch
    "latency_ms",  # from before it was sent, connecting included, to the last byte of the answer
    "view_ms",  # the server's word on the time inside the view; empty when it says nothing
    "wait_ms",  # the server's word on the wait inside the view; likewise
    "connect_ms",  # the time to connect; empty when the connection was there already
    "think_ms",  # the pauses that its user took before it, as long as they were meant, within 1 ms
    "error",  # empty, connect, timeout, reset, status, body, elsewhere, exception, other, a cause
    "plateau",  # the users or the rate of the plateau that it belongs to; empty between plateaus
    "entered_s",  # the server's word on when the view began, since the epoch; empty without
    "due_s",  # when it was due by an open schedule, since the epoch; empty in a closed loop
    "process",  # the server's word on which of its processes answered; empty without
    "nth",  # that process's count of requests up to this one; empty without
    "name",  # what Locust's statistics call it
    "method",  # GET, POST and so on; of a fired event its request_type
    "status",  # the status of the answer; empty without an answer
    "set_up",  # 1 where its user had not begun its first task (on_start); else 0
    "own_ms",  # the time before it in which its user neither asked nor paused
    "occupied_ms",  # what it alone accounts for of its user's time, where others were in flight too
    "first_byte_ms",  # of a stream: the time to its headers; else empty
    "redirects",  # how many redirects were followed within it
    "elsewhere",  # the server that it went to, where that is not the one under test; else empty
    "fired",  # 1 where the locustfile fired the event and no client was seen to ask; else 0
    "failure",  # what went wrong with it, in a few words; empty where nothing did
    "events_ms",  # when each event of a stream came after it was sent; empty of other answers
    "closing",  # 1 where the answer said that its connection ends with it; else 0
)


class Row(NamedTuple):
    """One request that has ended."""

    started_s: float
    latency_ms: float
    name: str
    method: str
    error: str
    timing: str | None = None
    connect_ms: float | None = None
    paused_s: float = 0.0
    own_s: float = 0.0
    due_s: float | None = None
    status: int | None = None
    set_up: bool = False
    occupied_s: float | None = None
    first_byte_ms: float | None = None
    redirects: int = 0
    elsewhere: str | None = None
    fired: bool = True
    failure: str = ""
    events_ms: tuple[float, ...] = ()
    closing: bool = False

    def belongs(self, opened: float, closed: float) -> bool:
        """Hold where it is load that was due or sent within a window."""
        since_s = self.started_s if self.due_s is None else self.due_s
        return opened <= since_s < closed and not self.set_up


def note_fault(error: Exception) -> None:
    """Keep the first exception of our own, for the staircase to fail the trial by it."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    books.fault = books.fault or f"{type(error).__name__} at {place}: {error}"


class Recorder:
    """Keep what each request was, as cheaply as possible, until it may be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[tuple[Any, ...]] = []
        """As `Row`, but plain tuples: the garbage collector need not visit those."""
        with path.open("w", newline="") as file:
            csv.writer(file).writerow(COLUMNS)

    def keep(self, **event: Any) -> None:
        """Keep one event: the verdict on a request, or what the locustfile fired by itself."""
        try:
            request = current.get()
            if request is None or request.judged:
                self.rows.append(_fired(event))
                return
            request.judged = True
            took_ms, verdict = event["response_time"] or 0.0, _verdict(event, request)
            if request.streams and request.lasted_ms is None:
                # Without the response, which must end when the user's code drops it.
                request.on_end = functools.partial(self._finish, request, took_ms, verdict)
            else:
                request.end()
                self._finish(request, took_ms, verdict)
        except Exception as error:
            note_fault(error)

    def _finish(self, request: Request, took_ms: float, verdict: tuple[Any, ...]) -> None:
        """Keep the row of a request that has been judged and has ended."""
        name, method, error, timing, status, redirects, failure, closing = verdict
        lasted_ms = request.lasted_ms or took_ms
        first_byte_ms = None
        if request.streams:
            first_byte_ms = took_ms
        elif took_ms < lasted_ms:
            lasted_ms = took_ms
        self.rows.append(
            (
                request.started_s,
                lasted_ms,
                name,
                method,
                error,
                timing,
                request.connect_ms,
                request.paused_s,
                request.own_s,
                request.due_s,
                status,
                request.set_up,
                request.occupied_s,
                first_byte_ms,
                redirects,
                request.elsewhere,
                False,
                failure,
                request.events_ms,
                closing,
            )
        )

    def write(self, level: float, opened: float, closed: float) -> None:
        """Append all rows kept so far, naming the plateau of those due or sent within it."""
        rows, self.rows = self.rows, []
        try:
            with self.path.open("a", newline="") as file:
                csv.writer(file).writerows(
                    _columns(row, level if row.belongs(opened, closed) else None)
                    for row in map(Row._make, rows)
                )
        except Exception as error:
            note_fault(error)


def _fired(event: dict[str, Any]) -> tuple[Any, ...]:
    """Return the row of an event that the locustfile fired by itself."""
    took_ms = event["response_time"] or 0.0
    start_s = event.get("start_time")
    if start_s is None:
        start_s = now_s() - took_ms / 1000
    error, failure = "", ""
    if (exception := event.get("exception")) is not None:
        error, failure = error_kind(exception), words(exception)
    row = Row(start_s, took_ms, event["name"], event["request_type"], error, failure=failure)
    return tuple(row)


def _verdict(event: dict[str, Any], request: Request) -> tuple[Any, ...]:
    """Return what is told of a request by the event that judges it.

    Name, method, kind of error, Server-Timing, status, redirects, what went wrong, and whether the
    connection ends with the answer.
    """
    response, exception = event.get("response"), event.get("exception")
    headers = getattr(response, "headers", None)
    timing = _timing(headers)
    kind = _kind(exception, request, timing)
    return (
        event["name"],
        event["request_type"],
        kind,
        timing,
        getattr(response, "status_code", None) or None,
        len(getattr(response, "history", ())),
        _failure(exception, request, response, kind) if kind else "",
        _closing(headers),
    )


def _timing(headers: Any) -> str | None:
    """Return what an answer's headers Server-Timing say; None where there is none."""
    if headers is None or "server-timing" not in headers:  # cheaper than to get what is missing
        return None
    lines = headers["server-timing"]
    return lines if isinstance(lines, str) else ", ".join(lines)


def _closing(headers: Any) -> bool:
    """Hold where an answer's headers say that the server closes the connection after it."""
    if headers is None or "connection" not in headers:
        return False
    return "close" in str(headers["connection"]).lower()


def _columns(row: Row, plateau: float | None) -> tuple[object, ...]:
    """Set one kept row out as COLUMNS."""
    served = times(row.timing)
    return (
        row.started_s,
        row.latency_ms,
        served.get("view"),
        served.get("wait"),
        row.connect_ms,
        row.paused_s * 1000,
        row.error,
        plateau,
        served["entered"] / 1000 if "entered" in served else None,
        row.due_s,
        served.get("process"),
        served.get("nth"),
        row.name,
        row.method,
        row.status,
        int(row.set_up),
        row.own_s * 1000,
        None if row.occupied_s is None else row.occupied_s * 1000,
        row.first_byte_ms,
        row.redirects,
        row.elsewhere,
        int(row.fired),
        row.failure,
        " ".join(f"{ms:.3f}" for ms in row.events_ms),
        int(row.closing),
    )


def _kind(exception: BaseException | None, request: Request, timing: str | None) -> str:
    """Name the kind of a request's failure; nothing for success."""
    if request.elsewhere is not None:
        return "elsewhere"
    if exception is None:
        return ""
    if request.connect_failed:
        return "connect"
    kind = error_kind(exception)
    return cause(timing) or kind if kind == "status" else kind


def _failure(exception: BaseException | None, request: Request, response: Any, kind: str) -> str:
    """Say what went wrong with a request that failed."""
    if request.elsewhere is not None:
        return f"went to {request.elsewhere}"
    headers = getattr(response, "headers", None)
    location = headers.get("location") if headers else None
    text = words(exception, getattr(response, "status_code", None) or None, location)
    return f"{kind}: {text}" if kind in CAUSES else text


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Recorder")
    # No Path: Locust's master sends its options to workers, and could not.
    group.add_argument("--requests", help="file for one CSV row per request")


@events.init.add_listener
def _record(environment: Environment, **_: Any) -> None:
    options = environment.parsed_options
    if options is None or options.requests is None:
        return
    if isinstance(environment.runner, MasterRunner):
        return  # it has no users
    recorder = Recorder(file_of(Path(options.requests), environment.runner))
    environment.events.request.add_listener(recorder.keep)
    request_unjudged.add_listener(recorder.keep)
    plateau_closed.add_listener(recorder.write)
