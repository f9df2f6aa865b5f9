"""Access logs and HAR files of real servers and browsers, line by line and entry by entry."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.core.errors import BenchError
from harness.runs.recording import Recording
from harness.runs.recording_formats import access_log, har

AT = "[10/Oct/2025:13:55:36 +0200]"
AT_S = datetime(2025, 10, 10, 11, 55, 36, tzinfo=UTC).timestamp()


def read(*lines: str) -> Recording:
    """Read a log of these lines."""
    return access_log([line + "\n" for line in lines], "access.log")


@pytest.mark.parametrize(
    ("line", "client", "method", "address", "status"),
    [
        (f'1.2.3.4 - - {AT} "GET / HTTP/1.1" 200 12', "1.2.3.4 ", "GET", "/", 200),
        (f'1.2.3.4 - - {AT} "GET / HTTP/1.1" 304 -', "1.2.3.4 ", "GET", "/", 304),
        (f'1.2.3.4 - jo {AT} "GET / HTTP/2.0" 200 12 "-" "M 5"', "1.2.3.4 M 5", "GET", "/", 200),
        (f'1.2.3.4 - Jo Do {AT} "GET / HTTP/1.1" 200 1 "-" "-"', "1.2.3.4 -", "GET", "/", 200),
        (f'::1 - - {AT} "GET /a HTTP/1.1" 200 1 "-" "M" 0.004 .', "::1 M", "GET", "/a", 200),
        (f'2001:db8::7 - - {AT} "GET /a HTTP/1.1" 200 1 0.004', "2001:db8::7 ", "GET", "/a", 200),
        (f'a.org:443 10.0.0.1 - - {AT} "GET / HTTP/1.1" 200 1', "10.0.0.1 ", "GET", "/", 200),
        (
            rf'h - - {AT} "GET / HTTP/1.1" 200 1 "x\"y" "M \"5\" \\"',
            r"h M \"5\" \\",
            "GET",
            "/",
            200,
        ),
        (f'h - - {AT} "GET /old" 200 1', "h ", "GET", "/old", 200),
        (f'h - - {AT} "POST http://a.org/x?b=1 HTTP/1.1" 302 -', "h ", "POST", "/x?b=1", 302),
        (f'h - - {AT} "GET /two words HTTP/1.1" 200 1', "h ", "GET", "/two%20words", 200),
        (rf'h - - {AT} "GET /?q=\"a\" HTTP/1.1" 200 1', "h ", "GET", "/?q=%22a%22", 200),
        (rf'h - - {AT} "GET /?q=\x22\xe9 HTTP/1.1" 200 1', "h ", "GET", "/?q=%22%e9", 200),
        (
            f'h - - {AT} "GET /?q={{x}}%20ü#f HTTP/1.1" 200 1',
            "h ",
            "GET",
            "/?q=%7Bx%7D%20%C3%BC",
            200,
        ),
        (f'\0\0h - - {AT} "GET / HTTP/1.1" 499 0\r', "h ", "GET", "/", 499),
    ],
)
def test_a_line_of_a_log_is_a_visit(
    line: str, client: str, method: str, address: str, status: int
) -> None:
    """Common and combined, of Apache and of nginx, with what sites add and browsers send."""
    (visit,) = read(line).visits
    assert (visit.client, visit.method, visit.address) == (client, method, address)
    assert (visit.at_s, visit.status) == (AT_S, status)


@pytest.mark.parametrize(
    "line",
    [
        f'h - - {AT} "-" 408 0 "-" "-"',
        f'h - - {AT} "" 400 0',
        rf'h - - {AT} "\x16\x03\x01\x02" 400 0 "-" "-"',
        f'h - - {AT} "OPTIONS * HTTP/1.0" 200 0',
        f'h - - {AT} "CONNECT a.org:443 HTTP/1.1" 405 0',
        f'h - - {AT} "GET / HTTP/1.1" - 0',
        f'h - - {AT} "GET / HTTP/1.1" 20',
        f'h - - {AT} "GET / HTT',
        'h - - [yesterday] "GET / HTTP/1.1" 200 1',
        'h - - [10/Foo/2025:13:55:36 +0200] "GET / HTTP/1.1" 200 1',
        '{"remote_addr": "h", "request": "GET / HTTP/1.1"}',
        "Traceback (most recent call last):",
    ],
)
def test_a_line_that_is_no_request_is_counted_as_malformed(line: str) -> None:
    """Cut short, time-outs, TLS on a plain port, scanners, another format; empty lines are none."""
    recording = read(line, "", f'h - - {AT} "GET / HTTP/1.1" 200 1')
    assert (len(recording.visits), recording.malformed) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([], "access.log: the log is empty; name one that has requests"),
        (["", " "], "access.log: the log is empty; name one that has requests"),
        (
            ["\x7fELF\x02", "{"],
            "access.log: none of 2 lines is a request in the common or combined",
        ),
    ],
)
def test_a_file_without_a_request_is_refused(lines: list[str], fault: str) -> None:
    """In one line with the cure."""
    with pytest.raises(BenchError) as caught:
        read(*lines)
    assert str(caught.value).startswith(fault)


@pytest.mark.parametrize(
    ("path", "asset"),
    [
        ("/static/a.css?v=2", True),
        ("/a.JPG", True),
        ("/f/x.woff2", True),
        ("/a.min.js", True),
        ("/", False),
        ("/js/", False),
        ("/a.css/edit", False),
        ("/?file=a.css", False),
        ("/report.pdf", False),
        ("/v1.2", False),
        ("/jss", False),
    ],
)
def test_static_files_of_a_log_are_recognised_by_their_extension(path: str, asset: bool) -> None:
    """Of the path, not of the query."""
    (visit,) = read(f'h - - {AT} "GET {path} HTTP/1.1" 200 1').visits
    assert visit.asset == asset


def entry(url: str, mime: str = "text/html", **changes: Any) -> dict[str, Any]:
    """Build an entry of a HAR as Chrome saves it, with what must never leave it."""
    return {
        "startedDateTime": "2025-10-10T13:55:36.000+02:00",
        "request": {
            "method": "GET",
            "url": url,
            "headers": [{"name": "Authorization", "value": "SECRET"}],
            "cookies": [{"name": "sessionid", "value": "SECRET"}],
            "postData": {"text": "password=SECRET"},
        },
        "response": {"status": 200, "content": {"mimeType": mime, "text": "SECRET"}},
    } | changes


def saved(*entries: Any) -> str:
    """Save entries as a HAR."""
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def test_an_entry_of_a_har_is_a_visit() -> None:
    """Of the one person who was recorded; nothing of headers, cookies or bodies is kept."""
    recording = har(saved(entry("https://a.org/x/?q={y}#part")), "s.har")
    (visit,) = recording.visits
    assert (visit.address, visit.method) == ("/x/?q=%7By%7D", "GET")
    assert (visit.status, visit.at_s) == (200, AT_S)
    assert "SECRET" not in repr(recording)


@pytest.mark.parametrize(
    "started",
    ["2025-10-10T11:55:36.000Z", "2025-10-10T13:55:36.0000000+02:00", "2025-10-10T11:55:36+00:00"],
)
def test_times_of_a_har_are_read_as_browsers_and_proxies_write_them(started: str) -> None:
    """Chrome, Fiddler, Firefox."""
    (visit,) = har(saved(entry("https://a.org/", startedDateTime=started)), "s.har").visits
    assert visit.at_s == AT_S


@pytest.mark.parametrize(
    ("url", "mime", "resource", "asset"),
    [
        ("https://a.org/logo", "image/png", None, True),
        ("https://a.org/app", "application/javascript; charset=utf-8", None, True),
        ("https://a.org/font", "x", "font", True),
        ("https://a.org/a.css", "", None, True),
        ("https://a.org/api/", "application/json", "xhr", False),
        ("https://a.org/a.js", "text/html", "document", False),
        ("https://a.org/api/x.js", "application/json", None, False),
    ],
)
def test_static_files_of_a_har_are_recognised_by_their_kind(
    url: str, mime: str, resource: str | None, asset: bool
) -> None:
    """As the browser classed it, else by type; by extension where there is neither."""
    changes = {} if resource is None else {"_resourceType": resource}
    (visit,) = har(saved(entry(url, mime, **changes)), "s.har").visits
    assert visit.asset == asset


MIXED: tuple[Any, ...] = (
    entry("https://A.org:8443/"),
    entry("https://jo:SECRET@a.org:8443/x"),
    *(entry("https://cdn.org/1.js", "text/javascript") for _ in range(9)),
    entry("wss://chat.org/"),
    entry("data:image/png;base64,AAAA", "image/png"),
    {"request": {}},
    entry("https://a.org/", request={"method": 5, "url": "/"}),
    None,
)


def test_only_the_host_that_sent_most_pages_is_kept() -> None:
    """Files from elsewhere are more, and no pages; they are counted, as is what cannot be read."""
    recording = har(saved(*MIXED), "s.har")
    assert [visit.address for visit in recording.visits] == ["/", "/x"]
    assert (recording.other_hosts, recording.malformed) == (11, 3)


def test_another_host_can_be_named_with_or_without_its_port() -> None:
    """In whatever case."""
    assert len(har(saved(*MIXED), "s.har", "CDN.org").visits) == 9
    assert len(har(saved(*MIXED), "s.har", "a.org").visits) == 2
    assert len(har(saved(*MIXED), "s.har", "a.org:8443").visits) == 2


@pytest.mark.parametrize(
    ("text", "host", "fault"),
    [
        ("", None, "s.har: not JSON (Expecting value"),
        ("1.2.3.4 - -", None, "s.har: not JSON ("),
        ("[]", None, "s.har: JSON without log.entries is no HAR; save one from the network tab"),
        ('{"log": {"entries": 5}}', None, "s.har: JSON without log.entries is no HAR"),
        (saved(), None, "s.har: no request in it can be read; save one"),
        (saved(*MIXED), "b.org", "s.har: no request to b.org; set HOST to one of a.org:8443, "),
    ],
)
def test_a_har_without_requests_of_the_host_is_refused(
    text: str, host: str | None, fault: str
) -> None:
    """In one line with the cure, which names no password."""
    with pytest.raises(BenchError) as caught:
        har(text, "s.har", host)
    assert str(caught.value).startswith(fault)
    assert "\n" not in str(caught.value) and "SECRET" not in str(caught.value)
