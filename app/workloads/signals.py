"""A signal of the application's own, with a receiver of either kind.

Whoever sends it from sync code runs the async receiver in an event loop of its own; from async code
the sync receiver goes to a thread.
Source: https://docs.djangoproject.com/en/stable/topics/signals/
"""

from typing import Any

from django.dispatch import Signal, receiver

asked = Signal()
"""A request was made."""


@receiver(asked)
def hear(sender: object, **_: Any) -> str:
    """Return which kind of receiver this is."""
    return "sync"


@receiver(asked)
async def ahear(sender: object, **_: Any) -> str:
    """Return which kind of receiver this is."""
    return "async"


def send() -> list[str]:
    """Send the signal; return what its receivers do, the sync ones first."""
    return [str(heard) for _, heard in asked.send(sender=None)]


async def asend() -> list[str]:
    """Do the same from an async view."""
    return [str(heard) for _, heard in await asked.asend(sender=None)]
