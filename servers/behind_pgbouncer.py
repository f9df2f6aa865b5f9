"""Serve an application whose database is behind PgBouncer: `behind_pgbouncer.py POOL COMMAND ...`.

COMMAND finds PgBouncer in DATABASE_URL, PgBouncer the PostgreSQL that was there. It lends one of
POOL connections for each transaction, so that an application may open as many as it likes. Both
processes end together with this one, and their temporary files.

Needs nothing but Python and PgBouncer: it runs by the interpreter of the application.
"""

import os
import pwd
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from _together import POLL_S, end_by_sigterm, missing, program, running, status_of_first

PORT = 6432
UNPRIVILEGED = "nobody"
"""Who it runs as where this script is root: PgBouncer refuses to be."""

# `any` lets whoever reaches the socket in; PostgreSQL itself is asked as the user of the URL.
CONFIG = """\
[databases]
* = {target}
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = {pool}
max_client_conn = 10000
ignore_startup_parameters = extra_float_digits,options
log_connections = 0
log_disconnections = 0
log_stats = 0
"""


def main(argv: list[str]) -> int:
    """Serve until SIGTERM, then return 0; or until either process ends, then its status or 1."""
    if len(argv) < 2 or not argv[0].isdecimal() or not int(argv[0]):
        print("usage: behind_pgbouncer.py POOL COMMAND ...", file=sys.stderr)
        return 2
    pool, *command = argv
    url = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not url.scheme.startswith("postgres"):
        print("no PostgreSQL in DATABASE_URL: add [database] to the plan", file=sys.stderr)
        return 2
    pgbouncer = program("pgbouncer")
    if pgbouncer is None:
        return missing("pgbouncer")
    end_by_sigterm()
    # Not the user's own: the path of a socket has to be short, and others have to get there.
    with TemporaryDirectory(prefix="pgbouncer-", dir="/tmp") as folder:
        settings = _settings(url, Path(folder), int(pool))
        with running([pgbouncer, "--quiet", *_as_whom(Path(folder)), str(settings)]) as bouncer:
            while bouncer.poll() is None and not Path(folder, f".s.PGSQL.{PORT}").exists():
                time.sleep(POLL_S)
            os.environ["DATABASE_URL"] = _address(url, folder)
            with running(command) as server:
                return status_of_first((server, bouncer))


def _settings(url: SplitResult, folder: Path, pool: int) -> Path:
    """Write the configuration, which PgBouncer alone has to read; return where."""
    values = {
        "dbname": _database(url),
        "host": dict(parse_qsl(url.query)).get("host") or url.hostname,
        "port": url.port,
        "user": unquote(url.username or "postgres"),
        "password": unquote(url.password or ""),
    }
    words = {name: str(value).replace("'", "''") for name, value in values.items() if value}
    target = " ".join(f"{name}='{word}'" for name, word in words.items())
    path = folder / "pgbouncer.ini"
    path.touch(mode=0o600)
    path.write_text(CONFIG.format(target=target, port=PORT, folder=folder, pool=pool))
    return path


def _as_whom(folder: Path) -> list[str]:
    """Return the options that name as whom it runs, none unless this is root; folder is theirs."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(UNPRIVILEGED)
    for place in (folder, *folder.iterdir()):
        os.chown(place, user.pw_uid, user.pw_gid)
    return [f"--user={UNPRIVILEGED}"]


def _address(url: SplitResult, folder: str) -> str:
    """Return the URL by which the application finds PgBouncer."""
    user = quote(unquote(url.username or "postgres"), safe="")
    return f"postgresql://{user}@/{quote(_database(url), safe='')}?host={folder}&port={PORT}"


def _database(url: SplitResult) -> str:
    return unquote(url.path.lstrip("/"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
