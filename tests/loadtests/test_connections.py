"""The corrections to how Locust's clients connect, for any user class, each beside stock Locust.

Where Locust no longer needs a correction, the test of the stock client fails: delete both.
"""

import re
import socket
import struct
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.loadtests.locusts import LOADTESTS, climb, locust
from tests.support.counting import counting

INSTRUMENT = LOADTESTS / "_instrument.py"

STOCK = """
from locust import FastHttpUser, constant, task

class Stock(FastHttpUser):
    wait_time = constant({pause})

    @task
    def ask(self):
        self.client.get("/async/plain/")
"""

CORRECTED = {
    "Client": "from plain import Plain",
    "FastHttpUser": STOCK.format(pause=0.01),
    "HttpUser": STOCK.replace("FastHttpUser", "HttpUser").format(pause=0.01),
}
"""Whatever its class, a user is corrected: the lean one by itself, the others by the plug-in."""

# Take all descriptors below 1,100, as a thousand users would.
MANY_DESCRIPTORS = """
import os, resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
taken = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
"""

# As many requests are enough: a test that runs for a time depends on when the first is sent.
LEAVE = """
import itertools
from locust import events

ended, environments = itertools.count(1), []
events.init.add_listener(lambda environment, **_: environments.append(environment))

@events.request.add_listener
def leave(**_):
    if next(ended) == {requests}:
        environments[0].runner.quit()
"""

# Others work whenever they are let: how often is that while the connection is looked at?
LOOKS = """
import gevent
from urllib3.connection import HTTPConnection

turns, looks = [], []
is_open = HTTPConnection.is_connected.fget

def watched(connection):
    before = len(turns)
    kept = is_open(connection)
    looks.append(len(turns) - before)
    return kept

def work():
    while True:
        turns.append(None)
        gevent.sleep(0)

HTTPConnection.is_connected = property(watched)
events.test_start.add_listener(lambda **_: gevent.spawn(work))
events.quitting.add_listener(lambda **_: print("LOOKS", len(looks), "TURNS", sum(looks)))
"""

# Six ports for each address, as many as IP_LOCAL_PORT_RANGE (ip(7), since Linux 6.3) allows.
IP_LOCAL_PORT_RANGE = 51
SIX_PORTS = struct.pack("=HH", 47_100, 47_105)
FEW_PORTS = f"""
import socket, gevent.socket
plain_bind = gevent.socket.socket.bind

def bind(sock, address):
    sock.setsockopt(socket.IPPROTO_IP, {IP_LOCAL_PORT_RANGE}, {SIX_PORTS!r})
    return plain_bind(sock, address)

gevent.socket.socket.bind = bind
"""


def ports_may_be_few() -> bool:
    """Tell whether the kernel lets a socket choose from a range of ports of its own."""
    with socket.socket() as probe, suppress(OSError):
        probe.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, SIX_PORTS)
        return True
    return False


def locustfile(folder: Path, text: str) -> Path:
    """Write a locustfile."""
    path = folder / "scenario.py"
    path.write_text(text)
    return path


@pytest.mark.parametrize("client", CORRECTED)
def test_a_connection_is_kept_also_when_its_descriptor_is_beyond_1023(
    tmp_path: Path, client: str
) -> None:
    """All requests of one user need one connection."""
    with counting() as server:
        scenario = locustfile(
            tmp_path, MANY_DESCRIPTORS + LEAVE.format(requests=20) + CORRECTED[client]
        )
        locust((INSTRUMENT, scenario), server.url, tmp_path, "-u1", "-t20s")
    assert len(server.arrivals) >= 20
    assert len(server.connections) == 1


@pytest.mark.long
def test_stock_locust_still_loses_every_such_connection(tmp_path: Path) -> None:
    """Without the correction each request connects anew."""
    with counting() as server:
        scenario = locustfile(
            tmp_path, MANY_DESCRIPTORS + LEAVE.format(requests=20) + STOCK.format(pause=0.01)
        )
        locust((scenario,), server.url, tmp_path, "-u1", "-t20s")
    assert len(server.arrivals) >= 20
    assert len(server.connections) >= len(server.arrivals) - 1


@pytest.mark.parametrize("client", CORRECTED)
def test_a_request_whose_connection_closes_is_sent_once(tmp_path: Path, client: str) -> None:
    """The server sees as many requests as are reported, all of them failed."""
    with counting(respond=lambda path: None) as server:
        flags = ("-u1", "--stairs=1", "--settle-s=0", "--measure-s=0.5")
        scenario = locustfile(tmp_path, CORRECTED[client])
        requests, _ = climb(scenario, server.url, tmp_path, *flags)
    assert {row["error"] for row in requests} == {"reset"}
    # One more may have been sent after the rows were written.
    assert len(requests) <= len(server.arrivals) <= len(requests) + 1


@pytest.mark.long
def test_stock_locust_still_sends_such_a_request_again(tmp_path: Path) -> None:
    """Without the correction the server sees several requests for each one reported."""
    with counting(respond=lambda path: None) as server:
        scenario = locustfile(tmp_path, LEAVE.format(requests=1) + STOCK.format(pause=10))
        locust((scenario,), server.url, tmp_path, "-u1", "-t20s")
    assert len(server.arrivals) > 1


def looks_and_turns(output: str) -> tuple[int, int]:
    """Return how often a kept connection was looked at, and the turns of others meanwhile."""
    looks, turns = re.findall(r"LOOKS (\d+) TURNS (\d+)", output)[0]
    return int(looks), int(turns)


@pytest.mark.long
def test_a_look_at_a_kept_connection_lets_nobody_else_work(tmp_path: Path) -> None:
    """Their turns would be in the latency of an HttpUser's request."""
    with counting() as server:
        text = LEAVE.format(requests=20) + LOOKS + CORRECTED["HttpUser"]
        scenario = locustfile(tmp_path, text)
        output = locust((INSTRUMENT, scenario), server.url, tmp_path, "-u1", "-t20s")
    looks, turns = looks_and_turns(output)
    assert looks >= 19
    assert turns == 0


@pytest.mark.long
def test_a_look_of_stock_locust_still_lets_others_work(tmp_path: Path) -> None:
    """Without the correction each of them does, each time."""
    with counting() as server:
        text = LEAVE.format(requests=20) + LOOKS + CORRECTED["HttpUser"]
        scenario = locustfile(tmp_path, text)
        output = locust((scenario,), server.url, tmp_path, "-u1", "-t20s")
    looks, turns = looks_and_turns(output)
    assert turns >= looks >= 19


@pytest.mark.parametrize("client", CORRECTED)
def test_connections_come_from_as_many_addresses_as_are_asked_for(
    tmp_path: Path, client: str
) -> None:
    """Eight users over two sources: four from 127.0.0.1, four from 127.0.0.2, on ports in range."""
    with counting() as server:
        flags = ("-u8", "-r8", "-t3s", "--sources=2")
        scenario = locustfile(tmp_path, CORRECTED[client])
        output = locust((INSTRUMENT, scenario), server.url, tmp_path, *flags)
    assert Counter(address for address, _ in server.peers) == {"127.0.0.1": 4, "127.0.0.2": 4}
    assert "0(0.00%)" in output


@pytest.mark.skipif(not ports_may_be_few(), reason="the kernel has no range of ports per socket")
def test_addresses_do_for_more_connections_than_one_has_ports(tmp_path: Path) -> None:
    """Sixteen connections over six ports of three addresses; one address alone would have six."""
    with counting() as server:
        flags = ("-u16", "-r16", "-t3s", "--think-ms=50", "--sources=3")
        scenario = locustfile(tmp_path, FEW_PORTS + CORRECTED["Client"])
        output = locust((scenario,), server.url, tmp_path, *flags)
    assert len(set(server.peers)) == len(server.peers) == 16
    assert len({port for _, port in server.peers}) <= 6
    assert "0(0.00%)" in output
