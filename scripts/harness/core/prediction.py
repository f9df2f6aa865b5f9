"""What a model predicts of the load steps of a climb, and how far off that is.

Frozen values; units stand in the names.
"""

from dataclasses import dataclass
from typing import Literal

from harness.core.bounds import Bound

Cause = Literal["flagged", "rounds", "less CPU", "more CPU", "delays", "even", "unexplained"]


@dataclass(frozen=True, slots=True)
class StepPrediction:
    """What the model predicts of one load step, keyed by metric, and how far off that is.

    `errors` are predicted / measured - 1, of the metrics that were measured; `misses` are those of
    them that are too large, `causes` what the step's own figures show of why. `cpu_ms` is the CPU
    time per request of the step itself.
    """

    users: int
    values: dict[str, float]
    errors: dict[str, float]
    misses: tuple[str, ...]
    causes: tuple[Cause, ...]
    cpu_ms: float | None
    flagged: bool


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a deployment's CPU time per request at one load step predicts of all its steps.

    `system` is the closed network (harness.core.closed_network), with the CPU time that was
    measured at `source_users`. Its `percentiles` hold where all requests wait for as long.
    `workers` is None where nobody counted the processes that serve.
    """

    scenario: str
    deployment: str
    system: Bound
    source_users: int
    percentiles: bool
    steps: tuple[StepPrediction, ...]
    workers: int | None = None

    @property
    def others(self) -> tuple[StepPrediction, ...]:
        """Return the load steps of which nothing went into the prediction."""
        return tuple(step for step in self.steps if step.users != self.source_users)
