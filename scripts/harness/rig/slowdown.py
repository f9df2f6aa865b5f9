"""The application made slower: entry points that a self-test of the check serves as HEAD.

The environment says what stands behind them (SLOWED_WSGI, SLOWED_ASGI: `module:name`) and by how
much each request is slower: SLOWED_WSGI_TURNS of a loop that does nothing, and SLOWED_WSGI_MS of
waiting; for ASGI likewise. Runs within the server, so it imports nothing of the harness.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import Any


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Take longer, then answer as the application does."""
    application, turns, wait_s = _slowed("WSGI")
    work(turns)
    if wait_s:
        time.sleep(wait_s)
    answer: Iterable[bytes] = application(environ, start_response)
    return answer


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Take longer, then answer as the application does."""
    application, turns, wait_s = _slowed("ASGI")
    work(turns)
    if wait_s:
        await asyncio.sleep(wait_s)
    await application(scope, receive, send)


def work(turns: int) -> None:
    """Use CPU time, of which each turn takes the same number of instructions."""
    for _ in range(turns):
        pass


@cache
def _slowed(interface: str) -> tuple[Any, int, float]:
    """Give what stands behind an entry point, and by how much it is slower."""
    module, _, name = os.environ[f"SLOWED_{interface}"].partition(":")
    turns, wait_ms = (os.environ[f"SLOWED_{interface}_{word}"] for word in ("TURNS", "MS"))
    return getattr(import_module(module), name), int(turns), float(wait_ms) / 1000
