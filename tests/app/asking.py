"""Ask the application in this process, through either of Django's handlers."""

import asyncio
from collections.abc import Callable

from django.http import HttpResponseBase
from django.test import AsyncClient, Client

Ask = Callable[..., HttpResponseBase]

DATABASE_ANSWERS = {
    "row/?id=1": {"workload": "row", "id": 1, "title": "book 1"},
    "row/?id=10000": {"workload": "row", "id": 10_000, "title": "book 10000"},
    "list/?first=99&n=2": {
        "workload": "list",
        "first": 99,
        "books": [["book 99", "author 100"], ["book 100", "author 1"]],
    },
    "slow/?n=2&ms=5": {"workload": "slow", "n": 2, "ms": 5},
}
"""What views of either kind answer from the seeded database."""


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
