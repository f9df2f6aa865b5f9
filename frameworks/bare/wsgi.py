"""A WSGI callable without a framework: the ground that Flask, Pyramid and Django stand on.

Source: https://peps.python.org/pep-3333/
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from frameworks import workload
from frameworks.workload import NOT_FOUND, READY, Answer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer one request."""
    answer = _answer(environ["PATH_INFO"], environ.get("QUERY_STRING", ""))
    status = f"{answer.status} {HTTPStatus(answer.status).phrase}"
    start_response(status, answer.all_headers)
    return [answer.body]


def _answer(path: str, query: str) -> Answer:
    match path:
        case "/ready/":
            return READY
        case "/sync/plain/":
            return workload.plain()
        case "/sync/wait/":
            return workload.wait(_ms(query))
        case "/sync/call/":
            return workload.call(_ms(query))
    return NOT_FOUND


def _ms(query: str) -> str:
    return parse_qs(query).get("ms", [""])[-1]
