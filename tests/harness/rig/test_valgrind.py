"""One server under the real valgrind, which tells its count in mid-run."""

import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.rig.valgrind import Count, count, lacking

pytestmark = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))

# The first requests work, and so does the end. Where it forks, a child answers, as with Gunicorn,
# and its master reaps whatever ends.
SERVER = """
import http.server, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answered = 0
    def do_GET(self):
        Handler.answered += 1
        for _ in range({work} if Handler.answered <= 3 else 0):
            pass
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
def end(*_):
    for _ in range({work}):
        pass
    sys.exit()
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
if sys.argv[2:] == ["--fork"] and (worker := os.fork()):
    signal.signal(signal.SIGTERM, lambda *_: os.kill(worker, signal.SIGTERM))
    while os.wait()[0] != worker:
        pass
    sys.exit()
signal.signal(signal.SIGTERM, end)
server.serve_forever()
"""


def counted(folder: Path, work: int = 0, option: str = "-u", fork: bool = False) -> Count:
    """Count the server's requests from its 6th to its 26th: readiness is asked first."""
    (folder / "server.py").write_text(SERVER.replace("{work}", str(work)))
    words = (sys.executable, option, "server.py", "{port}", *(["--fork"] if fork else []))
    server = Deployment(name="tiny", interface="wsgi", views="sync", command=words)
    application = Application(directory=folder, wsgi="none")
    return count(application, server, ("/",), (5, 25), [0])


@pytest.mark.long
@pytest.mark.parametrize("fork", [False, True])
def test_a_request_is_what_comes_between_two_counts_of_one_start(
    tmp_path: Path, fork: bool
) -> None:
    """What the first requests and the end take belongs to the start, of a worker as well."""
    idle, busy = counted(tmp_path, fork=fork), counted(tmp_path, 100_000, fork=fork)
    assert busy.per_request == pytest.approx(idle.per_request, rel=0.02)
    # Three requests and the end; no turn of a loop takes fewer than 10 instructions.
    assert busy.to_start > idle.to_start + 4 * 100_000 * 10


def test_a_server_whose_python_takes_no_probe_is_refused(tmp_path: Path) -> None:
    """`python -I` looks at no variables."""
    with pytest.raises(BenchError, match="tiny under valgrind told no count in mid-run: its Pyth"):
        counted(tmp_path, option="-I")
