"""A plug-in that says once a second how the load goes: `locust -f wait.py,_live.py --live F`.

It is for a person who watches a run; no figure of a report comes from it. It reads the statistics
that Locust keeps anyway, so it costs the load a fraction of a millisecond a second and nothing for
a request. With --processes the master writes, who hears from its workers every three seconds.

One JSON line a second goes to F: `users`, how many run now; `throughput_rps` and `latency_p95_ms`,
the good answers a second and the 95th percentile over the last SPAN_S seconds, null where nobody
answered in them; `failed`, how many requests have failed since Locust began.
"""

import json
from argparse import ArgumentParser
from collections import deque
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment
from locust.runners import Runner, WorkerRunner

from _clock import now_s
from _looks import Look, figures

SPAN_S = 3
"""Long enough for a few answers at low loads, and for one word of the workers."""


def look(runner: Runner) -> Look:
    """Return what Locust has counted up to now."""
    total = runner.stats.total
    latencies = dict(total.response_times)
    return Look(now_s(), runner.user_count, total.num_requests, total.num_failures, latencies)


def write(runner: Runner, path: Path) -> None:
    """Add a line once a second, until Locust ends."""
    looks = deque([look(runner)], maxlen=SPAN_S + 1)
    while True:
        gevent.sleep(1)
        looks.append(look(runner))
        line = json.dumps(figures(looks[0], looks[-1]))
        with path.open("a") as lines:
            lines.write(line + "\n")


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Live")
    # No Path: Locust's master sends its options to workers, and could not.
    group.add_argument("--live", help="file for one JSON line a second on how the load goes")


@events.test_start.add_listener
def _begin(environment: Environment, **_: Any) -> None:
    options, runner = environment.parsed_options, environment.runner
    if options is None or runner is None or not options.live or isinstance(runner, WorkerRunner):
        return
    gevent.spawn(write, runner, Path(options.live))
