"""Bodies that clients send: counted, and refused where they are too long."""

import json
from pathlib import Path

import pytest
import urllib3

from tests.app.asking import Ask, content
from tests.app.servers import COMMANDS, serve
from tests.support.serving import Server
from workloads.parameters import MAX_BODY

TOO_LONG = {"error": "the body must have at most 1048576 bytes"}


@pytest.mark.parametrize("length", [0, 1, MAX_BODY])
def test_a_body_up_to_the_limit_is_counted(ask: Ask, views: str, length: int) -> None:
    """Its bytes, whatever they are."""
    response = ask(f"/{views}/upload/", "POST", b"x" * length)
    assert response.status_code == 200
    assert json.loads(content(response)) == {"workload": "upload", "bytes": length}


def test_a_longer_body_is_refused_with_the_limit(ask: Ask, views: str) -> None:
    """Answer 413 as JSON, for one byte too many."""
    response = ask(f"/{views}/upload/", "POST", b"x" * (MAX_BODY + 1))
    assert (response.status_code, json.loads(content(response))) == (413, TOO_LONG)


def test_only_post_has_a_body_to_count(ask: Ask, views: str) -> None:
    """Answer 405 to what has none."""
    response = ask(f"/{views}/upload/")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.long
@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("views", ["sync", "async"])
def test_real_servers_refuse_a_long_body_and_log_nothing(
    name: str, views: str, upstream: Server, tmp_path: Path
) -> None:
    """The answer arrives although the body was not read; the next connection is served.

    Gunicorn closes the one whose body it did not read.
    """
    with serve(name, tmp_path, upstream.url) as server, urllib3.PoolManager() as client:
        url = f"{server.url}/{views}/upload/"
        refused = client.request("POST", url, body=b"x" * (MAX_BODY + 1), retries=False)
        assert (refused.status, refused.json()) == (413, TOO_LONG)
        client.clear()
        assert client.request("POST", url, body=b"12345").json()["bytes"] == 5
        assert server.output() == ""


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "length", "status"),
    [("gthread", 10, 200), ("uvicorn", 10, 200), ("uvicorn", MAX_BODY + 1, 413)],
)
def test_a_body_without_its_length_is_read_under_asgi_alone(
    name: str, length: int, status: int, upstream: Server, tmp_path: Path
) -> None:
    """Sent in chunks: Django reads as many bytes as Content-Length says under WSGI, so none."""
    with serve(name, tmp_path, upstream.url) as server, urllib3.PoolManager() as client:
        chunks = iter([b"x" * length])
        answer = client.request("POST", f"{server.url}/sync/upload/", body=chunks, chunked=True)
        assert answer.status == status
        if status == 200:
            assert answer.json()["bytes"] == (0 if name == "gthread" else length)
