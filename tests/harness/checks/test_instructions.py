"""Instructions under the real valgrind, of servers whose work is known."""

import sys
from pathlib import Path

import pytest

from harness.checks.instructions import compare, instructions_per_request, lacking
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment

counts = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))

SERVER = """
import http.server, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/work/":
            for _ in range({work}):
                pass
        self.send_response(404 if self.path == "/gone/" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def deployment(folder: Path, work: int = 0) -> tuple[Application, Deployment]:
    """Write a server that counts to `work` in every request of /work/."""
    (folder / "server.py").write_text(SERVER.replace("{work}", str(work)))
    server = Deployment(
        name="tiny", interface="wsgi", views="sync", command=(sys.executable, "server.py", "{port}")
    )
    return Application(directory=folder, wsgi="none"), server


@pytest.mark.parametrize(
    ("base", "head", "verdict"),
    [
        (1_000_000, 1_000_000, "unchanged"),
        (1_000_000, 1_009_900, "unchanged"),
        (1_000_000, 1_010_100, "regressed"),
        (1_010_100, 1_000_000, "improved"),
        (1_009_900, 1_000_000, "unchanged"),
    ],
)
def test_a_hundredth_is_the_margin(base: float, head: float, verdict: str) -> None:
    """Both ways by the same factor."""
    assert compare(base, head) == verdict


def test_without_valgrind_nothing_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line says what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt install valgrind" in str(lacking())
    with pytest.raises(BenchError, match="valgrind is missing"):
        instructions_per_request(*deployment(tmp_path), "/work/")


@counts
def test_work_that_was_put_in_is_counted(tmp_path: Path) -> None:
    """5,000 more turns of a loop add as many instructions each time, within 1% of all."""
    one, two, three = (
        instructions_per_request(*deployment(tmp_path, work), "/work/", few=20, many=120)
        for work in (5_000, 10_000, 15_000)  # up to 256 turns are cheaper: those numbers are kept
    )
    assert two > one + 10 * 5_000  # no turn of a loop takes fewer than 10 instructions
    assert three - two == pytest.approx(two - one, abs=0.01 * three)
    assert (compare(one, two), compare(two, one)) == ("regressed", "improved")


@counts
def test_a_path_that_fails_is_named(tmp_path: Path) -> None:
    """An error page costs something else."""
    with pytest.raises(BenchError, match="/gone/ gave status 404; name a path that answers 200"):
        instructions_per_request(*deployment(tmp_path), "/gone/", few=1, many=2)


@counts
def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """With the end of its log."""
    application, server = deployment(tmp_path)
    (tmp_path / "server.py").write_text("raise SystemExit('no database')")
    with pytest.raises(BenchError, match=r"tiny under valgrind ended with status 1; .*\n.*no data"):
        instructions_per_request(application, server, "/work/", few=1, many=2)


def masked(folder: Path, name: str, server: str, *words: str) -> tuple[Application, Deployment]:
    """Write a server that is started like one of the table."""
    (folder / name).write_text(server.replace("{work}", "0"))
    command = (sys.executable, name, "{port}", *words)
    return Application(directory=folder), Deployment(
        name="tiny", interface="wsgi", views="sync", command=command
    )


@counts
def test_a_server_of_several_workers_is_counted_with_one(tmp_path: Path) -> None:
    """However its command says so: this one does not start with more, nor without a word."""
    alone = SERVER.replace(
        "signal.signal", "assert sys.argv[1:] == ['--workers=1', sys.argv[2]]\nsignal.signal"
    ).replace("sys.argv[1])", "sys.argv[2])")
    application, server = masked(tmp_path, "gunicorn", alone, "-w", "2")
    assert instructions_per_request(application, server, "/work/", few=1, many=20) > 0


@counts
def test_a_server_that_crashes_when_it_is_asked_to_end_is_named(tmp_path: Path) -> None:
    """Hypercorn ends with 0; what a crash leaves out would count as saved."""
    crashing = SERVER.replace("sys.exit()", "sys.exit(3)")
    application, server = masked(tmp_path, "hypercorn", crashing)
    with pytest.raises(BenchError, match="tiny under valgrind ended with status 3 when it was"):
        instructions_per_request(application, server, "/work/", few=1, many=2)


@counts
@pytest.mark.long
@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_both_interfaces_can_be_counted(interface: str) -> None:
    """Gunicorn's workers are forked; Uvicorn has a loop and a parser of its own, in C."""
    commands = {
        "wsgi": "gunicorn {wsgi} --bind={host}:{port} --workers=2 --no-control-socket",
        "asgi": "uvicorn {asgi} --host={host} --port={port} --loop=uvloop --http=httptools",
    }
    application = Application(
        directory=Path("app"),
        wsgi="config.wsgi:application",
        asgi="config.asgi_shared:application",
        ready="/ready/",
    )
    server = Deployment(
        name=interface,
        interface="wsgi" if interface == "wsgi" else "asgi",
        views="sync",
        command=("{python}", "-m", *commands[interface].split()),
    )
    one, other = (
        instructions_per_request(application, server, "/async/plain/", few=10, many=60)
        for _ in range(2)
    )
    assert 100_000 < one < 20_000_000
    assert other == pytest.approx(one, rel=0.02)
