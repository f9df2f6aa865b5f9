"""Serve an application behind nginx: `behind_nginx.py HOST:PORT COMMAND ...`.

COMMAND listens on the Unix socket whose path replaces SOCKET in its words, nginx on the port. By
its own defaults nginx takes a request whole before it passes it on, and an answer as soon as the
application has it. Both processes end together with this one, and their temporary files.

Needs nothing but Python and nginx: it runs by the interpreter of the application.
"""

import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from _together import POLL_S, end_by_sigterm, missing, program, running, status_of_first

CONFIG = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr error;
{user}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_timeout 75s;
    keepalive_requests 1000000;
    client_max_body_size 2m;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream application {{ server unix:{folder}/socket; keepalive 64; }}
    server {{
        listen {address} backlog=16384;
        location / {{
            proxy_pass http://application;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $http_host;
            proxy_read_timeout 120s;
        }}
    }}
}}
"""


def main(argv: list[str]) -> int:
    """Serve until SIGTERM, then return 0; or until either process ends, then its status or 1."""
    if len(argv) < 2:
        print("usage: behind_nginx.py HOST:PORT COMMAND ... SOCKET ...", file=sys.stderr)
        return 2
    address, *command = argv
    nginx = program("nginx")
    if nginx is None:
        return missing("nginx")
    end_by_sigterm()
    with TemporaryDirectory(prefix="nginx-") as folder:
        settings, socket = Path(folder, "nginx.conf"), Path(folder, "socket")
        # As root, nginx would serve as another user, who may not enter the folder.
        user = "user root;" if os.geteuid() == 0 else ""
        settings.write_text(CONFIG.format(folder=folder, address=address, user=user))
        with running([word.replace("SOCKET", str(socket)) for word in command]) as server:
            while server.poll() is None and not socket.exists():
                time.sleep(POLL_S)
            with running([nginx, "-e", "stderr", "-c", str(settings)]) as front:
                return status_of_first((server, front))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
