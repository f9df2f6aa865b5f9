"""Calls to a service by HTTP, from sync and from async code; of no framework."""

import aiohttp
import urllib3

from workloads.milliseconds import MAX_MS
from workloads.sessions import session

TIMEOUT_S = MAX_MS / 1000 + 5
"""Longer than the longest legal answer takes."""

# More connections than any server has threads, so that slots are the limit and never this pool.
# retries=False: a call that failed is an error, not a second call that nobody counts.
_pool = urllib3.PoolManager(maxsize=16_384, block=True, retries=False, timeout=TIMEOUT_S)

# urllib3 keeps idle connections for ever, aiohttp for 15 s; an hour makes them equal in any trial.
_IDLE_S = 3600.0


class UpstreamError(Exception):
    """The upstream gave no good answer; the message says what to do about it."""


def fetch(url: str, ms: float) -> None:
    """Ask the upstream at a URL once for an answer that takes about `ms` milliseconds.

    Raise UpstreamError where it does not answer in time, or answers anything but 200.
    """
    address = _address(url, ms)
    try:
        status = _pool.request("GET", address).status
    except urllib3.exceptions.HTTPError as error:
        raise _no_answer(url) from error
    _check(url, status)


async def afetch(url: str, ms: float) -> None:
    """Ask the upstream as fetch() does, without holding a thread."""
    address = _address(url, ms)
    client = await session(TIMEOUT_S, _IDLE_S)
    try:
        async with client.get(address, allow_redirects=False) as response:
            await response.read()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise _no_answer(url) from error
    _check(url, response.status)


def _address(url: str, ms: float) -> str:
    """Return the URL that answers after `ms` milliseconds."""
    if not url.startswith(("http://", "https://")):
        raise UpstreamError(f"UPSTREAM_URL is {url!r}: set it, e.g. to http://127.0.0.1:9000")
    return f"{url}/?ms={ms}"


def _no_answer(url: str) -> UpstreamError:
    """Return the error where no HTTP answer came."""
    return UpstreamError(f"no answer from {url}: start the upstream, or set UPSTREAM_URL right")


def _check(url: str, status: int) -> None:
    """Raise UpstreamError for any answer but 200."""
    if status != 200:
        raise UpstreamError(f"{url} answered {status}, not 200: is UPSTREAM_URL right?")
