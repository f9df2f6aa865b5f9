"""Uvicorn with a socket for each worker, which share the port and the connections; a fake one."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.behind import Serving, behind, group_runs, wait_for
from tests.support.patience import PATIENCE_S

# Accepts connections and notes each; a word `ends` ends it.
UVICORN = """
import os, socket, sys
if "ends" in sys.argv:
    sys.exit(3)
fd = int(next(word for word in sys.argv if word.startswith("--fd=")).partition("=")[2])
own = socket.socket(fileno=fd)
own.listen(64)
log = open(f"{os.environ['TMPDIR']}/worker-{os.getpid()}", "w", buffering=1)
print(*(word for word in sys.argv[1:] if word[:4] != "--fd"), file=log)
while True:
    connection, _ = own.accept()
    print("accepted", file=log)
"""


@contextmanager
def two_workers(folder: Path, port: int, *words: str) -> Iterator[Serving]:
    """Serve by two workers on a port."""
    (folder / "uvicorn.py").write_text(UVICORN)
    words = ("--workers=2", "--host=127.0.0.1", f"--port={port}", "app:asgi", *words)
    with behind(
        folder, "uvicorn_sockets.py", words, variables={"PYTHONPATH": str(folder)}
    ) as process:
        yield process


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def logs(folder: Path) -> list[Path]:
    """Return what both workers have noted, once both listen."""
    deadline = time.monotonic() + PATIENCE_S
    while len(files := list(folder.glob("worker-*"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    for file in files:
        wait_for(file)
    return files


def test_both_workers_get_connections_by_sockets_of_their_own(tmp_path: Path) -> None:
    """By a hash of both addresses: that one of two gets none of 64 happens once in 2^63 times."""
    port = free_port()
    with two_workers(tmp_path, port, "--loop=uvloop") as process:
        one, other = logs(tmp_path)
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(64)]
        deadline = time.monotonic() + PATIENCE_S
        while (one.read_text() + other.read_text()).count("accepted") < len(held):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for log in (one, other):
            words, *accepted = log.read_text().splitlines()
            assert words == "app:asgi --loop=uvloop"
            assert accepted
        for connection in held:
            connection.close()
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert not group_runs(process.pid)


def test_where_a_worker_ends_all_do(tmp_path: Path) -> None:
    """With its status."""
    with two_workers(tmp_path, free_port(), "ends") as process:
        assert process.wait(PATIENCE_S) == 3
        assert not group_runs(process.pid)
