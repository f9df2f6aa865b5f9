"""Ask the application in this process, through either of Django's handlers."""

import asyncio
from collections.abc import Callable

from django.http import HttpResponseBase
from django.test import AsyncClient, Client

Ask = Callable[..., HttpResponseBase]


def by_wsgi(path: str, method: str = "GET", data: bytes = b"") -> HttpResponseBase:
    """Ask through Django's sync handler."""
    return Client().generic(method, path, data)


def by_asgi(path: str, method: str = "GET", data: bytes = b"") -> HttpResponseBase:
    """Ask through Django's async handler, in a new event loop."""

    async def answer() -> HttpResponseBase:
        return await AsyncClient().generic(method, path, data)

    return asyncio.run(answer())


def content(response: HttpResponseBase) -> bytes:
    """Return the body."""
    return b"".join(response)
