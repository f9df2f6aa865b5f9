"""`make scenario`: what it writes is a scenario of a plan; what it cannot read is one line."""

import gzip
import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.core.plan import Scenario
from harness.core.plan_file import parse
from tests.support import verbs
from tests.support.bench import GUNICORN, plan
from tests.support.patience import PATIENCE_S

LOG = """\
10.1.1.1 - - [10/Oct/2025:13:55:30 +0200] "GET / HTTP/1.1" 200 99 "-" "SECRET"
10.1.1.1 - SECRET [10/Oct/2025:13:55:40 +0200] "GET /a/?q=\\x22{x} HTTP/1.1" 304 - "-" "SECRET"
10.1.1.1 - - [10/Oct/2025:13:55:40 +0200] "GET /a.css HTTP/1.1" 200 9 "-" "SECRET"
10.1.1.2 - - [10/Oct/2025:13:55:40 +0200] "GET / HTTP/1.1" 200 99 "-" "SECRET"
10.1.1.2 - - [10/Oct/2025:13:56:00 +0200] "POST /cart/?token=SECRET HTTP/1.1" 302 - "-" "-"
10.1.1.2 - - [10/Oct/2025:13:56:00 +0200] "POST /cart/ HTTP/1.1" 302 - "-" "-"
10.1.1.2 - - [10/Oct/2025:13:56:00 +0200] "GET /none HTTP/1.1" 404 - "-" "-"
cut sho"""

HAR = json.dumps(
    {
        "log": {
            "entries": [
                {
                    "startedDateTime": f"2025-10-10T13:55:{second}.000Z",
                    "request": {"method": method, "url": f"https://a.org{path}"},
                    "response": {"status": 200, "content": {"mimeType": "text/html"}},
                }
                for second, method, path in (
                    *(("10", "GET", "/"), ("13", "GET", "/b/"), ("20", "POST", "/b/")),
                )
            ]
        }
    }
)


def run(*words: str | Path) -> tuple[int, str, str]:
    """Run scripts/scenario.py; return status, output and errors."""
    return verbs.call("scenario", *map(str, words))


def scenario(fragment: str, folder: Path = Path()) -> Scenario:
    """Read a fragment as the scenario of a plan in a folder."""
    (only,) = parse(plan(GUNICORN, fragment), "own.toml", folder).scenarios
    return only


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Write the log."""
    path = tmp_path / "access.log"
    path.write_text(LOG)
    return path


def test_a_log_gives_a_scenario_of_a_plan(log: Path) -> None:
    """Two requests to /, one to /a/ after 10 s; nothing of who it was, nor what was sent."""
    status, output, errors = run("--log", log)
    assert (status, errors) == (0, "")
    recorded = scenario(output)
    assert [(path.path, path.weight, path.status, path.name) for path in recorded.paths] == [
        *(("/", 2, 200, None), ("/a/?q=%22%7Bx%7D", 1, 200, "/a/")),
    ]
    assert recorded.think_ms == 10_000
    assert "SECRET" not in output and "10.1.1" not in output
    for remark in (
        "# From access.log: 3 requests by 2 clients in 2 sessions.",
        "# The paths are 2 of 2 addresses and 100% of these requests",
        "# Left out, static files: 1 (ASSETS=1 keeps them)",
        "# Left out, credential in the address: 1",
        "# Left out, answered 404: 1",
        "# Left out, malformed: 1",
        "# Left out, POST: 1 (METHODS=GET,POST keeps them)",
        "# Left out, POST /cart/: 1 request",
    ):
        assert remark in output


def test_a_packed_log_gives_the_same(log: Path, tmp_path: Path) -> None:
    """As log rotation leaves it, whatever its name."""
    packed = tmp_path / "packed" / "access.log"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(LOG.encode()))
    assert run("--log", packed) == run("--log", log)


def test_a_har_gives_a_scenario_in_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    """Gaps of 3 and 7 s; a second time the file is in the way."""
    (tmp_path / "session.har").write_text(HAR)
    out = tmp_path / "recorded.toml"
    words = ("--har", tmp_path / "session.har", "--methods=get,POST", "--out", out)
    status, output, _ = run(*words)
    assert status == 0 and str(out) in output
    recorded = scenario(out.read_text())
    assert [(path.method, path.path) for path in recorded.paths] == [
        *(("GET", "/b/"), ("POST", "/b/"), ("GET", "/")),
    ]
    assert recorded.think_ms == 5_000
    assert "Bodies are never copied" in out.read_text()
    status, _, errors = run(*words)
    assert status == 2
    assert errors == f"error: {out}: is there already; remove it or name another file\n"


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ([], "name one recording: make scenario LOG=access.log or HAR=session.har"),
        (["--log=access.log", "--har=x.har"], "name one recording"),
        (["--log=none.log"], "none.log: cannot be read (No such file or directory); name a log"),
        (["--log=."], ": cannot be read (Is a directory); name a log or a HAR"),
        (["--log=empty.log"], "empty.log: the log is empty; name one that has requests"),
        (["--log=binary.log"], "binary.log: none of 1 lines is a request in the common or"),
        (["--log=cut.gz"], "cut.gz: cannot be read (the gzip is damaged); name a log or a HAR"),
        (["--log=posts.log"], "no request is left to make paths of: POST: 1 (METHODS=GET,POST"),
        (["--har=access.log"], "access.log: not JSON (Extra data"),
        (["--har=x.har", "--host=b.org"], "x.har: no request to b.org; set HOST to one of a.org"),
        (["--log=access.log", "--top=0"], "name a number of addresses above 0, not 0"),
        (["--log=access.log", "--methods=GTE"], "name methods such as GET,POST, not GTE"),
        (["--log=access.log", "--out=no/x.toml"], "x.toml: cannot be written (No such file or"),
    ],
)
def test_what_cannot_be_read_or_written_is_one_line_with_the_cure(
    log: Path, words: Sequence[str], fault: str
) -> None:
    """And status 2."""
    folder = log.parent
    (folder / "x.har").write_text(HAR)
    (folder / "empty.log").write_text("\n")
    (folder / "binary.log").write_bytes(bytes(range(14, 256)))
    (folder / "cut.gz").write_bytes(gzip.compress(LOG.encode())[:-9])
    (folder / "posts.log").write_text(next(x for x in LOG.splitlines() if "/cart/ " in x))
    placed = [re.sub(r"^--(log|har|out)=", rf"--\1={folder}/", word) for word in words]
    status, output, errors = run(*placed)
    assert (status, output) == (2, "")
    assert errors.startswith("error: ") and errors.count("\n") == 1
    assert fault in errors


def test_the_examples_of_the_documentation_work(log: Path) -> None:
    """The scenario can be carried out; both recordings are read, by make."""
    section = (
        Path("docs/own-app.md").read_text().split("## No locustfile needed\n")[1].split("\n## ")[0]
    )
    (log.parent / "app").mkdir()
    (log.parent / "words.txt").write_text("one\n")
    (fragment,) = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    assert [path.weight for path in scenario(fragment, log.parent).paths] == [1, 1, 3, 1, 1]
    (log.parent / "session.har").write_text(HAR)
    commands = re.findall(r"^make scenario .*", section, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        here = re.sub(r"(LOG|HAR|OUT)=", rf"\1={log.parent}/", command)
        done = subprocess.run(here.split(), capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == 0, done.stderr
    assert scenario((log.parent / "recorded.toml").read_text()).paths
