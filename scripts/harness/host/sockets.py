"""Ask the kernel about TCP connections: which there are, what waits, what memory they take.

Connections are counted by its socket diagnosis (sock_diag(7)). /proc/net/tcp says the same, but
reading it takes 18 ms with 1,024 connections: once a second on the generator's core, that was
enough to make it wake up late.
"""

import re
import resource
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOCK_DIAG_BY_FAMILY, NLMSG_ERROR, NLMSG_DONE = 20, 2, 3
NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NETLINK_SOCK_DIAG = 4
TCP_ESTABLISHED, TCP_LISTEN = 1, 10

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port id
# struct inet_diag_req_v2: family, protocol, extensions, pad, states; then source and destination
# port in network order, both addresses, interface and cookie, of which all but the first are 0.
_REQUEST = struct.Struct("=BBBxI2s54x")
_LENGTH_AND_TYPE = struct.Struct("=IH")
# struct inet_diag_msg behind the header: where the state stands; where, for a listening socket,
# the number of connections not yet accepted stands, and the most that may be.
_STATE, _QUEUES = 17, struct.Struct("=72xII")

BUFFER = 1 << 16

HOST = "127.0.0.1"
"""Where all servers listen; clients may connect from any address of 127.0.0.0/8."""

PROC = Path("/proc")
PAGE_MIB = resource.getpagesize() / 2**20

# The kernel's structures of a TCP socket: itself, its inode, and what is left of it after closing.
SLABS = tuple(
    f"{name} "
    for name in (
        *("TCP", "TCPv6", "sock_inode_cache", "tw_sock_TCP", "tw_sock_TCPv6"),
        *("request_sock_TCP", "request_sock_TCPv6"),
    )
)


@dataclass(frozen=True, slots=True)
class Census:
    """What a server's port holds: connections, those not yet accepted, and how many may wait.

    The queue's limit is the least of the server's backlog and net.core.somaxconn (listen(2)).
    """

    connections: int
    listen_queue: int
    listen_backlog: int


def census(port: int) -> Census | None:
    """Count the connections established on a local port, the server's ends; None off Linux.

    Sockets that share the port, as several processes may, are summed. IPv6 is asked only where
    nobody listens by IPv4: the kernel goes through all its connections each time.
    """
    if not hasattr(socket, "AF_NETLINK"):
        return None
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        counted = _counted(kernel, socket.AF_INET, port)
        return counted if counted.listen_backlog else _counted(kernel, socket.AF_INET6, port)


def _counted(kernel: socket.socket, family: int, port: int) -> Census:
    connections = queue = backlog = 0
    for data, offset in _found(kernel, family, port):
        if data[offset + _STATE] == TCP_ESTABLISHED:
            connections += 1
        else:
            waiting, most = _QUEUES.unpack_from(data, offset)
            queue, backlog = queue + waiting, backlog + most
    return Census(connections, queue, backlog)


def free_port() -> int:
    """Give a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def buffers_mib(proc: Path = PROC) -> float | None:
    """Give what all TCP sockets of the machine hold in buffers, as /proc/net/sockstat has it."""
    try:
        (pages,) = re.findall(r"^TCP:.* mem (\d+)", (proc / "net/sockstat").read_text(), re.M)
    except (OSError, ValueError):
        return None
    return int(pages) * PAGE_MIB


def slabs_mib(proc: Path = PROC) -> float | None:
    """Give what the kernel's structures of all TCP sockets take: the pages of their slabs.

    None where /proc/slabinfo cannot be read: it is root's (slabinfo(5)). Files, directory entries
    and poll entries of sockets lie among those of other files and are not in it.
    """
    try:
        lines = (proc / "slabinfo").read_text().splitlines()
    except OSError:
        return None
    slabs = [line.split() for line in lines if line.startswith(SLABS)]
    return sum(int(slab[5]) * int(slab[14]) for slab in slabs) * PAGE_MIB


def _found(kernel: socket.socket, family: int, port: int) -> Iterator[tuple[bytes, int]]:
    """Give each socket as a message in a buffer, with where it begins."""
    states, wanted = 1 << TCP_ESTABLISHED | 1 << TCP_LISTEN, struct.pack("!H", port)
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, states, wanted)
    flags = NLM_F_REQUEST | NLM_F_DUMP
    head = _HEADER.pack(_HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, flags, 1, 0)
    kernel.sendall(head + body)
    while True:
        data, offset = kernel.recv(BUFFER), 0
        while offset < len(data):
            length, kind = _LENGTH_AND_TYPE.unpack_from(data, offset)
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                return
            yield data, offset
            offset += (length + 3) & ~3
