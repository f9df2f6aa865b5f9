"""The ASGI entry point with one thread for all sync code, instead of one thread per request.

Django sends a few small sync calls of every request to a thread, even for an async view without
middleware, and keeps that thread for as long as the request lasts. Here all requests share one.
What remains is what an async application can do by itself.

Do NOT serve an application this way that does real work in sync code under ASGI: sync views,
the ORM (its async methods too: they are sync inside), sync middleware, sync signal receivers. All
of it would run one after the other on that one thread, and a sync view that waits would stop every
request.

Source: asgiref.sync.ThreadSensitiveContext(executor=...), new in asgiref 3.13. The context that
Django opens for each request is nested in this one, and then does nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import ThreadSensitiveContext

from config.asgi import application as django_application

# One thread, as the context demands. It starts with the first request, so after a server's fork.
ONE_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="django-sync")


Message = Mapping[str, Any]


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Serve one request, its sync calls on the thread that all requests share."""
    async with ThreadSensitiveContext(executor=ONE_THREAD):
        await django_application(scope, receive, send)
