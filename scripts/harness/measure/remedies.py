"""What to do about a flag, by the evidence in the trial's own figures. Pure.

A message names no cause that the figures do not show: what fails requests, redirects them or runs
between them is no fault of the load generator or of the server's time-outs.
"""

from harness.core import counted
from harness.core.metrics import Measurement
from harness.core.record import Extra
from harness.core.units import count, milliseconds, percent

# A message has room for a few kinds of failure; the report lists more.
MOST_SHOWN = 2

# Of the few that are redirected the fastest answer is hardly one.
MOSTLY = 0.5

# Locust's own code between two requests takes less than one, also on a busy core.
MUCH_CODE_MS = 2.0


def failures(extra: Extra) -> str:
    """Return what failed; a run of an earlier version has its kinds alone."""
    kinds = counted.from_text(extra.failures)
    return counted.in_words(kinds, MOST_SHOWN) if kinds else extra.error_kinds


def of_failures(extra: Extra) -> str:
    """Return what to do where requests fail: what refused an answer, the server or a check."""
    errors = counted.from_text(extra.log_errors)
    if errors:
        text = counted.in_words(errors, MOST_SHOWN)
        return f"fix what server.log says ({text}), or lower the load"
    kinds = extra.error_kinds.split()
    if kinds and all(_by_check(kind) for kind in kinds):
        return "correct the answer, or what the locustfile expects of it"
    if kinds and all(kind.startswith("timeout=") for kind in kinds):
        return "lower the load, or wait longer in the locustfile"
    return "see server.log for what refused them, or lower the load"


def _by_check(kind: str) -> bool:
    """Return whether the locustfile refused an answer: `kind` is as in Extra.error_kinds."""
    return kind.startswith(("body=", "exception="))


def of_load(extra: Extra) -> str:
    """Return what to do where the load generator is busy or late."""
    own_ms = extra.own_ms or 0
    if own_ms < MUCH_CODE_MS:
        return "give it more processes or fewer users"
    return (
        "give it more processes, fewer users or less code of the locustfile, which took "
        f"{milliseconds(own_ms)} before each request, waits for other users included"
    )


def of_lost_time(failing: bool, overloaded: bool) -> str:
    """Return what to do where users' time is not accounted for."""
    if failing:
        return "requests that failed may have cost it, mend those first"
    if overloaded:
        return "the load generator lost time or requests, give it more processes or fewer users"
    return "no figure shows what took it, look into locust.log"


def of_reconnecting(metrics: Measurement, extra: Extra, reopened: int) -> str:
    """Return what to do where clients opened so many connections more than they keep."""
    if extra.processes_ended:
        return (
            f"{count(extra.processes_ended)} of the server's processes ended, and a worker that "
            "ends closes its own, raise --max-requests or see server.log"
        )
    if (closing := extra.closing_answers or 0) >= reopened:
        return (
            f"the server closed them, {count(closing)} answers said so (Connection: close), raise "
            "its limit of requests per connection, or plan keep_alive = false"
        )
    if (metrics.errors or 0) >= reopened:
        return f"{count(metrics.errors or 0)} requests failed and closed theirs, mend those first"
    return (
        "raise the server's keep-alive time-out, keep the sessions of the locustfile, or plan "
        "keep_alive = false where connections are meant to close"
    )


def of_short_wait(extra: Extra) -> str:
    """Return what to do where an answer came before its wait was over."""
    if (redirected := extra.redirected_share or 0) > MOSTLY:
        return f"{percent(redirected)} of the requests were redirected, ask for what they lead to"
    return "check that the view waits as the scenario says"
