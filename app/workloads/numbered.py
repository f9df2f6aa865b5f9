"""Middleware that notes which numbered requests are begun and ended, and by which process.

A client that numbers its requests, in the header Request-Number, can so find out what became of
those without an answer, and whether any was carried out twice. NUMBERS_FILE names the file, which
gets a line such as `began 17 4242` for request 17 in process 4242, and `ended 17 4242` once there
is a response. A process that is killed loses no line.
"""

import os
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from workloads.middleware import AsyncRespond, Respond


@sync_and_async_middleware
def numbered(get_response: Respond | AsyncRespond) -> Respond | AsyncRespond:
    """Note each request that has a number; raise MiddlewareNotUsed without a file for it."""
    path = os.environ.get("NUMBERS_FILE")
    if path is None:
        raise MiddlewareNotUsed("NUMBERS_FILE names no file")
    notes = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def note(what: str, request: HttpRequest) -> None:
        if number := request.headers.get("Request-Number"):
            # One write, so that the lines of several processes do not mix.
            os.write(notes, f"{what} {number} {os.getpid()}\n".encode())

    if iscoroutinefunction(get_response):

        async def by_loop(request: HttpRequest) -> HttpResponse:
            note("began", request)
            response: HttpResponse = await get_response(request)
            note("ended", request)
            return response

        return by_loop

    def by_thread(request: HttpRequest) -> HttpResponse:
        note("began", request)
        response = cast(Respond, get_response)(request)
        note("ended", request)
        return response

    return by_thread
