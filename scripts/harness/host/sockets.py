"""Ask the kernel about TCP connections: which there are, what waits, what memory they take.

The count comes from socket diagnosis (sock_diag(7)). /proc/net/tcp says the same, but takes 18 ms
to read with 1,024 connections: once a second on the generator's core, that was enough to make it
wake up late.
"""

import re
import resource
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# From linux/netlink.h, linux/sock_diag.h and net/tcp_states.h.
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x1
NLM_F_DUMP = 0x300
TCP_ESTABLISHED = 1
TCP_LISTEN = 10

_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port id
# struct inet_diag_req_v2: family, protocol, extensions, pad, states; then source and destination
# port in network order, both addresses, interface and cookie, of which all but the first are 0.
_REQUEST = struct.Struct("=BBBxI2s54x")
_LENGTH_AND_TYPE = struct.Struct("=IH")
# struct inet_diag_msg after the header: the offset of the state; for a listening socket, the number
# of connections not yet accepted and the most that may be; the inode, which names it among files.
_STATE = 17
_QUEUES = struct.Struct("=72xII")
_INODE = struct.Struct("=84xI")

BUFFER = 1 << 16

HOST = "127.0.0.1"
"""Where servers listen, but for those of a plan with machines; clients may connect from any address
of 127.0.0.0/8."""

PROC = Path("/proc")
PAGE_MIB = resource.getpagesize() / 2**20

# The kernel's structures of a TCP socket: itself, its inode, and what is left of it after closing.
SLABS = (
    "TCP ",
    "TCPv6 ",
    "sock_inode_cache ",
    "tw_sock_TCP ",
    "tw_sock_TCPv6 ",
    "request_sock_TCP ",
    "request_sock_TCPv6 ",
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
    """Return the census of a local port, the server's ends of its connections; None off Linux.

    Sockets that share the port, as several processes may, are summed. IPv6 is asked only where
    nothing listens by IPv4: the kernel goes through all its connections each time.
    """
    if not hasattr(socket, "AF_NETLINK"):
        return None
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        ipv4 = _count(kernel, socket.AF_INET, port)
        return ipv4 if ipv4.listen_backlog else _count(kernel, socket.AF_INET6, port)


def inodes(port: int, state: int) -> set[int]:
    """Return the inodes of a local port's sockets in a state, by IPv4; none off Linux."""
    if not hasattr(socket, "AF_NETLINK"):
        return set()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        return {
            _INODE.unpack_from(data, offset)[0]
            for data, offset in _messages(kernel, socket.AF_INET, port)
            if data[offset + _STATE] == state
        }


def _count(kernel: socket.socket, family: int, port: int) -> Census:
    connections = queue = backlog = 0
    for data, offset in _messages(kernel, family, port):
        if data[offset + _STATE] == TCP_ESTABLISHED:
            connections += 1
        else:
            waiting, most = _QUEUES.unpack_from(data, offset)
            queue += waiting
            backlog += most
    return Census(connections, queue, backlog)


def free_port(host: str = HOST) -> int:
    """Return a port of an address that nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def buffers_mib(proc: Path = PROC) -> float | None:
    """Return the MiB that all TCP sockets of the machine hold in buffers, by /proc/net/sockstat.

    None where that cannot be read.
    """
    try:
        (pages,) = re.findall(r"^TCP:.* mem (\d+)", (proc / "net/sockstat").read_text(), re.M)
    except (OSError, ValueError):
        return None
    return int(pages) * PAGE_MIB


def slabs_mib(proc: Path = PROC) -> float | None:
    """Return the MiB of the kernel's structures of all TCP sockets: the pages of their slabs.

    None where /proc/slabinfo cannot be read: only root may (slabinfo(5)). Files, directory entries
    and poll entries of sockets share slabs with those of other files and are not included.
    """
    try:
        lines = (proc / "slabinfo").read_text().splitlines()
    except OSError:
        return None
    slabs = [line.split() for line in lines if line.startswith(SLABS)]
    return sum(int(slab[5]) * int(slab[14]) for slab in slabs) * PAGE_MIB


def _messages(kernel: socket.socket, family: int, port: int) -> Iterator[tuple[bytes, int]]:
    """Yield the message about each socket: a buffer, and where in it the message begins."""
    states = 1 << TCP_ESTABLISHED | 1 << TCP_LISTEN
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, states, struct.pack("!H", port))
    flags = NLM_F_REQUEST | NLM_F_DUMP
    head = _HEADER.pack(_HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, flags, 1, 0)
    kernel.sendall(head + body)
    while True:
        data = kernel.recv(BUFFER)
        offset = 0
        while offset < len(data):
            length, kind = _LENGTH_AND_TYPE.unpack_from(data, offset)
            if kind in (NLMSG_DONE, NLMSG_ERROR):
                return
            yield data, offset
            offset += (length + 3) & ~3
