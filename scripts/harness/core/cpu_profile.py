"""Where the CPU time of a server goes: the parts of a profile, and the profile of a deployment."""

from dataclasses import dataclass
from typing import Literal

from harness.core.plan import Model

Part = Literal["app", "framework", "threads", "server", "interpreter", "kernel", "idle"]

TITLES: dict[Part, str] = {
    "app": "app and its packages",
    "framework": "Django (or other framework)",
    "threads": "asgiref and threads",
    "server": "server and event loop",
    "interpreter": "interpreter and its library",
    "kernel": "kernel",
    "idle": "idle",
}
"""The parts as readers see them, in the order of the stack."""


@dataclass(frozen=True, slots=True)
class CpuProfile:
    """Where the time of the server's cores went at one load, in a load step that is no trial.

    `shares` of that time, keyed by the parts, add up to 1; so many `samples` tell those of Python.
    `flames` is the file of its flame graph, relative to the folder of the run.
    """

    scenario: str
    deployment: str
    model: Model
    load: float
    samples: int
    shares: dict[Part, float]
    flames: str
