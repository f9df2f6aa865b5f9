"""What went wrong with a request: its kind in one word, and a few words that tell more."""

import socket
from typing import Any

import requests.exceptions as of_requests
import urllib3.exceptions as of_urllib3
from gevent import Timeout
from geventhttpclient.response import HTTPParseError
from geventhttpclient.useragent import RetriesExceeded
from httptools import HttpParserError
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.exception import CatchResponseError

from _books import TaskRaised
from _lean import DAMAGE
from _texts import cut

TIMEOUTS = (Timeout, socket.timeout, of_requests.Timeout, of_urllib3.TimeoutError)
BODIES = (CatchResponseError, *DAMAGE, of_requests.ContentDecodingError)
RESETS = (
    *(OSError, HTTPParseError, HttpParserError, of_urllib3.HTTPError),
    *(of_requests.ConnectionError, of_requests.ChunkedEncodingError),
)
WRAPPERS = (of_requests.RequestException, of_urllib3.HTTPError)


def error_kind(error: Any) -> str:
    """Name the kind of an exception in one word."""
    match _original(error):
        case original if isinstance(original, BODIES):
            return "body"
        case TaskRaised():
            return "exception"
        case LocustBadStatusCode() | of_requests.HTTPError() | of_requests.RetryError():
            return "status"
        case original if isinstance(original, TIMEOUTS):
            return "timeout"
        case original if isinstance(original, RESETS):
            return "reset"
        case _:
            return "other"


def words(error: Any, status: int | None = None, location: str | None = None) -> str:
    """Say what went wrong: the status, what a check had against the answer, or the exception."""
    kind = error_kind(error)
    if kind == "status" and status:
        return cut(f"status {status} to {location}" if location else f"status {status}")
    if kind in ("body", "exception"):
        return cut(str(error)) + (f" (status {status})" if (status or 0) >= 400 else "")
    cause = _cause(error)
    return cut(f"{type(cause).__name__}: {cause}")


def _original(error: Any) -> Any:
    """Return what a client gave up for."""
    if isinstance(error, RetriesExceeded):
        return getattr(error, "original", None) or error
    return error


def _cause(error: Any) -> Any:
    """Return the exception below those of requests and urllib3, whose texts name objects."""
    cause = _original(error)
    while isinstance(cause, WRAPPERS) and cause.__context__ is not None:
        cause = cause.__context__
    return cause
