"""A page is looked at by one client, then by several: a guess at what the site can do."""

from collections.abc import Iterator

import pytest

from harness.core.errors import BenchError
from harness.rig.paces import MOST_CLIENTS, pace
from harness.rig.servers import Server
from tests.support.shop import shop

WAIT_MS = 40


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve the shop, each connection by a thread of its own."""
    with shop() as site:
        port = int(site.url.rpartition(":")[2])
        yield Server("shop", None, "127.0.0.1", port)  # type: ignore[arg-type]


def test_a_page_that_waits_comes_as_often_as_clients_ask(server: Server) -> None:
    """Eight of them, each after 40 ms, at most: 200 requests/s."""
    look = pace(server, f"/fixed/?ms={WAIT_MS}", {})
    assert look.latency_ms >= WAIT_MS
    alone_rps = 1000 / WAIT_MS
    assert 2 * alone_rps < look.rate_rps <= MOST_CLIENTS * alone_rps


def test_a_page_that_is_refused_when_asked_again_is_named(server: Server) -> None:
    """As one is whose rate is limited."""
    with pytest.raises(BenchError, match=r"shop: /gone/ gave 200, and 404 when it was asked again"):
        pace(server, "/gone/", {})
