"""Admit a locustfile or refuse it by name, before its first user starts.

What it brings that changes the meaning of a figure is noted; what would be measured wrong is
refused in one line that names it (`_notes.py`).
"""

from argparse import ArgumentParser
from typing import Any

from locust import FastHttpUser, HttpUser, events
from locust.env import Environment

from _notes import notes
from _options import admit_arguments, is_paced, waits


def admit(environment: Environment) -> None:
    """Refuse what cannot be measured; note what must be told."""
    options: Any = environment.parsed_options
    _choose_users(environment, options.choose_users)
    _refuse_shape(environment)
    for user_class in environment.user_classes:
        _note_kind(user_class)
        _settle_waits(user_class, options)
        _note_fixed(user_class, options)


def _choose_users(environment: Environment, chosen: list[str]) -> None:
    """Keep the user classes that are chosen, all where none is."""
    here = {user_class.__name__: user_class for user_class in environment.user_classes}
    if missing := [name for name in chosen if name not in here]:
        text = f"the locustfile has no user class {missing[0]}; it has {', '.join(sorted(here))}"
        notes.refuse("users", text)
    if chosen:
        environment.user_classes[:] = [here[name] for name in chosen]


def _refuse_shape(environment: Environment) -> None:
    if environment.shape_class is not None:
        name = type(environment.shape_class).__name__
        text = f"{name} is a LoadTestShape; the plan's [load] has the users: remove it"
        notes.refuse("shape", text)


def _note_kind(user_class: Any) -> None:
    name = user_class.__name__
    if getattr(user_class, "max_retries", 0):
        text = f"{name} asks up to {1 + user_class.max_retries} times for one request (max_retries)"
        notes.add("max_retries", text)
    if issubclass(user_class, HttpUser):
        text = (
            f"{name} is an HttpUser: a request costs the generator far more than a FastHttpUser's"
        )
        notes.add("client", text)
    elif not issubclass(user_class, FastHttpUser):
        text = f"{name} is no HTTP user: only what it asks through Locust's sessions is measured"
        notes.add("client", text)


def _settle_waits(user_class: Any, options: Any) -> None:
    """Refuse pauses of the file beside those of the plan; note what rules where one rules."""
    own = waits(user_class)
    for owner in own:
        if options.think_ms and not options.arrivals:
            text = f"{owner} has a wait_time of its own, and the plan think_ms: remove one of them"
            notes.refuse("wait_time", text)
        if options.arrivals:
            text = f"the wait_time of {owner} is not used: in an open loop arrivals part the tasks"
            notes.add("wait_time", text)
    for owner in (owner for owner, wait_time in own.items() if is_paced(wait_time)):
        text = (
            f"{owner} is paced (constant_pacing or constant_throughput): it pauses less where "
            "answers take longer, so the rate is the file's until its users are always busy"
        )
        notes.add("pacing", text)


def _note_fixed(user_class: Any, options: Any) -> None:
    if user_class.fixed_count:
        text = f"{user_class.__name__} has a fixed_count of {user_class.fixed_count} in every step"
        notes.add("fixed_count", text)


def names(text: str) -> list[str]:
    """Read names: `Buyer,Seller`."""
    return [name.strip() for name in text.split(",") if name.strip()]


@events.init_command_line_parser.add_listener
def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Admission")
    group.add_argument(
        "--user-classes",
        dest="choose_users",
        type=names,
        default=[],
        help="user classes of the locustfile, e.g. Buyer,Seller; all where none is named",
    )
    admit_arguments(parser)


@events.init.add_listener
def _admit(environment: Environment, **_: Any) -> None:
    if environment.parsed_options is not None:
        admit(environment)


@events.test_start.add_listener
def _refuse_idle(environment: Environment, **_: Any) -> None:
    """Refuse a user class without a task, now that tags have been applied."""
    for user_class in environment.user_classes:
        if not user_class.tasks:
            name = user_class.__name__
            notes.refuse(
                "tasks", f"{name} has no task to do: mark one with @task, or mend the tags"
            )
