"""Calls to the upstream, the service behind the application, where the settings say it is."""

from django.conf import settings

from workloads import calls
from workloads.calls import UpstreamError

__all__ = ["UpstreamError", "afetch", "fetch"]


def fetch(ms: float) -> None:
    """Ask the upstream once for an answer that takes about `ms` milliseconds.

    Raise UpstreamError where it does not answer in time, or answers anything but 200.
    """
    calls.fetch(settings.UPSTREAM_URL, ms)


async def afetch(ms: float) -> None:
    """Ask the upstream as fetch() does, without holding a thread."""
    await calls.afetch(settings.UPSTREAM_URL, ms)
