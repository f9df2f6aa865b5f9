"""`make serve`: one deployment of a plan, by hand."""

import signal
import socket
import subprocess
import sys

import urllib3

from tests.support import verbs
from tests.support.bench import CALL, GUNICORN, UVICORN, WAIT, Bench, plan
from tests.support.patience import PATIENCE_S
from tests.support.plans import anywhere


def test_serving_by_hand_answers_until_it_is_stopped(bench: Bench) -> None:
    """`make serve DEPLOYMENT=uvicorn`, with the plan's upstream."""
    bench.plan.write_text(anywhere(plan("\n[upstream]\n", UVICORN, CALL)))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "scripts/serve.py", "uvicorn", f"--plan={bench.plan}"]
    with subprocess.Popen(
        [*command, f"--port={port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == f"uvicorn serves at http://127.0.0.1:{port} until Ctrl-C\n"
        answer = urllib3.request(
            "GET", f"http://127.0.0.1:{port}/async/call/?ms=10", timeout=PATIENCE_S
        )
        assert answer.json() == {"workload": "call", "ms": 10}
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, errors) == (0, "")


def test_serving_on_a_port_that_is_taken_is_refused(bench: Bench) -> None:
    """One line, and nothing is started."""
    bench.plan.write_text(anywhere(plan(UVICORN, WAIT)))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = verbs.call("serve", "uvicorn", f"--plan={bench.plan}", f"--port={port}")
    message = f"cannot listen on 127.0.0.1:{port} (Address already in use)"
    assert ended == (2, "", f"error: {message}; name another port or none\n")


def test_serving_a_deployment_that_is_not_in_the_plan_names_those_that_are(bench: Bench) -> None:
    """One line."""
    bench.plan.write_text(anywhere(plan(UVICORN, GUNICORN, WAIT)))
    status, _, errors = verbs.call("serve", "unicorn", f"--plan={bench.plan}")
    assert status == 2
    assert errors.endswith("no deployment unicorn; set DEPLOYMENT to one of uvicorn, gunicorn\n")
