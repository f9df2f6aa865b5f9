"""The options of every scenario, and the pause that they ask for.

The harness sets all of them for every locustfile, as a person may by hand: `--wait-ms 250`.
"""

import random
from argparse import Action, ArgumentParser, BooleanOptionalAction, _ActionsContainer
from collections.abc import Iterable
from typing import Any, NoReturn

from locust import TaskSet, events
from locust.user.wait_time import constant_pacing, poisson

from _notes import end


def number(text: str) -> float:
    """Read a number as the application echoes it: whole ones without a decimal point."""
    value = float(text)
    return int(value) if value.is_integer() else value


def truth(text: str) -> bool:
    """Read `true` or `false`."""
    return {"true": True, "false": False}[text.lower()]


def think_time(user: Any) -> float:
    """Draw the pause that --think-ms asks for, in seconds: exponential, as between strangers.

    It is the wait_time of every user class that has none of its own. Not constant_pacing: it locks
    users into bursts.
    """
    mean_s = getattr(user.environment.parsed_options, "think_ms", 0) / 1000
    return random.expovariate(1 / mean_s) if mean_s > 0 else 0.0


def is_exponential(wait_time: Any) -> bool:
    """Hold for a wait_time whose rest at a random moment is distributed as the whole."""
    function = getattr(wait_time, "__func__", wait_time)
    return function is think_time or _made_by(function, poisson)


def is_paced(wait_time: Any) -> bool:
    """Hold for a wait_time that depends on how long the answers took."""
    return _made_by(getattr(wait_time, "__func__", wait_time), constant_pacing)


def _made_by(function: Any, factory: Any) -> bool:
    return getattr(function, "__qualname__", "").startswith(f"{factory.__qualname__}.<locals>")


def task_sets(tasks: Iterable[Any]) -> Iterable[type[TaskSet]]:
    """Yield the TaskSets among tasks, those within them included, each once."""
    pending, seen = [*tasks], set()
    while pending:
        task = pending.pop()
        if isinstance(task, type) and issubclass(task, TaskSet) and task not in seen:
            seen.add(task)
            pending.extend(task.tasks)
            yield task


def waits(user_class: Any) -> dict[str, Any]:
    """Return the pauses that a user class and its TaskSets have of their own, by whose they are."""
    owners = [(user_class, think_time)]
    owners += [(task_set, TaskSet.wait_time) for task_set in task_sets(user_class.tasks)]
    return {
        owner.__name__: owner.wait_time
        for owner, default in owners
        if owner.wait_time is not default
    }


class Lenient(Action):
    """A switch that also takes `=true` and `=false`, as the settings of a plan are written."""

    def __init__(self, switch: Action) -> None:
        super().__init__(
            switch.option_strings,
            switch.dest,
            nargs="?",
            default=switch.default,
            help=switch.help,
        )
        self.switch = switch

    def __call__(
        self, parser: Any, namespace: Any, values: Any, option_string: str | None = None
    ) -> None:
        if values is None or truth(values):
            self.switch(parser, namespace, [], option_string)
        elif isinstance(self.switch, BooleanOptionalAction):
            setattr(namespace, self.dest, False)


stock: list[Action] = []
"""The options of Locust and of this suite; all others are the locustfile's."""


def _refuse_conflict(container: Any, action: Action, conflicts: Any) -> NoReturn:
    names = ", ".join(name for name, _ in conflicts)
    end(f"the locustfile's argument {names} is one of Locust or of this suite: rename it")


def admit_arguments(parser: ArgumentParser) -> None:
    """Let a plan set the locustfile's own arguments: switches by =true, underscores as dashes."""
    options = parser._option_string_actions
    for name, action in [*options.items()]:
        if action in stock:
            continue
        lenient = Lenient(action) if action.nargs == 0 else action
        options[name] = lenient
        options.setdefault("--" + name.lstrip("-").replace("_", "-"), lenient)


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    """Let every scenario be set by the same words, by hand as by the harness."""
    setattr(_ActionsContainer, "_handle_conflict_error", _refuse_conflict)  # noqa: B010
    group = parser.add_argument_group("Scenario")
    group.add_argument("--views", choices=["sync", "async"], default="async")
    group.add_argument("--wait-ms", type=number, default=250, help="wait per request")
    group.add_argument("--think-ms", type=number, default=0, help="mean pause between requests")
    group.add_argument(
        "--connect-first", type=truth, default=False, metavar="BOOL", help="ask once when started"
    )
    group.add_argument(
        "--slots", type=int, default=0, help="requests the server works on at once; 0: no limit"
    )
    group.add_argument(
        "--sources", type=int, default=1, help="loopback addresses from which clients connect"
    )
    group.add_argument(
        "--header", action="append", default=[], help='what every request carries: "Name: value"'
    )
    stock[:] = parser._actions
