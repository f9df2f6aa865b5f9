"""How the application calls its upstream, against upstreams that behave badly."""

import asyncio
from collections.abc import Callable

import pytest
from aiohttp import ClientSession
from django.test import override_settings

from tests.support.counting import counting, http
from workloads.sessions import _sessions, session
from workloads.upstream import UpstreamError, afetch, fetch

Calls = Callable[[int], list[str]]


def sync_calls(count: int) -> list[str]:
    """Call so many times, one after the other; return the errors."""
    errors = []
    for _ in range(count):
        try:
            fetch(1)
        except UpstreamError as error:
            errors.append(str(error))
    return errors


def async_calls(count: int) -> list[str]:
    """Do the same in one event loop."""

    async def failures() -> list[str]:
        errors = []
        for _ in range(count):
            try:
                await afetch(1)
            except UpstreamError as error:
                errors.append(str(error))
        return errors

    return asyncio.run(failures())


@pytest.fixture(params=[sync_calls, async_calls])
def calls(request: pytest.FixtureRequest) -> Calls:
    """Call the upstream as one kind of view does."""
    function: Calls = request.param
    return function


def test_calls_share_one_connection(calls: Calls) -> None:
    """Keep the connection, and send one request for each call."""
    with (
        counting(lambda path: http(b"ok")) as upstream,
        override_settings(UPSTREAM_URL=upstream.url),
    ):
        assert calls(5) == []
    assert (len(upstream.arrivals), len(upstream.connections)) == (5, 1)


def test_a_call_that_fails_is_not_sent_again(calls: Calls) -> None:
    """Even where an open connection breaks: nobody would count a second request."""
    answers = iter([http(b"ok"), None])
    with (
        counting(lambda path: next(answers)) as upstream,
        override_settings(UPSTREAM_URL=upstream.url),
    ):
        [error] = calls(2)
    assert error.startswith(f"no answer from {upstream.url}")
    assert len(upstream.arrivals) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"what?\r\n\r\n", "no answer from"),
        (http(b"", "302 Found\r\nLocation: /elsewhere"), "answered 302, not 200"),
        (http(b"", "500 Oh No"), "answered 500, not 200"),
    ],
)
def test_an_answer_other_than_200_is_an_error(calls: Calls, answer: bytes, message: str) -> None:
    """Only a whole 200 is an answer; redirects are not followed."""
    answers = iter([answer])
    with (
        counting(lambda path: next(answers, None)) as upstream,
        override_settings(UPSTREAM_URL=upstream.url),
    ):
        [error] = calls(1)
    assert message in error


def test_a_loop_has_one_session_which_ends_with_it() -> None:
    """Open at the first use, close and forget at the loop's end."""

    async def twice() -> tuple[ClientSession, ClientSession]:
        return await session(1, 1), await session(1, 1)

    first, again = asyncio.run(twice())
    other, _ = asyncio.run(twice())
    assert first is again
    assert first is not other
    assert first.closed
    assert not _sessions
