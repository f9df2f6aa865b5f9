"""The application behind the real servers, each by one command."""

import sys
from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.serving import PROJECT, Server, running

GTHREAD = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind=127.0.0.1:{port}"]
GTHREAD += ["--workers=1", "--worker-class=gthread", "--threads=16", "--keep-alive=75"]
GTHREAD += ["--no-control-socket", "--log-level=warning"]
UVICORN = [sys.executable, "-m", "uvicorn", "--host=127.0.0.1", "--port={port}", "--workers=1"]
UVICORN += ["--loop=uvloop", "--http=httptools", "--lifespan=off", "--timeout-keep-alive=75"]
UVICORN += ["--backlog=2048", "--no-access-log", "--log-level=warning"]
COMMANDS = {
    "gthread": GTHREAD,
    "uvicorn": [*UVICORN, "config.asgi:application"],
    "uvicorn-shared": [*UVICORN, "config.asgi_shared:application"],
}
"""Those that every test of the served application asks."""

ASGI_WORKER = [sys.executable, "-m", "gunicorn", "config.asgi:application", "--workers=1"]
ASGI_WORKER += ["--bind=127.0.0.1:{port}", "--backlog=512", "--no-control-socket"]
ASGI_WORKER += ["--http-parser=python", "--log-level=warning"]
WORKERS = {
    "gunicorn-asgi": [*ASGI_WORKER, "--worker-class=asgi"],
    "gunicorn-asgi-mended": [*ASGI_WORKER, "--worker-class=config.gunicorn_asgi.Worker"],
}


def serve(name: str, folder: Path, upstream: str) -> AbstractContextManager[Server]:
    """Serve the application by a command, with the upstream at a URL behind it."""
    variables = {"UPSTREAM_URL": upstream}
    return running((COMMANDS | WORKERS)[name], folder / f"{name}.log", PROJECT / "app", variables)
