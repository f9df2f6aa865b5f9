"""The names of headers as HTTP/2 and HTTP/3 want them, which Django's are not."""

import asyncio
from importlib import import_module
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator

from tests.support.patience import PATIENCE_S

SCOPE = {
    "type": "http",
    "method": "GET",
    "path": "/async/plain/",
    "query_string": b"",
    "headers": [],
}


def names(application: Any) -> list[bytes]:
    """Return the names of the headers of an answer, in their order."""

    async def serve() -> list[bytes]:
        server: Any = ApplicationCommunicator(application, SCOPE)  # type: ignore[no-untyped-call]
        await server.send_input({"type": "http.request", "body": b""})
        start, _ = await server.receive_output(PATIENCE_S), await server.receive_output(PATIENCE_S)
        await server.wait(PATIENCE_S)
        return [name for name, _ in start["headers"]]

    return asyncio.run(serve())


def test_an_entry_point_for_http_3_puts_all_names_into_lower_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same headers otherwise; without it they are not."""
    # An entry point names its settings where nobody has: children of other tests would have them.
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")
    shared, lower = (
        import_module(f"config.{name}").application for name in ("asgi_shared", "asgi_lower")
    )
    as_django_has_them = names(shared)
    assert b"Content-Type" in as_django_has_them
    assert names(lower) == [name.lower() for name in as_django_has_them]
