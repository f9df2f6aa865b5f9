"""Connections as the kernel has them."""

import socket

import pytest

from harness.sockets import established


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
        assert established(port) == 0
        clients = [socket.create_connection((host, port)) for _ in range(3)]
        clients.append(socket.create_connection((host, other.getsockname()[1])))
        accepted = [server.accept()[0] for _ in range(3)]
        assert established(port) == 3
        clients[0].close()
        assert established(port) == 2
        for connection in (*clients, *accepted):
            connection.close()


def test_more_connections_than_one_answer_of_the_kernel_holds_are_counted() -> None:
    """Each takes about 100 bytes, a buffer has 64 KiB."""
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as server:
        port = server.getsockname()[1]
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(900)]
        assert established(port) == 900
        for client in clients:
            client.close()
