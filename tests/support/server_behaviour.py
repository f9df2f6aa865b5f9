"""What a server does, seen from outside: whom it lets wait, and what becomes of work in hand."""

import os
import signal
import socket
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

from harness.core.plan import Deployment
from harness.host.sockets import census
from harness.rig.servers import Server
from tests.support.patience import PATIENCE_S

SLOTS = 2
ASKING = 5
"""Two slots serve five requests in three turns."""

WAIT_S = 0.25


def with_few_slots(deployment: Deployment) -> Deployment:
    """Return the deployment with SLOTS in place of its own, wherever its command says them."""
    if deployment.slots is None:
        return deployment
    own = f"={deployment.slots}"
    command = tuple(
        f"{word.removesuffix(own)}={SLOTS}" if word.endswith(own) else word
        for word in deployment.command
    )
    assert command != deployment.command
    return deployment.model_copy(update={"command": command, "slots": SLOTS})


def connections_opened(server: Server, path: str, body: bytes) -> int:
    """Return how many connections two requests one after the other take; both get this body."""
    client = HTTPConnection(server.host, server.port, timeout=PATIENCE_S)
    opened = 0
    for _ in range(2):
        opened += client.sock is None
        client.request("GET", path)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, body)
        assert answer.headers["Content-Length"] == str(len(body))
    client.close()
    return opened


def beyond_slots(server: Server, path: str) -> str:
    """Return what becomes of more requests than there are slots, where `path` waits for WAIT_S."""
    began = time.monotonic()
    asking = [_ask(server, path) for _ in range(ASKING)]
    time.sleep(WAIT_S / 2)
    counted = census(server.port)
    assert counted
    assert [_status(each) for each in asking] == [200] * ASKING
    if time.monotonic() - began < 2 * WAIT_S:
        return "all at once"
    return "wait in the listen queue" if counted.listen_queue else "wait in the server"


def when_the_client_leaves(server: Server, path: str, notes: Path) -> str:
    """Return what becomes of a view whose client closes the connection while it waits."""
    asking = _ask(server, path, number=1)
    time.sleep(WAIT_S / 3)
    assert notes.read_text().startswith("began 1 ")
    asking.close()
    time.sleep(WAIT_S)
    return "the view goes on" if "ended 1 " in notes.read_text() else "the view is cancelled"


def answers_of_a_connection(server: Server, path: str, most: int) -> int:
    """Return how many answers a connection has up to the one that ends it, or the most."""
    client = HTTPConnection(server.host, server.port, timeout=PATIENCE_S)
    for number in range(1, most + 1):
        client.request("GET", path)
        answer = client.getresponse()
        answer.read()
        if answer.headers["Connection"] == "close":
            return number
    return most


def keeps_for(server: Server, path: str, idle_s: float) -> bool:
    """Return whether a connection can be used again after it was idle."""
    client = HTTPConnection(server.host, server.port, timeout=PATIENCE_S)
    client.request("GET", path)
    client.getresponse().read()
    time.sleep(idle_s)
    try:
        client.request("GET", path)
        client.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        client.close()
    return True


def on_sigterm(server: Server, path: str) -> str:
    """Return what becomes of a request in hand when the master is asked to end."""
    asking = _ask(server, path)
    time.sleep(WAIT_S / 3)
    os.kill(server.child.pid, signal.SIGTERM)
    try:
        return "it is answered" if _status(asking) == 200 else "it is refused"
    except (OSError, HTTPException):
        return "it is cut"


def _ask(server: Server, path: str, number: int | None = None) -> socket.socket:
    """Return a connection over which a request has been sent, with a number where it has one."""
    asking = socket.create_connection((server.host, server.port), timeout=PATIENCE_S)
    numbered = f"Request-Number: {number}\r\n" if number else ""
    asking.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.host}\r\n{numbered}\r\n".encode())
    return asking


def _status(asking: socket.socket) -> int:
    """Return the status that comes over a connection; raise OSError or HTTPException without."""
    with asking:
        answer = HTTPResponse(asking)
        answer.begin()
        answer.read()
        return answer.status
