"""Connections by each protocol: what QUIC loses is counted as that, and errors come at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from harness.host.certificates import certificate
from tests.support.serving import free_port

pytest.importorskip("aioquic", reason="make setup GROUP=protocols")

LOSSES = Path(__file__).with_name("losses.py")

# Nobody listens where it asks.
REFUSED = """
import sys
import locust
from _channels import CHANNELS

for name, kind in CHANNELS.items():
    channel = kind(("127.0.0.1", int(sys.argv[1])), timeout_s=5)
    try:
        channel.ask("/", [])
    except OSError as error:
        print(name, "refused" in str(error), channel.lost is error)
"""


def output(*argv: str) -> str:
    """Run Python with the load tests on its path; return what it prints.

    In a process of its own, as importing Locust replaces the sockets and threads of this one.
    """
    words = [sys.executable, *argv]
    paths = {"PYTHONPATH": "loadtests"}
    return subprocess.run(words, env=paths, capture_output=True, text=True, check=True).stdout


def test_each_packet_that_does_not_arrive_is_counted_once() -> None:
    """QUIC knows of it once three packets after it are acknowledged (RFC 9002, 6.1)."""
    with certificate() as keys:
        counted = output(str(LOSSES), str(keys), "[[], [0], [1, 2]]")
    assert json.loads(counted) == [0, 1, 2]


def test_a_server_that_is_not_there_is_an_error_at_once() -> None:
    """By the kernel's word, long before the time-out, and the connection is not used again."""
    lines = output("-c", REFUSED, str(free_port())).splitlines()
    assert lines == ["h1 True True", "h2 True True", "h3 True True"]
