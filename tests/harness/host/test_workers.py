"""Which workers hold the connections of a port."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from math import isnan

import psutil
import pytest

from harness.host.workers import Workers

# A master and three workers, of which the first accepts all connections.
FORKING = """
import os, socket, sys, time
server = socket.create_server(("127.0.0.1", 0))
for number in range(3):
    if not os.fork():
        held = []
        while number == 0:
            held.append(server.accept())
            print("accepted", flush=True)
        time.sleep(60)
print(server.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.fixture
def master() -> Iterator["subprocess.Popen[str]"]:
    """Start the master in a group of its own; end it with its workers."""
    argv = [sys.executable, "-c", FORKING]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        yield process
        subprocess.run(["kill", "-9", "--", f"-{process.pid}"], check=True)


def test_workers_are_counted_with_those_that_hold_no_connection(
    master: "subprocess.Popen[str]",
) -> None:
    """The master has the listening socket too, and is none; five connections are on one."""
    assert master.stdout is not None
    port = int(master.stdout.readline())
    workers = Workers(port)
    process = psutil.Process(master.pid)
    members = frozenset((process, *process.children()))
    assert workers.read(members, 0) == (3, 3, 0)
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    for _ in clients:
        assert master.stdout.readline() == "accepted\n"
    assert workers.read(members, 5) == (3, 2, 5)
    number, idle, busiest = workers.read(members, 501)
    assert number == 3 and isnan(idle) and isnan(busiest)  # too many to look for
    for client in clients:
        client.close()


def test_a_single_worker_has_all_connections() -> None:
    """Nobody needs to look for them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        workers = Workers(server.getsockname()[1])
        number, idle, busiest = workers.read(frozenset((psutil.Process(),)), 0)
    assert number == 1 and isnan(idle) and isnan(busiest)


def test_a_server_that_is_gone_has_no_workers() -> None:
    """Not measured."""
    assert all(isnan(figure) for figure in Workers(1).read(frozenset(), 0))
