"""Headers that every request carries, as behind a proxy that ends https for `example.com`."""

from pathlib import Path

import pytest

import _headers
from tests.loadtests.locusts import FIRST, locust
from tests.support.site import site

LOCUSTFILE = """
from locust import FastHttpUser, HttpUser, task

from _client import Client

class Fast(FastHttpUser):
    @task
    def look(self):
        self.client.get("/fast")

class Slow(HttpUser):
    @task
    def look(self):
        self.client.get("/requests")

class Lean(Client):
    @task
    def look(self):
        self.ask("GET", "/lean", headers={"X-Token": "own"})
        self.post_form("/form", {"a": "1"}, status=201)
"""
FLAGS = ("--header", "Host: example.com", "--header", "X-Forwarded-Proto: https")


@pytest.fixture
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let requests carry what a proxy adds."""
    monkeypatch.setattr(_headers, "fixed", {})
    _headers.fix(["Host: example.com", "x-forwarded-proto: https"])


def test_the_origin_is_what_the_site_sees(behind_a_proxy: None) -> None:
    """Django compares it with Referer where it checks a form's token."""
    assert _headers.origin("http", "127.0.0.1:8000") == "https://example.com"


def test_the_origin_is_the_address_where_no_header_says_otherwise() -> None:
    """Without a proxy."""
    assert _headers.origin("http", "127.0.0.1:8000") == "http://127.0.0.1:8000"


@pytest.mark.long
def test_every_kind_of_user_sends_them(tmp_path: Path) -> None:
    """Beside its own; the three kinds, and a form with its origin."""
    file = tmp_path / "scenario.py"
    file.write_text(LOCUSTFILE)
    with site() as server:
        locust((*FIRST, file), server.url, tmp_path, "-u3", "-r3", "-t2s", "--think-ms=50", *FLAGS)
        asked = {each.path: each for each in server.asked}
    assert asked.keys() == {"/fast", "/requests", "/lean", "/form"}
    for each in asked.values():
        assert (each.headers["Host"], each.headers["X-Forwarded-Proto"]) == ("example.com", "https")
    assert asked["/lean"].token == "own"
    assert asked["/form"].headers["Referer"] == "https://example.com/form"
