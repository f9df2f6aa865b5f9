"""What servers do by themselves shows in their answers and logs, by which the report names it.

Workers that end after so many requests, and answers beyond --limit-concurrency, are in
tests/end_to_end/test_own_application.py.
"""

from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from harness.core import plan_file
from harness.core.errors import BenchError
from harness.core.plan import Deployment
from harness.host import packages
from harness.measure import failures
from harness.rig.servers import serve
from tests.support import server_behaviour as behaviour
from tests.support.patience import PATIENCE_S

PLAN, _ = plan_file.read(Path("loadtests/plans/servers.toml"))
SERVERS = {deployment.name: deployment for deployment in PLAN.deployments}


def server(name: str, **settings: str) -> Deployment:
    """Return a server of the plan, with other values of some flags; skip where it is missing."""
    deployment = SERVERS[name]
    try:
        packages.check(PLAN.application, [deployment])
    except BenchError as error:
        pytest.skip(str(error))
    flags = {f"--{flag.replace('_', '-')}": value for flag, value in settings.items()}
    rest = tuple(word for word in deployment.command if word.partition("=")[0] not in flags)
    changed = tuple(f"{flag}={value}" for flag, value in flags.items())
    return deployment.model_copy(update={"command": (*rest, *changed)})


@pytest.mark.long
def test_hypercorn_ends_a_connection_by_its_thousandth_answer(tmp_path: Path) -> None:
    """And says so in it, which the request log keeps."""
    hypercorn = server("hypercorn")
    with serve(PLAN.application, hypercorn, tmp_path / "server.log", (0,), {}) as serving:
        assert behaviour.answers_of_a_connection(serving, "/async/plain/", most=1200) == 1000


@pytest.mark.long
def test_gunicorn_logs_the_worker_that_it_kills_at_its_time_out(tmp_path: Path) -> None:
    """The request is lost with it; after 1 s here, after 30 unless told otherwise."""
    log = tmp_path / "server.log"
    impatient = server("gunicorn-sync", timeout="1", workers="1")
    with serve(PLAN.application, impatient, log, (0,), {}) as serving:
        client = HTTPConnection(serving.host, serving.port, timeout=PATIENCE_S)
        client.request("GET", "/sync/wait/?ms=5000")
        with suppress(OSError, HTTPException):
            assert client.getresponse().status == 500
    texts = [each.text for each in failures.of_log(log.read_text())]
    assert any(text.startswith("WORKER TIMEOUT (pid:") for text in texts)


@pytest.mark.long
def test_granian_lets_connections_wait_beyond_its_backpressure(tmp_path: Path) -> None:
    """It refuses none: the kernel holds them. One that is idle ends with the time for headers."""
    limited = server("granian-asgi", backpressure="2", http1_header_read_timeout="500")
    with serve(PLAN.application, limited, tmp_path / "server.log", (0,), {}) as serving:
        wait = f"/async/wait/?ms={behaviour.WAIT_S * 1000:g}"
        assert behaviour.beyond_slots(serving, wait) == "wait in the listen queue"
        assert behaviour.keeps_for(serving, "/async/plain/", idle_s=0.1)
        assert not behaviour.keeps_for(serving, "/async/plain/", idle_s=1)
