"""How fast pages of a site come: a look of a second at each, for a plan that is yet to be sized.

It is a guess at sizes and no measurement: the client is this process, of one core at most.
"""

import http.client
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from statistics import median

from harness.core.errors import BenchError
from harness.core.sizes import Pace
from harness.rig.answers import ASK_S
from harness.rig.servers import Server

LOOK_S = 0.4
"""How long one client looks at a page, and then several; one answer to each is waited for."""

MOST_CLIENTS, FEWEST_CLIENTS = 8, 2
"""How many ask at once: fewer where the page is so slow that the look would take long."""

LONGEST_S = 2
"""How long the answers to all clients may take where the server works on one after the other."""


def pace(server: Server, path: str, headers: Mapping[str, str]) -> Pace:
    """Return how fast a page comes that has been asked for before.

    Raise BenchError where it is not answered 200 each time, also when several ask at once.
    """
    alone = [*_answers(server, path, headers)]
    latency_s = median(end - start for start, end in alone)
    clients = min(max(FEWEST_CLIENTS, int(LONGEST_S / latency_s)), MOST_CLIENTS)
    with ThreadPoolExecutor(clients) as threads:
        looks = [threads.submit(lambda: [*_answers(server, path, headers)]) for _ in range(clients)]
        together = [*chain.from_iterable(look.result() for look in looks)]
    lasted_s = max(end for _, end in together) - min(start for start, _ in together)
    return Pace(latency_s * 1000, max(len(together) / lasted_s, 1 / latency_s))


def _answers(
    server: Server, path: str, headers: Mapping[str, str]
) -> Iterator[tuple[float, float]]:
    """Yield when each request of one client was sent and answered, at least one of them."""
    deadline = time.perf_counter() + LOOK_S
    with closing(http.client.HTTPConnection(server.host, server.port, timeout=ASK_S)) as connection:
        while True:
            started = time.perf_counter()
            status = _status(connection, path, headers)
            ended = time.perf_counter()
            if status != "200":
                raise BenchError(
                    f"{server.name}: {path} gave 200, and {status} when it was asked again and "
                    "again; turn off what limits its rate, or mend it"
                )
            yield started, ended
            if ended > deadline:
                return


def _status(connection: http.client.HTTPConnection, path: str, headers: Mapping[str, str]) -> str:
    """Return the status of an answer that has been read, or why there is none."""
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    return str(answer.status)
