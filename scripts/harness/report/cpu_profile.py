"""Where the CPU time of servers went, as rows. Pure."""

from harness.core import units
from harness.core.cpu_profile import TITLES, CpuProfile
from harness.core.labels import clients
from harness.core.summary import Summary

HEADINGS = ("deployment", "load", *TITLES.values(), "samples", "flame graph")

WORDS = (
    "Where the time of the server's cores went, at one load, in a load step of its own that is no "
    "trial. Kernel and idle are by the clocks of its processes; the rest is split by the innermost "
    "Python frame of stacks that py-spy sampled, so C code counts to the Python code that called "
    "it. With n samples a share of that rest is off by up to 1 / √n."
)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row under HEADINGS for each deployment of a scenario that was profiled."""
    return tuple(
        (
            profile.deployment,
            load_text(profile),
            *(units.percent(profile.shares[part]) for part in TITLES),
            units.count(profile.samples),
            profile.flames,
        )
        for profile in summary.profiles
        if profile.scenario == scenario
    )


def load_text(profile: CpuProfile) -> str:
    """Return the load of a profile in words: 64 clients, 200 requests/s."""
    if profile.model == "closed":
        return clients(round(profile.load))
    return f"{units.significant(profile.load)} requests/s"
