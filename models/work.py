"""What all models have in common: the tasks, who did each of them from when to when, the report.

A model is a program with one function, which is handed an order and returns its tasks, done. What
differs between the models is how that function comes to the end of a list; the rest is here.
"""

import argparse
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from threading import get_native_id

PIECE = range(1_000)  # about 15 microseconds of work between two looks at the clock


@dataclass(frozen=True)
class Task:
    """One task, done: by which worker, from when to when, in seconds of the monotonic clock."""

    number: int
    worker: int
    began_s: float
    ended_s: float


@dataclass(frozen=True)
class Order:
    """So many tasks, each of which waits or computes for `ms` milliseconds."""

    work: str
    ms: float
    tasks: int
    workers: int  # for a model that has several

    @property
    def numbers(self) -> Sequence[int]:
        """Return the numbers of the tasks."""
        return range(self.tasks)

    def do(self, number: int) -> Task:
        """Return a task, done. While it waits in `time.sleep`, its thread does nothing else."""
        began_s = time.monotonic()
        if self.work == "wait":
            time.sleep(self.ms / 1000)
        else:
            self.compute()
        return done(number, began_s)

    def compute(self) -> None:
        """Use `ms` milliseconds of this thread's CPU time; waiting for a core does not count."""
        end_s = time.thread_time() + self.ms / 1000
        while time.thread_time() < end_s:
            sum(PIECE)


def done(number: int, began_s: float) -> Task:
    """Return a task that began then and ends now; its worker is this thread."""
    return Task(number, get_native_id(), began_s, time.monotonic())


def main(carry_out: Callable[[Order], list[Task]]) -> None:
    """Carry out the order of the command line; print each task and the whole, as lines of JSON."""
    order = _order()
    began_s = time.monotonic()
    cpu_before_s = _cpu_s()
    tasks = carry_out(order)
    ended_s = time.monotonic()
    whole = {"began_s": began_s, "ended_s": ended_s, "cpu_s": _cpu_s() - cpu_before_s}
    print("\n".join(map(json.dumps, [*map(asdict, tasks), whole])))


def _order() -> Order:
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", choices=["wait", "compute"], default="wait")
    parser.add_argument("--ms", type=float, default=20)
    parser.add_argument("--tasks", type=int, default=10)
    parser.add_argument("--workers", type=int, default=4)
    return Order(**vars(parser.parse_args()))


def _cpu_s() -> float:
    """Return the CPU time of this process and of the children it has waited for, in seconds."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
