"""Ask a server once, as the harness does before anything is measured."""

import gzip
import http.client
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

ASK_S = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; status 0 where it did not, for the reason that is its `failure`.

    The names of headers are in lower case. The body is decompressed. `raised` is what the view
    raised for it, empty where that is not noted.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    failure: str = ""
    raised: str = ""

    @property
    def text(self) -> str:
        """Return in words what it was."""
        if not self.status:
            return f"no answer ({self.failure})"
        location = self.headers.get("location")
        return f"status {self.status}" + (f" to {location}" if location else "")


def ask(
    host: str,
    port: int,
    path: str,
    headers: Mapping[str, str],
    method: str = "GET",
    body: bytes | None = None,
    timeout_s: float = ASK_S,
    encrypted: bool = False,
) -> Answer:
    """Return the answer to one request on a connection of its own; redirects are not followed.

    Where it is `encrypted` the certificate is not verified: nobody has signed it.
    """
    connection = _connection(host, port, timeout_s, encrypted)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, _plain(answer))
    except (OSError, EOFError, zlib.error, http.client.HTTPException) as error:
        return Answer(0, failure=type(error).__name__)
    finally:
        connection.close()


def _connection(
    host: str, port: int, timeout_s: float, encrypted: bool
) -> http.client.HTTPConnection:
    if not encrypted:
        return http.client.HTTPConnection(host, port, timeout=timeout_s)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=context)


def _plain(answer: http.client.HTTPResponse) -> bytes:
    """Return the body of an answer as it was before it was compressed, where it was (gzip)."""
    body = answer.read()
    return gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
