"""Serve by Uvicorn, each worker by a socket of its own: `uvicorn_sockets.py --workers=8 APP ...`.

Workers that share one socket take what waits whenever they wake, and keep it: one of eight was seen
with twice its part of the connections. Of sockets that share a port (SO_REUSEPORT, socket(7)) the
kernel chooses by a hash of both addresses, so that each has about as many. Uvicorn itself has no
option for it. The rest of the words are Uvicorn's own; all workers end together with this process.
"""

import argparse
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from _together import Process, end_by_sigterm, running, status_of_first


def main(argv: list[str]) -> int:
    """Serve until SIGTERM, then return 0; or until any worker ends, then its status or 1."""
    options = argparse.ArgumentParser(prog="uvicorn_sockets.py", description=__doc__)
    options.add_argument("--workers", type=int, default=1)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=8000)
    chosen, words = options.parse_known_args(argv)
    end_by_sigterm()
    with ExitStack() as stack:
        address = (chosen.host, chosen.port)
        workers = [stack.enter_context(_worker(address, words)) for _ in range(chosen.workers)]
        return status_of_first(workers)


@contextmanager
def _worker(address: tuple[str, int], words: list[str]) -> Iterator[Process]:
    """Run one worker on a socket of its own, which this process does not keep."""
    own = socket.socket()
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(address)
    command = (sys.executable, "-m", "uvicorn", *words, f"--fd={own.fileno()}")
    with running(command, (own.fileno(),)) as worker:
        own.close()
        yield worker


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
