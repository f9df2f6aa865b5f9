"""One aiohttp session for each event loop, from its first use to the loop's end."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientSession, ClientTimeout, TCPConnector

_sessions: dict[asyncio.AbstractEventLoop, AsyncGenerator[ClientSession]] = {}


async def session(timeout_s: float, idle_s: float) -> ClientSession:
    """Return the running loop's session; the first call opens it.

    Under ASGI a worker has one loop, so one session, for life. Under WSGI every request to an
    async view has a loop of its own (asgiref's async_to_sync), and its session ends with it.
    """
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        _sessions[loop] = _one_session(loop, timeout_s, idle_s)
    return await anext(_sessions[loop])


async def _one_session(
    loop: asyncio.AbstractEventLoop, timeout_s: float, idle_s: float
) -> AsyncGenerator[ClientSession]:
    """Yield the same session for ever; close and forget it when the loop ends.

    A generator, because its end is the one hook a loop offers: asyncio.run, by which Uvicorn and
    async_to_sync run their loops, closes a loop's asynchronous generators before the loop.
    There is no await before the first yield, so two requests cannot meet inside.
    Source: https://docs.python.org/3/library/asyncio-eventloop.html#asyncio.loop.shutdown_asyncgens
    """
    connector = TCPConnector(limit=0, keepalive_timeout=idle_s)
    open_session = ClientSession(connector=connector, timeout=ClientTimeout(total=timeout_s))
    # aiohttp would send a GET that fails on an open connection again, unseen, and has no public
    # switch against it; urllib3 has `retries`. tests/app/test_upstream_calls.py guards this.
    open_session._retry_connection = False
    try:
        while True:
            yield open_session
    finally:
        del _sessions[loop]
        await open_session.close()
