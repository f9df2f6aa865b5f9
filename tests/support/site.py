"""A small real site for tests: pages, a redirect, a cookie, and what each request brought."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.background import serving


@dataclass(frozen=True)
class Asked:
    """One request as the site got it."""

    method: str
    path: str
    cookie: str | None
    token: str | None
    body: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


class Site(ThreadingHTTPServer):
    """Answers by the first part of the path; keeps every request in `asked`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Page)
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        """The address to ask."""
        return f"http://127.0.0.1:{self.server_port}"


class Page(BaseHTTPRequestHandler):
    """`/old` redirects to `/new`, `/away` elsewhere, `/gone` is 404, a POST is 201, else 200."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        """Answer, with a cookie that `/new` would like to see again."""
        self._keep()
        match self.path.partition("?")[0]:
            case "/old":
                self._answer(302, Location="/new", **{"Set-Cookie": "seen=old"})
            case "/away":
                self._answer(302, Location="http://127.0.0.2:9/")
            case "/gone":
                self._answer(404)
            case _:
                self._answer(200)

    def do_POST(self) -> None:
        """Take the body and say that something was made of it."""
        self._keep()
        self._answer(201)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _keep(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        cookie, token = self.headers.get("Cookie"), self.headers.get("X-Token")
        headers = dict(self.headers.items())
        asked = Asked(self.command, self.path, cookie, token, body.decode(), headers)
        self.server.asked.append(asked)

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": "2"}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"ok")


@contextmanager
def site() -> Iterator[Site]:
    """Serve on a free port from a thread of its own until the context ends."""
    with Site() as server, serving(server):
        yield server
