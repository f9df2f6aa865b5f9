"""Connections as the kernel has them."""

import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from harness.host import sockets
from harness.host.sockets import Census, census

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked as Linux's is")


def connections(port: int) -> int:
    """Return the number of connections on a port."""
    result = census(port)
    assert result is not None
    return result.connections


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_the_connections_on_a_servers_port_are_counted(
    family: socket.AddressFamily, host: str
) -> None:
    """Three to one port, of which one is closed again; those to other ports do not count."""
    with (
        socket.create_server((host, 0), family=family) as server,
        socket.create_server((host, 0), family=family) as other,
    ):
        port = server.getsockname()[1]
        assert connections(port) == 0
        clients = [socket.create_connection((host, port)) for _ in range(3)]
        clients.append(socket.create_connection((host, other.getsockname()[1])))
        ends = [server.accept()[0] for _ in range(3)]
        assert connections(port) == 3
        clients[0].close()
        assert connections(port) == 2
        for connection in (*clients, *ends):
            connection.close()


@LINUX
def test_connections_from_every_address_of_loopback_are_counted() -> None:
    """The server's port alone decides, so clients may have several addresses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        clients = [
            socket.create_connection(address, source_address=(f"127.0.0.{host}", 0))
            for host in (1, 2, 3)
        ]
        assert connections(address[1]) == 3
        for client in clients:
            client.close()


def test_more_connections_than_one_answer_of_the_kernel_holds_are_counted() -> None:
    """Each takes about 100 bytes, a buffer has 64 KiB."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        port = server.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(900)]
        assert connections(port) == 900
        for client in clients:
            client.close()


@LINUX
def test_the_listen_queue_is_what_nobody_has_accepted_yet() -> None:
    """Five connections to a server that accepts two of them; up to 70 may wait."""
    with socket.create_server(("127.0.0.1", 0), backlog=70) as server:
        port = server.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
        ends = [server.accept()[0] for _ in range(2)]
        assert census(port) == Census(connections=5, listen_queue=3, listen_backlog=70)
        for connection in (*clients, *ends):
            connection.close()


@LINUX
def test_the_kernel_cuts_a_backlog_that_is_longer_than_somaxconn() -> None:
    """So what a command asks for does not count."""
    most = int(Path("/proc/sys/net/core/somaxconn").read_text())
    with socket.create_server(("127.0.0.1", 0), backlog=most + 1000) as server:
        assert census(server.getsockname()[1]) == Census(0, 0, most)


@LINUX
def test_several_sockets_that_share_a_port_are_summed() -> None:
    """As with servers whose processes each listen."""
    with socket.create_server(("127.0.0.1", 0), backlog=10, reuse_port=True) as one:
        port = one.getsockname()[1]
        with socket.create_server(("127.0.0.1", port), backlog=20, reuse_port=True):
            assert census(port) == Census(0, 0, 30)


@LINUX
def test_what_waits_in_buffers_is_memory_of_the_kernel() -> None:
    """8 MiB that nothing reads stay between the two ends, partly at the receiver's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        before = sockets.buffers_mib()
        client = socket.create_connection(server.getsockname())
        end = server.accept()[0]
        client.setblocking(False)
        sent = 0
        with suppress(BlockingIOError):
            while sent < 8 * 2**20:
                sent += client.send(bytes(2**16))
        after = sockets.buffers_mib()
        assert before is not None and after is not None
        assert after - before > 0.5 * sent / 2**20
        client.close()
        end.close()


def test_the_kernels_memory_is_counted_in_pages(tmp_path: Path) -> None:
    """371 pages in buffers; slabs of 8 pages x 1,525 and 4 x 10 in structures of sockets."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net/sockstat").write_text(
        "sockets: used 48\nTCP: inuse 34 orphan 0 tw 2 alloc 34 mem 371\nUDP: inuse 0 mem 9\n"
    )
    (tmp_path / "slabinfo").write_text(
        "slabinfo - version: 2.1\n# name <active_objs> ...\n"
        "TCP 19812 19812 2368 13 8 : tunables 0 0 0 : slabdata 1525 1525 0\n"
        "tw_sock_TCP 1 160 256 16 4 : tunables 0 0 0 : slabdata 10 10 0\n"
        "TCPX 9 9 9 9 9 : tunables 0 0 0 : slabdata 9 9 0\n"
    )
    assert sockets.buffers_mib(tmp_path) == 371 * sockets.PAGE_MIB
    assert sockets.slabs_mib(tmp_path) == (8 * 1525 + 4 * 10) * sockets.PAGE_MIB


def test_memory_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    """Off Linux, and slabs where only root may read them."""
    assert sockets.buffers_mib(tmp_path) is None
    assert sockets.slabs_mib(tmp_path) is None
