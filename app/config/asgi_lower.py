"""The ASGI entry point of asgi_shared.py with the names of headers in lower case, as ASGI wants it.

Django capitalises them. HTTP/2 and HTTP/3 forbid that (RFC 9113, 8.2.1; RFC 9114, 4.2): servers
put it right for HTTP/2, and Hypercorn does not for HTTP/3, whose clients then refuse the answer.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from config.asgi_shared import Message
from config.asgi_shared import application as django_application


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Serve one request, the names of its answer's headers in lower case."""

    async def send_lower(message: Message) -> None:
        if "headers" in message:
            headers = [(name.lower(), value) for name, value in message["headers"]]
            message = {**message, "headers": headers}
        await send(message)

    await django_application(scope, receive, send_lower)
