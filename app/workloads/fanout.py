"""Several upstream calls for one request: one after the other, by threads, by tasks.

This is concurrency within a request. What servers differ in is concurrency between requests.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import async_to_sync

from workloads.upstream import afetch, fetch


def fetch_each(way: str, n: int, ms: float) -> None:
    """Ask the upstream `n` times in one of parameters.WAYS, from a sync view.

    Raise UpstreamError, as fetch() does, where one of the calls gets no good answer.
    """
    ways = {"sequence": _in_sequence, "threads": _by_threads, "tasks": async_to_sync(_by_tasks)}
    ways[way](n, ms)


async def afetch_each(way: str, n: int, ms: float) -> None:
    """Do the same from an async view, without holding its event loop."""
    ways = {"sequence": _ain_sequence, "threads": _aby_threads, "tasks": _by_tasks}
    await ways[way](n, ms)


def _in_sequence(n: int, ms: float) -> None:
    for _ in range(n):
        fetch(ms)


async def _ain_sequence(n: int, ms: float) -> None:
    for _ in range(n):
        await afetch(ms)


def _by_threads(n: int, ms: float) -> None:
    """Call from threads of this request's own; a pool for all would be one more limit to set."""
    with ThreadPoolExecutor(n) as pool:
        list(pool.map(fetch, [ms] * n))


async def _aby_threads(n: int, ms: float) -> None:
    """Call from threads of this request's own.

    Not asyncio.to_thread: its threads are shared by all requests, four more than there are cores.
    All calls are awaited, as by the sync view, so that none outlives the request's event loop.
    """
    loop = asyncio.get_running_loop()
    pool = ThreadPoolExecutor(n)
    try:
        calls = (loop.run_in_executor(pool, fetch, ms) for _ in range(n))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # to wait would hold the event loop
    for error in filter(None, outcomes):
        raise error


async def _by_tasks(n: int, ms: float) -> None:
    """Call from tasks; where one fails, the others are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(n):
                group.create_task(afetch(ms))
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
