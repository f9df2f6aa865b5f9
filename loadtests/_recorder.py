"""A plug-in that keeps every request: `locust -f wait.py,_staircase.py,_recorder.py --requests F`.

Locust's own statistics are bucketed, run on over the whole staircase and mix failed requests into
the percentiles; here every request becomes one row of a CSV file, with the columns COLUMNS.
Rows are written between plateaus, so that writing never falls into a measurement. With
--processes each worker has a file of its own: `F-0.csv`, `F-1.csv` for `F.csv`.
"""

import csv
import re
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from gevent import Timeout
from geventhttpclient.response import HTTPParseError
from geventhttpclient.useragent import RetriesExceeded
from locust import events
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.env import Environment
from locust.exception import CatchResponseError
from locust.runners import MasterRunner, Runner, WorkerRunner

from _client import Client, plateau_closed
from _connection import ConnectFailed

COLUMNS = (
    "start_s",  # when it was sent, seconds since the epoch
    "latency_ms",  # from before it was sent, connecting included, to the last byte of the answer
    "view_ms",  # the server's word on the time inside the view; empty when it says nothing
    "wait_ms",  # the server's word on the wait inside the view; likewise
    "connect_ms",  # the time to connect; empty when the connection was there already
    "think_ms",  # the pause that this user drew before this request
    "error",  # empty, or connect, timeout, reset, status, body, other
    "plateau",  # the users or the rate of the plateau that it belongs to; empty between plateaus
    "entered_s",  # the server's word on when the view began, since the epoch; empty without
    "due_s",  # when it was due by an open schedule, since the epoch; empty in a closed loop
    "process",  # the server's word on which of its processes answered; empty without
    "nth",  # that process's count of requests up to this one; empty without
)

SERVER_TIMING = re.compile(r"(view|wait|entered|process|nth);dur=([0-9.]+)")

Row = tuple[float, float, str | None, float | None, float, float | None, BaseException | None]


class Recorder:
    """Keep what each request was, as cheaply as possible, until it may be written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        with path.open("w", newline="") as file:
            csv.writer(file).writerow(COLUMNS)

    def keep(
        self,
        start_time: float,
        response_time: float,
        response: Any,
        exception: BaseException | None,
        context: dict[str, Any],
        **_: Any,
    ) -> None:
        """Keep one finished request."""
        client: Client = context["client"]
        headers = response.headers
        timing = headers.get("server-timing") if headers is not None else None
        connection = client.connection
        connect_ms = connection.connect_ms if connection is not None else None
        self.rows.append(
            (
                start_time,
                response_time,
                timing,
                connect_ms,
                client.think_ms,
                client.due_s,
                exception,
            )
        )

    def write(self, level: float, opened: float, closed: float) -> None:
        """Append all rows kept so far, naming the plateau of those due or sent within it."""
        rows, self.rows = self.rows, []
        with self.path.open("a", newline="") as file:
            out = csv.writer(file)
            for row in rows:
                wanted = row[0] if row[5] is None else row[5]
                out.writerow(_columns(row, level if opened <= wanted < closed else None))


def _columns(row: Row, plateau: float | None) -> tuple[object, ...]:
    """Set one kept row out as COLUMNS."""
    start_s, latency_ms, timing, connect_ms, think_ms, due_s, exception = row
    served = {name: float(ms) for name, ms in SERVER_TIMING.findall(timing or "")}
    view_ms, wait_ms = served.get("view"), served.get("wait")
    entered_s = served["entered"] / 1000 if "entered" in served else None
    asked = (start_s, latency_ms, view_ms, wait_ms, connect_ms, think_ms)
    counted = (served.get("process"), served.get("nth"))
    return (*asked, kind(exception), plateau, entered_s, due_s, *counted)


def kind(error: BaseException | None) -> str:
    """Name the kind of a failure in one word; nothing for success."""
    if isinstance(error, RetriesExceeded):
        error = getattr(error, "original", None) or error
    match error:
        case None:
            return ""
        case CatchResponseError():
            return "body"
        case LocustBadStatusCode():
            return "status"
        case ConnectFailed():
            return "connect"
        case Timeout() | socket.timeout():
            return "timeout"
        case OSError() | HTTPParseError():
            return "reset"
        case _:
            return "other"


def _own(path: Path, runner: Runner | None) -> Path:
    """Name the file of one of several workers after the file that is asked for."""
    if not isinstance(runner, WorkerRunner):
        return path
    return path.with_stem(f"{path.stem}-{runner.worker_index}")


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
    for user_class in environment.user_classes:
        if not issubclass(user_class, Client):
            sys.exit(
                f"{user_class.__name__} cannot be recorded: derive it from _client.Client, "
                "which keeps connections alive and checks answers"
            )
    if isinstance(environment.runner, MasterRunner):
        return  # it has no users
    recorder = Recorder(_own(Path(options.requests), environment.runner))
    environment.events.request.add_listener(recorder.keep)
    plateau_closed.add_listener(recorder.write)
