"""A plug-in that prints a client's rate: one JSON line after a warm-up and a window.

`rate_rps` and `cpu_us`, the CPU time of this process for each request, in microseconds.
"""

import json
import os
import time
from typing import Any

import gevent
from locust import events
from locust.env import Environment

WARM_UP_S, WINDOW_S = float(os.environ["WARM_UP_S"]), float(os.environ["WINDOW_S"])


def measure(environment: Environment) -> None:
    """Wait until the client is warm, count requests and CPU time over the window, and end."""
    runner = environment.runner
    assert runner is not None
    gevent.sleep(WARM_UP_S)
    requests, cpu_s, began = runner.stats.num_requests, time.process_time(), time.perf_counter()
    gevent.sleep(WINDOW_S)
    requests = runner.stats.num_requests - requests
    lasted_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_s
    rate = {"rate_rps": requests / lasted_s, "cpu_us": cpu_s / max(1, requests) * 1e6}
    print("RATE " + json.dumps(rate), flush=True)
    runner.quit()


@events.test_start.add_listener
def _measure(environment: Environment, **_: Any) -> None:
    gevent.spawn(measure, environment)
