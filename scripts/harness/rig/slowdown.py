"""A slower application: entry points that the self-test of the check serves as HEAD.

The environment names the entry points behind them (SLOWED_WSGI, SLOWED_ASGI: `module:name`) and by
how much each request is slower: SLOWED_WSGI_TURNS of an empty loop and SLOWED_WSGI_MS of waiting;
likewise for ASGI. This runs within the server, so it imports nothing of the harness.
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
    application, turns, wait_s = _target("WSGI")
    work(turns)
    if wait_s:
        time.sleep(wait_s)
    answer: Iterable[bytes] = application(environ, start_response)
    return answer


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Take longer, then answer as the application does."""
    application, turns, wait_s = _target("ASGI")
    work(turns)
    if wait_s:
        await asyncio.sleep(wait_s)
    await application(scope, receive, send)


def work(turns: int) -> None:
    """Use CPU time: each turn takes the same number of instructions."""
    for _ in range(turns):
        pass


@cache
def _target(interface: str) -> tuple[Any, int, float]:
    """Return the application behind an entry point, and its slow-down in turns and seconds."""
    module, _, name = os.environ[f"SLOWED_{interface}"].partition(":")
    turns, wait_ms = (os.environ[f"SLOWED_{interface}_{word}"] for word in ("TURNS", "MS"))
    return getattr(import_module(module), name), int(turns), float(wait_ms) / 1000
