"""The formats of recordings: access logs of Apache and nginx, and HAR 1.2 of a browser. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from harness.core.errors import BenchError
from harness.runs.recording import Recording, Visit

# https://httpd.apache.org/docs/current/logs.html#accesslog, and nginx's `combined`. The host at the
# start of Apache's vhost_combined is skipped, and so is whatever a site logs after the agent.
LINE = re.compile(
    r"(?:[^\s:]+:\d+ )?(?P<client>\S+) \S+ .*?\[(?P<time>[^\]]+)\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}) (?:\d+|-)'
    r'(?: "(?:[^"\\]|\\.)*" "(?P<agent>(?:[^"\\]|\\.)*)")?(?:\s|$)'
)
METHOD = re.compile("[A-Z]+")
REQUEST = re.compile(
    rf"(?P<method>{METHOD.pattern}) (?:https?://[^/]+)?(?P<address>/.*?)(?: HTTP/\d(?:\.\d)?)?"
)
ESCAPES = re.compile(r'\\(?:x([0-9A-Fa-f]{2})|(["\\]))')

ASSET_FILES = re.compile(
    r"\.(?:avif|bmp|css|eot|gif|ico|jpe?g|js|map|mjs|mp3|mp4|otf|png|svg|ttf|webm|webp|woff2?)",
    re.IGNORECASE,
)
"""Extensions of static files."""

ASSET_RESOURCES = {"stylesheet", "script", "image", "font", "media", "texttrack", "manifest"}
"""What Chrome calls them in `_resourceType`, which is not in HAR 1.2."""

ASSET_TYPES = re.compile(
    r"(?:image|font|audio|video)/|text/css|(?:text|application)/(?:x-)?javascript|application/font"
)

# What RFC 3986 allows in a path with a query, and `%`, since addresses are encoded already.
ADDRESS_SAFE = "%/?:@!$&'()*+,;=~"

EXPORT = "save one from the network tab of the browser's tools, as HAR"


def access_log(lines: Iterable[str], source: str) -> Recording:
    """Return the requests in a log of the common or combined format.

    `source` names the log in errors. Raise BenchError where no line is of either format.
    """
    visits = []
    malformed = 0
    for line in lines:
        # Logs that were truncated while they were written have runs of NUL.
        visit = _parse_line(line.strip("\0\r\n "))
        if visit is not None:
            visits.append(visit)
        elif line.strip():
            malformed += 1
    if not visits and not malformed:
        raise BenchError(f"{source}: the log is empty; name one that has requests")
    if not visits:
        raise BenchError(
            f"{source}: none of {malformed} lines is a request in the common or combined log "
            "format; name such a log, or what a browser recorded as HAR=FILE"
        )
    return Recording(tuple(visits), malformed)


def _parse_line(line: str) -> Visit | None:
    """Return the request in one line of a log; None where it is none, or has no path."""
    fields = LINE.match(line)
    if fields is None:
        return None
    request = REQUEST.fullmatch(fields["request"])
    at_s = _seconds(fields["time"])
    if request is None or at_s is None:
        return None
    address = _address(request["address"])
    return Visit(
        client=intern(f"{fields['client']} {fields['agent'] or ''}"),
        at_s=at_s,
        method=request["method"],
        address=address,
        status=int(fields["status"]),
        asset=_is_static(address),
    )


@lru_cache(maxsize=16)  # many lines of a second
def _seconds(text: str) -> float | None:
    """Return a time in a log, in seconds since the epoch; None where it is none."""
    try:
        return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z").timestamp()
    except ValueError:
        return None


@lru_cache(maxsize=2**16)  # which also keeps one copy of an address, not one for each line
def _address(text: str) -> str:
    """Return the address in a log, without the server's escapes, encoded."""
    return _encode(ESCAPES.sub(_percent_escape, text))


def _percent_escape(escape: re.Match[str]) -> str:
    return f"%{escape[1]}" if escape[1] else quote(escape[2])


def _encode(address: str) -> str:
    """Return an address, encoded; its braces above all, which a plan would fill."""
    return quote(address.partition("#")[0], safe=ADDRESS_SAFE)


def _is_static(address: str) -> bool:
    """Return whether the address is of a static file, by its extension."""
    path = address.partition("?")[0]
    return ASSET_FILES.fullmatch(path[path.rfind(".") :]) is not None


def har(text: str, source: str, host: str | None = None) -> Recording:
    """Return what a browser recorded of one host, by default of that which sent most pages.

    `source` names the file in errors. Raise BenchError where it is no HAR, or has nothing of the
    host.
    """
    entries = _entries(text, source)
    exchanges = [exchange for each in entries if (exchange := _exchange(each))]
    hosts = _hosts(exchanges)
    if not hosts:
        raise BenchError(f"{source}: no request in it can be read; {EXPORT}")
    site = host.lower() if host else hosts[0]
    visits = tuple(each.visit for each in exchanges if site in (each.host, each.hostname))
    if not visits:
        raise BenchError(
            f"{source}: no request to {site}; set HOST to one of {', '.join(hosts[:5])}"
        )
    return Recording(visits, len(entries) - len(exchanges), len(exchanges) - len(visits))


def _entries(text: str, source: str) -> list[Any]:
    """Return the entries of a HAR; raise BenchError where it is none."""
    try:
        entries = json.loads(text)["log"]["entries"]
    except ValueError as error:
        raise BenchError(f"{source}: not JSON ({error}), so no HAR; {EXPORT}") from None
    except (KeyError, TypeError, IndexError):
        entries = None
    if not isinstance(entries, list):
        raise BenchError(f"{source}: JSON without log.entries is no HAR; {EXPORT}")
    return entries


@dataclass(frozen=True, slots=True)
class Exchange:
    """One entry of a HAR: its host, with and without port, its request, whether it is a page."""

    host: str
    hostname: str
    visit: Visit
    page: bool


def _exchange(entry: Any) -> Exchange | None:
    """Return one entry; None where something is missing or odd that HAR 1.2 requires."""
    try:
        url = urlsplit(entry["request"]["url"])
        kind = str(entry["response"].get("content", {}).get("mimeType", "")).lower()
        visit = _visit(entry, url, kind)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    host = url.netloc.rpartition("@")[2].lower()  # what is before the @ is a password
    return Exchange(host, url.hostname or "", visit, page=kind.startswith("text/html"))


def _visit(entry: Any, url: SplitResult, kind: str) -> Visit:
    """Return the visit of an entry whose answer is of a kind of media; raise where it has none."""
    address = _encode((url.path or "/") + (f"?{url.query}" if url.query else ""))
    method = entry["request"]["method"]
    if not METHOD.fullmatch(method):
        raise ValueError(method)
    return Visit(
        client="",
        at_s=datetime.fromisoformat(entry["startedDateTime"]).timestamp(),
        method=method,
        address=address,
        status=int(entry["response"]["status"]),
        asset=_is_static_kind(entry.get("_resourceType"), kind, address),
    )


def _is_static_kind(resource: str | None, kind: str, address: str) -> bool:
    """Return whether a file is static, as Chrome classed it, else by its type or extension."""
    if resource is not None:
        return resource in ASSET_RESOURCES
    return ASSET_TYPES.match(kind) is not None or (not kind and _is_static(address))


def _hosts(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the hosts, that with most pages first: trackers and file stores send none."""
    pages = Counter({each.host: 0 for each in exchanges if each.host})
    pages.update(each.host for each in exchanges if each.host and each.page)
    requests = Counter(each.host for each in exchanges if each.host)
    return sorted(pages, key=lambda host: (-pages[host], -requests[host], host))
