"""run.json comes back as it was written, or what is wrong in it is named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import BenchError
from harness.measure.envelope import Envelope, Percentile, Point
from harness.runs import facts
from harness.runs.facts import RunFacts

POINT = Point(
    spread="lognormal",
    users=64,
    requests=1_000,
    rate_rps=400.0,
    departed_rps=401.0,
    p50=Percentile(101.0, 100.0, 99.0),
    p95=Percentile(150.0, 150.0, 149.0),
    p99=None,
    sending_ms=0.1,
    lateness_ms=1.0,
    receiving_ms=0.3,
    load_cpu_share=None,
)
FACTS = RunFacts(
    schema=1,
    started="2026-01-01T00:00:00+00:00",
    plan="name = 'smoke'",
    machine={"processor": "Example 3000"},
    commit="abc123",
    blocks=("uvicorn.wait.r1",),
    calibration=Envelope((POINT,)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write FACTS."""
    facts.write(tmp_path / "run.json", FACTS)
    return tmp_path / "run.json"


def test_facts_come_back_as_they_were_written(path: Path) -> None:
    """With the points of the calibration, and its missing figures missing."""
    assert facts.read(path) == FACTS
    facts.write(path, replace(FACTS, calibration=None))
    assert facts.read(path).calibration is None


def test_the_schema_number_stands_first(path: Path) -> None:
    """Who reads the file knows at once what to expect."""
    assert list(json.loads(path.read_text()))[:2] == ["schema", "started"]


def test_what_came_later_may_be_missing_and_what_is_still_to_come_is_left_out(path: Path) -> None:
    """A run of an earlier version had no commit; one of a later version may have more."""
    content = json.loads(path.read_text())
    for key in ("commit", "blocks", "calibration"):
        del content[key]
    path.write_text(json.dumps(content | {"weather": "fine"}))
    assert facts.read(path) == replace(FACTS, commit="", blocks=(), calibration=None)


def test_no_figure_that_json_does_not_have_is_written(tmp_path: Path) -> None:
    """NaN would make a file that other tools cannot read."""
    nan = Envelope((replace(POINT, rate_rps=float("nan")),))
    with pytest.raises(ValueError, match="not JSON compliant"):
        facts.write(tmp_path / "run.json", replace(FACTS, calibration=nan))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"started": None}, "started: input should be a valid string, not None"),
        ({"machine": []}, "machine: input should be an object, not []"),
        ({"calibration": {}}, "calibration.points is missing"),
        ({"calibration": {"points": []}}, "an envelope needs one point or more"),
        ({"calibration": {"points": [{"users": 64}]}}, "calibration.points.0.spread is missing"),
    ],
)
def test_what_is_spoilt_is_named_in_one_line_with_the_cure(
    path: Path, change: dict[str, Any], reason: str
) -> None:
    """By the place in the file."""
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BenchError) as caught:
        facts.read(path)
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{path}: spoilt (")
    assert reason in line
    assert line.endswith("; redo the run")


@pytest.mark.parametrize("schema", [None, 0, 2, "one"])
def test_another_schema_is_refused_as_such(path: Path, schema: object) -> None:
    """Whatever else is in the file."""
    path.write_text(json.dumps({"schema": schema, "started": 5}))
    with pytest.raises(BenchError, match="not of schema 1; redo the run with this version"):
        facts.read(path)
