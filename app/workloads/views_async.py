"""The workloads as async views: the twin of views_sync.py, line for line."""

import asyncio

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from workloads.answers import answer, encode
from workloads.computing import use_cpu
from workloads.fanout import afetch_each
from workloads.parameters import calls, compute_ms, wait_ms, way
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
