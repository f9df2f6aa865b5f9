"""What is claimed in public of Django under WSGI and ASGI, and what each claim predicts.

loadtests/plans/claims.toml measures every cell that is named here. A claim whose predictions come
out differently depends on what they differ in.
"""

from dataclasses import dataclass

from harness.core.statistics import MARGIN
from harness.runs.claims import Prediction, Side

CPU = "server_cpu_ms_per_request"
MEMORY = "server_rss_mib"
P50 = "latency_p50_ms"
P95 = "latency_p95_ms"
THREADS = "server_threads"
THROUGHPUT = "throughput_rps"

MORE = 1 + MARGIN
"""From here on a ratio is more than that of equals."""

LESS = 1 - MARGIN
"""Up to here it is less."""

# Two requests at a time serve twice as many as one: half-way between.
ONE_AT_A_TIME = 1.5

# Of the threads that WSGI has for its requests, fewer than half: the others are the server's own.
NEXT_TO_NO_THREADS = 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """A published sentence, where it stands, and what it predicts; `key` names it in files."""

    key: str
    text: str
    publisher: str
    source: str
    predictions: tuple[Prediction, ...]


GTHREAD = Side("gunicorn-gthread-64", 64)
SYNC_VIEWS = Side("uvicorn-sync-views", 64)
CROWD = 256
"""Clients that wait, four for each thread of WSGI."""

CLAIMS = (
    Claim(
        key="one-at-a-time",
        text="Under ASGI, sync views run one at a time in each worker.",
        publisher="asgiref's issues",
        source="https://github.com/django/asgiref/issues/218",
        predictions=(
            # As many as a worker that has one thread, and so serves one at a time.
            Prediction(
                scenario="one-at-a-time",
                metric=THROUGHPUT,
                top=Side("uvicorn-sync-views", 16),
                bottom=Side("gunicorn-sync-1", 16),
                most=ONE_AT_A_TIME,
            ),
        ),
    ),
    Claim(
        key="slower-for-sync-views",
        text="ASGI is slower than WSGI for sync views.",
        publisher="Django forum",
        source="https://forum.djangoproject.com/t/huge-performance-difference-when-using-asgi-and-wsgi/30344",
        predictions=(
            Prediction("plain", CPU, SYNC_VIEWS, GTHREAD, least=MORE),
            Prediction("plain", P50, SYNC_VIEWS, GTHREAD, least=MORE),
        ),
    ),
    Claim(
        key="sync-middleware",
        text="One sync middleware takes all advantage from async views.",
        publisher="Django's documentation",
        source="https://docs.djangoproject.com/en/5.2/topics/async/#performance",
        predictions=(
            # It costs what a sync view costs.
            Prediction("plain", CPU, Side("uvicorn-sync-middleware", 64), SYNC_VIEWS, least=1.0),
            # It waits for no more clients at once than threads do.
            Prediction(
                scenario="wait",
                metric=THROUGHPUT,
                top=Side("uvicorn-sync-middleware", CROWD),
                bottom=Side("gunicorn-gthread-64", CROWD),
                most=MORE,
            ),
        ),
    ),
    Claim(
        key="no-threads",
        text="Async views serve hundreds of connections without threads.",
        publisher="Django's documentation",
        source="https://docs.djangoproject.com/en/5.2/topics/async/#async-views",
        predictions=tuple(
            Prediction(
                scenario="wait",
                metric=THREADS,
                top=Side(deployment, CROWD),
                bottom=Side("gunicorn-gthread-64", CROWD),
                most=NEXT_TO_NO_THREADS,
            )
            for deployment in ("uvicorn", "uvicorn-shared")
        ),
    ),
    Claim(
        key="memory-grows",
        text="The memory of a worker grows under ASGI.",
        publisher="Uvicorn's issues",
        source="https://github.com/Kludex/uvicorn/issues/1853",
        predictions=(
            # With the requests served: the load is that of a moment ago and one client more.
            Prediction("memory", MEMORY, Side("uvicorn", 64), Side("uvicorn", 63), least=MORE),
            # With the requests in progress.
            Prediction("wait", MEMORY, Side("uvicorn", CROWD), Side("uvicorn", 16), least=MORE),
        ),
    ),
    Claim(
        key="async-orm",
        text="The async ORM is faster than the sync one.",
        publisher="dev.to",
        source="https://dev.to/sizan_mahmud0_e7c3fd0cb68/unleash-performance-a-deep-dive-into-djangos-asynchronous-orm-queries-1bkc",
        predictions=(
            Prediction(
                scenario="row",
                metric=THROUGHPUT,
                top=Side("uvicorn-pool-16", 64),
                bottom=Side("gunicorn-pool-16", 64),
                least=MORE,
            ),
            # Queries of one request, asked at once.
            Prediction(
                scenario="parallel",
                metric=P50,
                top=Side("uvicorn-pool-16", 1),
                bottom=Side("gunicorn-pool-16", 1),
                most=LESS,
            ),
        ),
    ),
    Claim(
        key="uvicorn-workers",
        text="`uvicorn --workers` serves worse than Gunicorn with Uvicorn's worker.",
        publisher="uvicorn-worker's page",
        source="https://pypi.org/project/uvicorn-worker",
        predictions=tuple(
            Prediction(
                scenario="plain",
                metric=metric,
                top=Side("uvicorn-workers-2", 64),
                bottom=Side("gunicorn-uvicorn-worker-2", 64),
                least=MORE,
            )
            for metric in (CPU, P95)
        ),
    ),
)
