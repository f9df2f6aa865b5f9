"""A server behind nginx: how the two are joined, and that they end together; nginx is a script."""

import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.behind import Serving, behind, group_runs, wait_for
from tests.support.patience import PATIENCE_S

KEEP_SETTINGS = 'cp "$4" "$TMPDIR/settings"'


def behind_nginx(folder: Path, command: str) -> AbstractContextManager[Serving]:
    """Serve a shell command behind a program that keeps a copy of its settings and sleeps."""
    words = ("127.0.0.1:8123", "/bin/sh", "-c", command)
    return behind(folder, "behind_nginx.py", words, KEEP_SETTINGS)


def test_nginx_listens_where_clients_ask_and_passes_on_to_the_servers_socket(
    tmp_path: Path,
) -> None:
    """Both get the same path; SIGTERM ends them, and leaves no file and no process."""
    command = "echo SOCKET | tee SOCKET > $TMPDIR/socket; exec sleep 60"
    with behind_nginx(tmp_path, command) as process:
        socket = wait_for(tmp_path / "socket").strip()
        settings = wait_for(tmp_path / "settings")
        assert "listen 127.0.0.1:8123 backlog=" in settings
        assert f"server unix:{socket};" in settings
        process.terminate()
        assert process.wait(PATIENCE_S) == 0
        assert not group_runs(process.pid)
    assert not list(tmp_path.glob("nginx-*"))


def test_where_the_server_ends_nginx_does_too(tmp_path: Path) -> None:
    """With its status; 0 would not be noticed."""
    with behind_nginx(tmp_path, "exit 3") as process:
        assert process.wait(PATIENCE_S) == 3
        assert not group_runs(process.pid)
    with behind_nginx(tmp_path, "exit 0") as process:
        assert process.wait(PATIENCE_S) == 1


@pytest.mark.skipif(bool(shutil.which("nginx", path="/usr/sbin")), reason="nginx is installed")
def test_without_nginx_there_is_one_line_with_the_cure(tmp_path: Path) -> None:
    """Nothing has started."""
    words = ("127.0.0.1:8123", "true")
    with behind(tmp_path, "behind_nginx.py", words) as process:
        assert process.communicate() == (
            "",
            "no program nginx here: install it (Debian's package nginx)\n",
        )
        assert process.returncode == 2
