"""run.json: what a run is to do, on which machine, and how far it may be believed."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import BenchError
from harness.core.validation import fault
from harness.measure.envelope import Envelope

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts of a run before its first trial, which never change afterwards.

    `plan` is the text of the plan, `machine` what must be equal where the run is resumed, `blocks`
    the order in which they are carried out; a run that was not calibrated has no `calibration`.
    `calibration_by_requests` is that of an HttpUser's client, where a scenario has one.
    `served` is what each deployment's entry point loads, as facts by name: settings, versions.
    `plan_folder` is what paths of the plan are relative to; older runs had none.
    `left_out` has the deployments of the plan that this machine cannot serve, with the reason.
    `links` are those from the hosts of the load to the server's, in words; none on one machine.

    The number `schema` stands for the meaning of these fields:
    1: the first.
    """

    schema: Literal[1]
    started: str
    plan: str
    machine: dict[str, str]
    commit: str = ""
    blocks: tuple[str, ...] = ()
    calibration: Envelope | None = None
    plan_folder: str = "."
    calibration_by_requests: Envelope | None = None
    served: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def envelope(self, by_requests: bool) -> Envelope | None:
        """Return the envelope of a scenario, by whether it asks as an HttpUser does."""
        return self.calibration_by_requests if by_requests else self.calibration


FACTS = TypeAdapter(RunFacts)


def write(path: Path, facts: RunFacts) -> None:
    """Store facts as JSON; raise OSError where that fails, ValueError where one is NaN."""
    content = FACTS.dump_python(facts, mode="json")
    path.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def read(path: Path) -> RunFacts:
    """Return the facts in a file.

    Raise BenchError where it cannot be read or is of another schema, FileNotFoundError where there
    is none.
    """
    try:
        return FACTS.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror}); make it readable") from None
    except ValidationError as error:
        faults = error.errors()
        if any(each["loc"] == ("schema",) for each in faults):
            raise BenchError(
                f"{path}: not of schema {SCHEMA}; redo the run with this version"
            ) from None
        raise BenchError(
            f"{path}: spoilt ({fault(faults[0], 'all of it')}); redo the run"
        ) from None
