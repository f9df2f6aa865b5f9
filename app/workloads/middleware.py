"""Middleware as users write it, in the three kinds that Django tells apart.

All three do the same: mark the response. They differ in what Django must do around them: sync
middleware gets a thread under ASGI, async middleware an event loop under WSGI; what is capable of
both needs neither.
Source: https://docs.djangoproject.com/en/stable/topics/http/middleware/#asynchronous-support
"""

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import (
    async_only_middleware,
    sync_and_async_middleware,
    sync_only_middleware,
)

Respond = Callable[[HttpRequest], HttpResponse]
AsyncRespond = Callable[[HttpRequest], Awaitable[HttpResponse]]


@sync_only_middleware
def sync_only(get_response: Respond) -> Respond:
    """Mark each response, from a function that may wait."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return _mark(get_response(request))

    return middleware


@async_only_middleware
def async_only(get_response: AsyncRespond) -> AsyncRespond:
    """Mark each response, from a coroutine."""

    async def middleware(request: HttpRequest) -> HttpResponse:
        return _mark(await get_response(request))

    return middleware


@sync_and_async_middleware
def both(get_response: Respond | AsyncRespond) -> Respond | AsyncRespond:
    """Mark each response, from whatever Django asks for."""
    if iscoroutinefunction(get_response):
        return async_only(get_response)
    return sync_only(cast(Respond, get_response))


def _mark(response: HttpResponse) -> HttpResponse:
    """Return a response with a header that shows that middleware has seen it."""
    response["X-Middleware"] = "1"
    return response
