"""Numbered requests: which of them the application has begun and ended, by its own notes."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import AsyncClient, Client, override_settings

from config.middleware import middleware

HEADERS = {"Request-Number": "17"}
NOTES = f"began 17 {os.getpid()}\nended 17 {os.getpid()}\n"


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the application note numbers in a file."""
    path = tmp_path / "numbers.txt"
    monkeypatch.setenv("NUMBERS_FILE", str(path))
    with override_settings(MIDDLEWARE=middleware("numbered"), ALLOWED_HOSTS=["testserver"]):
        yield path


def test_a_request_with_a_number_is_noted_twice_with_the_process(notes: Path) -> None:
    """When it begins, and when there is a response."""
    assert Client().get("/sync/plain/", headers=HEADERS).status_code == 200
    assert notes.read_text() == NOTES


def test_async_views_are_noted_alike(notes: Path) -> None:
    """An error is a response as well."""

    async def ask() -> int:
        return (await AsyncClient().get("/async/wait/?ms=x", headers=HEADERS)).status_code

    assert asyncio.run(ask()) == 400
    assert notes.read_text() == NOTES


def test_a_view_that_is_cancelled_has_begun_and_not_ended(notes: Path) -> None:
    """As under a server that ends before its graceful time-out lets it finish."""

    async def ask() -> None:
        asking = AsyncClient().get("/async/wait/?ms=60000", headers=HEADERS)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asking, 0.1)

    asyncio.run(ask())
    assert notes.read_text() == NOTES.splitlines(keepends=True)[0]


def test_a_request_without_a_number_is_not_noted(notes: Path) -> None:
    """Such as the one that asks whether the server is ready."""
    assert Client().get("/ready/").status_code == 200
    assert notes.read_text() == ""
