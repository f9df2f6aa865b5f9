"""A server that is started, or why it is not."""

import sys
from pathlib import Path

import psutil
import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application, Deployment
from harness.rig.servers import serve

DAEMON = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
open("pid", "w").write(str(os.getpid()))
time.sleep(60)
"""


def test_a_server_that_goes_into_the_background_is_refused_and_ended(tmp_path: Path) -> None:
    """As with --daemon: what was started has ended, with status 0 and nothing in its log."""
    (tmp_path / "daemon.py").write_text(DAEMON)
    command = (sys.executable, "daemon.py", "{port}")
    deployment = Deployment(name="gunicorn", interface="wsgi", command=command)
    application = Application(directory=tmp_path)
    with (
        pytest.raises(BenchError, match=r"gunicorn went into the background .*leave out --daemon"),
        serve(application, deployment, tmp_path / "log", (0,), {}),
    ):
        pass
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))
