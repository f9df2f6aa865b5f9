"""A plug-in that records every other moment: what recording costs, side by side in one process.

`locust -f direct.py,_alternate.py --slices 40 --slice-s 0.25 --rates F` writes one JSON line per
slice of time to F: `recording` or not, and its `rate` of requests per second.
"""

import json
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import gevent
from locust import events
from locust.env import Environment

from _recorder import Recorder

WARM_UP_S = 1


def alternate(environment: Environment) -> None:
    """Go through the slices in the order on, off, off, on, so that a drift favours neither."""
    runner, options = environment.runner, environment.parsed_options
    assert runner is not None and options is not None
    recorder = Recorder(options.rates.with_suffix(".rows"))
    gevent.sleep(WARM_UP_S)
    with options.rates.open("w") as lines:
        for number in range(options.slices):
            recording = number % 4 in (0, 3)
            if recording:
                environment.events.request.add_listener(recorder.keep)
            started, before = time.perf_counter(), runner.stats.num_requests
            gevent.sleep(options.slice_s)
            took, answered = time.perf_counter() - started, runner.stats.num_requests - before
            if recording:
                environment.events.request.remove_listener(recorder.keep)
            lines.write(json.dumps({"recording": recording, "rate": answered / took}) + "\n")
    runner.quit()


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Alternate")
    group.add_argument("--slices", type=int, default=40)
    group.add_argument("--slice-s", type=float, default=0.25)
    group.add_argument("--rates", type=Path, required=True, help="file for one line per slice")


@events.test_start.add_listener
def _alternate(environment: Environment, **_: Any) -> None:
    gevent.spawn(alternate, environment)
