"""A server behind nginx: how the two are joined, and that they end together; nginx is a script."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SCRIPT = Path("servers/behind_nginx.py").resolve()
NGINX = '#!/bin/sh\ncp "$4" "$TMPDIR/settings"\nexec sleep 60\n'


@contextmanager
def behind(folder: Path, command: str) -> Iterator["subprocess.Popen[str]"]:
    """Serve a shell command behind a program that keeps a copy of its settings and sleeps."""
    nginx = folder / "nginx"
    nginx.write_text(NGINX)
    nginx.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, str(SCRIPT), "127.0.0.1:8123", "/bin/sh", "-c", command],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "TMPDIR": str(folder)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def wait_for(path: Path) -> str:
    """Return the text of a file once it is there."""
    deadline = time.monotonic() + 10
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)
    return path.read_text()


def group_runs(pid: int) -> bool:
    """Hold while any process of a group is left."""
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_nginx_listens_where_clients_ask_and_passes_on_to_the_servers_socket(
    tmp_path: Path,
) -> None:
    """Both get the same path; SIGTERM ends them, and leaves no file and no process."""
    with behind(tmp_path, "echo SOCKET | tee SOCKET > $TMPDIR/socket; exec sleep 60") as process:
        socket = wait_for(tmp_path / "socket").strip()
        settings = wait_for(tmp_path / "settings")
        assert "listen 127.0.0.1:8123 backlog=" in settings
        assert f"server unix:{socket};" in settings
        process.terminate()
        assert process.wait(5) == 0
        assert not group_runs(process.pid)
    assert not list(tmp_path.glob("nginx-*"))


def test_where_the_server_ends_nginx_does_too(tmp_path: Path) -> None:
    """With its status; 0 would not be noticed."""
    with behind(tmp_path, "exit 3") as process:
        assert process.wait(5) == 3
        assert not group_runs(process.pid)
    with behind(tmp_path, "exit 0") as process:
        assert process.wait(5) == 1


@pytest.mark.skipif(bool(shutil.which("nginx", path="/usr/sbin")), reason="nginx is installed")
def test_without_nginx_there_is_one_line_with_the_cure(tmp_path: Path) -> None:
    """Nothing has started."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "127.0.0.1:8123", "true"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "no program nginx here: install it (Debian's package nginx)\n"
