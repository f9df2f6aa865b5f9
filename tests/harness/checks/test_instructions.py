"""Instructions under the real valgrind, of servers whose work is known."""

import sys
from pathlib import Path

import pytest

from harness.checks.instructions import (
    InstructionChange,
    compare,
    counting,
    counts,
    milder,
)
from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.core.plan_file import read, stored
from harness.rig.valgrind import lacking

valgrind = pytest.mark.skipif(lacking() is not None, reason=str(lacking()))

# Its loops make no numbers: one takes up to a tenth more where the allocator's pool is full.
SERVER = """
import http.server, itertools, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path.startswith("/work/"):
            for _ in itertools.repeat(None, {work}):
                pass
        self.send_response(404 if self.path == "/gone/" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def counted(
    application: Application, server: Deployment, path: str, few: int = 50, many: int = 250
) -> float:
    """Count what one request of one application takes."""
    (count,) = counts([application], server, (path,), few, many)
    return count.per_request


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
        counted(*deployment(tmp_path), "/work/")


@pytest.mark.long
@valgrind
def test_work_that_was_put_in_is_counted(tmp_path: Path) -> None:
    """5,000 more turns of a loop add as many instructions each time, within 1% of all."""
    one, two, three = (
        counted(*deployment(tmp_path, work), "/work/", few=20, many=120)
        for work in (5_000, 10_000, 15_000)
    )
    assert two > one + 10 * 5_000  # no turn of a loop takes fewer than 10 instructions
    assert three - two == pytest.approx(two - one, abs=0.01 * three)
    assert (compare(one, two), compare(two, one)) == ("regressed", "improved")


@pytest.mark.long
@valgrind
def test_what_a_start_takes_is_counted_apart_from_requests(tmp_path: Path) -> None:
    """200,000 turns of a loop before the first request: in the start alone."""
    application, server = deployment(tmp_path, 300)
    (calm,) = counts([application], server, ("/work/",), few=20, many=120)
    text = (tmp_path / "server.py").read_text()
    (tmp_path / "server.py").write_text("for _ in range(200_000):\n    pass\n" + text)
    (busy,) = counts([application], server, ("/work/",), few=20, many=120)
    assert busy.to_start > calm.to_start + 10 * 200_000
    assert busy.per_request == pytest.approx(calm.per_request, rel=0.02)


@pytest.mark.long
@valgrind
def test_both_sides_are_counted_at_once_over_all_paths_in_turn(tmp_path: Path) -> None:
    """A request in two works, the other does not: half of the work each, on the side that does."""
    sides = []
    for name, work in (("base", 300), ("head", 10_300)):
        (tmp_path / name).mkdir()
        application, server = deployment(tmp_path / name, work)
        sides.append(application)
    paths = ("/work/?n={n}", "/idle/?n={n}")
    base, head = counts(sides, server, paths, few=20, many=120)
    assert head.per_request > base.per_request + 10 * 5_000


def test_what_comes_out_dearer_once_alone_is_not_dearer() -> None:
    """The milder of two counts is the verdict's; both are of the same."""
    dear = InstructionChange("a", "/", 1_000_000, 1_100_000, "regressed")
    same = InstructionChange("a", "/", 1_000_000, 1_001_000, "unchanged")
    assert milder([dear], [same]) == milder([same], [dear]) == (same,)
    assert milder([dear], [dear]) == (dear,)


@pytest.mark.parametrize("words", [("--max-requests=100",), ("--max-requests", "20")])
def test_workers_that_end_while_they_are_counted_are_refused(
    tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another start would be in the count; that of Gunicorn, which 20 requests are enough for."""
    monkeypatch.setattr("harness.checks.instructions.lacking", lambda: None)
    application, server = masked(tmp_path, "gunicorn", SERVER, *words)
    with pytest.raises(
        BenchError, match=r"its workers end after \d+ requests, within the 120 that"
    ):
        counts([application], server, ("/work/",), few=20, many=120)


def test_a_plan_names_one_path_or_a_list() -> None:
    """Either is kept as a list; a path given by hand takes the place of all."""
    chosen, text = read(Path("loadtests/plans/check.toml"))
    assert len(chosen.scenarios[0].instructions) == 2
    assert counting(chosen, "/one/").scenarios[0].instructions == ("/one/",)
    assert counting(chosen, "").scenarios[0].instructions == ()
    before, _, after = text.partition("instructions = [")
    single = f'{before}instructions = "/{{views}}/plain/"\n{after.partition("]")[2]}'
    assert stored(single, "one.toml").scenarios[0].instructions == ("/{views}/plain/",)


@pytest.mark.long
@valgrind
def test_a_path_that_fails_is_named(tmp_path: Path) -> None:
    """An error page costs something else."""
    with pytest.raises(BenchError, match="/gone/ gave status 404; name a path that answers 200"):
        counted(*deployment(tmp_path), "/gone/", few=1, many=2)


@pytest.mark.long
@valgrind
def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """With the end of its log."""
    application, server = deployment(tmp_path)
    (tmp_path / "server.py").write_text("raise SystemExit('no database')")
    with pytest.raises(
        BenchError, match=r"tiny ended with status 1 before it was ready; .*\n.*no data"
    ):
        counted(application, server, "/work/", few=1, many=2)


def masked(folder: Path, name: str, server: str, *words: str) -> tuple[Application, Deployment]:
    """Write a server that is started like one of the table."""
    (folder / name).write_text(server.replace("{work}", "0"))
    command = (sys.executable, name, "{port}", *words)
    return Application(directory=folder), Deployment(
        name="tiny", interface="wsgi", views="sync", command=command
    )


@pytest.mark.long
@valgrind
def test_a_server_of_several_workers_is_counted_with_one(tmp_path: Path) -> None:
    """However its command says so: this one does not start with more, nor without a word."""
    alone = SERVER.replace(
        "signal.signal", "assert sys.argv[1:] == ['--workers=1', sys.argv[2]]\nsignal.signal"
    ).replace("sys.argv[1])", "sys.argv[2])")
    application, server = masked(tmp_path, "gunicorn", alone, "-w", "2")
    assert counted(application, server, "/work/", few=1, many=20) > 0


@pytest.mark.long
@valgrind
def test_a_server_that_crashes_when_it_is_asked_to_end_is_named(tmp_path: Path) -> None:
    """Hypercorn ends with 0; what a crash leaves out would count as saved."""
    crashing = SERVER.replace("sys.exit()", "sys.exit(3)")
    application, server = masked(tmp_path, "hypercorn", crashing)
    with pytest.raises(BenchError, match="tiny under valgrind ended with status 3 when it was"):
        counted(application, server, "/work/", few=1, many=2)


@pytest.mark.long
@valgrind
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
    one, other = counts([application] * 2, server, ("/async/plain/?n={n}",), few=10, many=60)
    assert 100_000 < one.per_request < 20_000_000
    assert other.per_request == pytest.approx(one.per_request, rel=0.02)
    assert other.to_start == pytest.approx(one.to_start, rel=0.01)
