"""The workloads as async views: the twin of views_sync.py, line for line."""

import asyncio
from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from workloads import accounts
from workloads.answers import answer, encode, no_database
from workloads.computing import use_cpu
from workloads.downloads import download as download_body
from workloads.fanout import afetch_each
from workloads.parameters import (
    body_length,
    book,
    calls,
    compute_ms,
    cpu_ms,
    download_size,
    event_count,
    first_book,
    period_ms,
    query_ms,
    rows,
    slow_queries,
    wait_ms,
    way,
)
from workloads.queries_async import FAILURES, afetch_books, afetch_slowly, afetch_title, asell
from workloads.signals import asend
from workloads.streams import event, stream, until_news_s
from workloads.timing import Timing
from workloads.upstream import UpstreamError, afetch

PLAIN = encode({"workload": "plain"})


@require_safe
async def plain(request: HttpRequest) -> HttpResponse:
    """Answer at once: what the server and Django cost by themselves."""
    timing = Timing()
    return answer(PLAIN, timing)


@require_safe
async def wait(request: HttpRequest) -> HttpResponse:
    """Answer after `?ms=` milliseconds of waiting in this process."""
    timing = Timing()
    ms = wait_ms(request)
    with timing.waiting():
        await asyncio.sleep(ms / 1000)
    return answer(encode({"workload": "wait", "ms": ms}), timing)


@require_safe
async def call(request: HttpRequest) -> HttpResponse:
    """Answer after one call to the upstream, which takes about `?ms=` milliseconds."""
    timing = Timing()
    ms = wait_ms(request)
    try:
        with timing.waiting():
            await afetch(ms)
    except UpstreamError as error:
        return answer(encode({"error": str(error)}), timing, status=502)
    return answer(encode({"workload": "call", "ms": ms}), timing)


@require_safe
async def compute(request: HttpRequest) -> HttpResponse:
    """Answer after `?ms=` milliseconds of CPU time, in which the view gives way to nothing."""
    timing = Timing()
    ms = compute_ms(request)
    use_cpu(ms)
    return answer(encode({"workload": "compute", "ms": ms}), timing)


@require_safe
async def blend(request: HttpRequest) -> HttpResponse:
    """Answer after `?ms=` milliseconds of waiting, then `?cpu_ms=` of CPU time."""
    timing = Timing()
    ms = wait_ms(request)
    cpu = cpu_ms(request)
    with timing.waiting():
        await asyncio.sleep(ms / 1000)
    use_cpu(cpu)
    return answer(encode({"workload": "blend", "ms": ms, "cpu_ms": cpu}), timing)


@require_safe
async def fanout(request: HttpRequest) -> HttpResponse:
    """Answer after `?n=` calls to the upstream, each of about `?ms=`, made in a `?way=`."""
    timing = Timing()
    n = calls(request)
    ms = wait_ms(request)
    how = way(request)
    try:
        with timing.waiting():
            await afetch_each(how, n, ms)
    except UpstreamError as error:
        return answer(encode({"error": str(error)}), timing, status=502)
    return answer(encode({"workload": "fanout", "n": n, "ms": ms, "way": how}), timing)


@csrf_exempt
@require_POST
async def upload(request: HttpRequest) -> HttpResponse:
    """Answer how many bytes came in the body."""
    timing = Timing()
    return answer(encode({"workload": "upload", "bytes": body_length(request)}), timing)


@require_safe
async def download(request: HttpRequest) -> HttpResponse:
    """Answer with `?size=` characters, which may take the client long to read."""
    timing = Timing()
    return answer(download_body(download_size(request)), timing)


@require_safe
async def poll(request: HttpRequest) -> HttpResponse:
    """Answer when there is news, as a long poll does: every `?ms=` milliseconds, to all at once."""
    timing = Timing()
    ms = period_ms(request)
    with timing.waiting():
        await asyncio.sleep(until_news_s(ms))
    return answer(encode({"workload": "poll", "ms": ms}), timing)


@require_GET
async def events(request: HttpRequest) -> StreamingHttpResponse:
    """Stream `?n=` server-sent events, the first at once, then one every `?ms=` milliseconds."""
    timing = Timing()
    n = event_count(request)
    ms = wait_ms(request)
    return stream(_events(n, ms), timing)


async def _events(n: int, ms: float) -> AsyncIterator[bytes]:
    """Yield the events, each when it happens."""
    yield event(0)
    for number in range(1, n):
        await asyncio.sleep(ms / 1000)
        yield event(number)


@require_safe
async def row(request: HttpRequest) -> HttpResponse:
    """Answer with the title of the book `?id=`: one row by its key."""
    timing = Timing()
    number = book(request)
    try:
        with timing.waiting():
            title = await afetch_title(number)
    except FAILURES as error:
        return no_database(error, timing)
    return answer(encode({"workload": "row", "id": number, "title": title}), timing)


@require_safe
async def list_books(request: HttpRequest) -> HttpResponse:
    """Answer with `?n=` books from number `?first=` on, each with its author: one query."""
    timing = Timing()
    first = first_book(request)
    n = rows(request)
    try:
        with timing.waiting():
            books = await afetch_books(first, n)
    except FAILURES as error:
        return no_database(error, timing)
    return answer(encode({"workload": "list", "first": first, "books": books}), timing)


@csrf_exempt
@require_POST
async def write(request: HttpRequest) -> HttpResponse:
    """Sell the book `?id=`: two statements in one transaction."""
    timing = Timing()
    number = book(request)
    try:
        with timing.waiting():
            await asell(number)
    except FAILURES as error:
        return no_database(error, timing)
    return answer(encode({"workload": "write", "id": number}), timing)


@require_safe
async def slow(request: HttpRequest) -> HttpResponse:
    """Answer after `?n=` queries of `?ms=` each, at once where the ORM can."""
    timing = Timing()
    n = slow_queries(request)
    ms = query_ms(request)
    try:
        with timing.waiting():
            await afetch_slowly(n, ms)
    except FAILURES as error:
        return no_database(error, timing)
    return answer(encode({"workload": "slow", "n": n, "ms": ms}), timing)


@require_safe
async def notify(request: HttpRequest) -> HttpResponse:
    """Answer which receivers a signal has had: one of either kind."""
    timing = Timing()
    with timing.waiting():
        receivers = await asend()
    return answer(encode({"workload": "notify", "receivers": receivers}), timing)


@require_http_methods(["GET", "POST"])
async def log_in(request: HttpRequest) -> HttpResponse:
    """Show a form, or log in by what it sends: whoever is let in is sent to the account."""
    timing = Timing()
    if not accounts.has_sessions(request):
        return accounts.no_sessions(timing)
    if request.method == "GET":
        return accounts.form(request)
    try:
        with timing.waiting():
            is_right = await accounts.aopen_session(request)
    except FAILURES as error:
        return no_database(error, timing)
    return accounts.welcome(timing) if is_right else accounts.refusal(timing)


@require_safe
async def account(request: HttpRequest) -> HttpResponse:
    """Answer with the name of whoever is logged in: a session and its user, so two queries."""
    timing = Timing()
    if not accounts.has_sessions(request):
        return accounts.no_sessions(timing)
    try:
        with timing.waiting():
            name = await accounts.afetch_user_name(request)
    except FAILURES as error:
        return no_database(error, timing)
    if not name:
        return accounts.refusal(timing)
    return answer(encode({"workload": "account", "user": name}), timing)
