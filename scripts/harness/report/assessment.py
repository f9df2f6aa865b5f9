"""docs/claims.md and the file behind it: what a run makes of each claim, and since when."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from harness.core.errors import BenchError
from harness.core.labels import clients, markdown_table
from harness.core.metrics import METRICS
from harness.core.summary import Sample, Spread
from harness.core.units import quotient
from harness.core.validation import fault
from harness.report.claims import CLAIMS, Claim
from harness.report.wording import bounds
from harness.runs.claims import Finding, Prediction, Side, Verdict, find, verdict
from harness.runs.facts import RunFacts

VERSIONS = ("django", "asgiref", "gunicorn", "uvicorn", "uvloop", "python")
"""The facts of a machine on which a verdict rests, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Measured:
    """When a run was made, by which commit of the suite, with which versions."""

    date: str
    commit: str
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict on the claim of a key, the findings behind it, and the first run that had it."""

    claim: str
    verdict: Verdict
    since: Measured
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a run makes of all claims: results/claims/claims.json.

    Figures have three significant digits, as the page shows them.
    """

    run: str
    measured: Measured
    processor: str
    outcomes: tuple[Outcome, ...]


ASSESSMENT = TypeAdapter(Assessment)


def assess(
    run: str, facts: RunFacts, samples: Sequence[Sample], earlier: Assessment | None
) -> Assessment:
    """Return what a run makes of each claim; raise BenchError where it lacks a cell.

    A verdict that `earlier` has on the same predictions stands since then.
    """
    measured = Measured(
        date=facts.started[:10],
        commit=facts.commit,
        versions={name: facts.machine[name] for name in VERSIONS if name in facts.machine},
    )
    before = {each.claim: each for each in earlier.outcomes} if earlier else {}
    return Assessment(
        run=run,
        measured=measured,
        processor=facts.machine.get("processor", "unknown"),
        outcomes=tuple(
            _outcome(claim, samples, measured, before.get(claim.key)) for claim in CLAIMS
        ),
    )


def _outcome(
    claim: Claim, samples: Sequence[Sample], measured: Measured, before: Outcome | None
) -> Outcome:
    findings = tuple(_rounded(find(prediction, samples)) for prediction in claim.predictions)
    outcome = Outcome(claim.key, verdict(findings), measured, findings)
    if before and _verdict_on(before) == _verdict_on(outcome):
        return replace(outcome, since=before.since)
    return outcome


def _verdict_on(outcome: Outcome) -> tuple[Verdict, list[Prediction]]:
    """Return the verdict with what it is on: a claim may have come to predict something else."""
    return outcome.verdict, [finding.prediction for finding in outcome.findings]


def _rounded(finding: Finding) -> Finding:
    return replace(
        finding,
        top=_rounded_spread(finding.top),
        bottom=_rounded_spread(finding.bottom),
        ratio=_rounded_spread(finding.ratio),
    )


def _rounded_spread(spread: Spread) -> Spread:
    """Return a spread with as many digits as the page shows, so that it has the file's figures."""
    return replace(
        spread,
        middle=_digits(spread.middle),
        low=_digits(spread.low),
        high=_digits(spread.high),
    )


def _digits(value: float) -> float:
    return float(f"{value:.3g}")


def read(path: Path) -> Assessment | None:
    """Return the assessment in a file, None without one; raise BenchError where it is spoilt."""
    if not path.exists():
        return None
    try:
        return ASSESSMENT.validate_json(path.read_bytes())
    except ValidationError as error:
        reason = fault(error.errors()[0], "all of it")
        raise BenchError(f"{path}: spoilt ({reason}); remove it") from None


def write(assessment: Assessment, path: Path) -> None:
    """Store an assessment as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = ASSESSMENT.dump_python(assessment, mode="json")
    path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")


HEADINGS = ("claim", "tested by", "found here", "since", "verdict")

WORDS = """# Published claims, tested

`make claims` carries out [the plan](../loadtests/plans/claims.toml) and writes this page from \
[claims.json](../results/claims/claims.json). Each claim, with its source, predicts the ratio of \
one metric between two deployments, or between two loads of one (`scripts/harness/report/claims.py`\
). It is **confirmed** where the whole range of the ratio over the rounds is as predicted, \
**refuted** where none of it is. It **depends** where the range is on both sides, or where two \
predictions of one claim come out differently. Since: the first run that had this verdict.
"""


def markdown(assessment: Assessment) -> str:
    """Return docs/claims.md: a row for each claim, and which run it is from."""
    claims = {claim.key: claim for claim in CLAIMS}
    rows = (_row(claims[each.claim], each) for each in assessment.outcomes)
    measured = assessment.measured
    return (
        f"{WORDS}\n{markdown_table(HEADINGS, rows)}\n"
        f"Run `{assessment.run}` of {measured.date}, commit `{measured.commit}`, on a core of "
        f"`{assessment.processor}` for the server and another for the load generator.\n"
    )


def _row(claim: Claim, outcome: Outcome) -> tuple[str, ...]:
    return (
        f"{claim.text} ([{claim.publisher}]({claim.source}))",
        _scenarios(outcome),
        "<br>".join(map(sentence, outcome.findings)),
        _since(outcome.since),
        f"**{outcome.verdict}**",
    )


def _scenarios(outcome: Outcome) -> str:
    names = dict.fromkeys(finding.prediction.scenario for finding in outcome.findings)
    return ", ".join(f"`{name}`" for name in names)


def sentence(finding: Finding) -> str:
    """Return a finding in words: both figures, their ratio with its range, what was predicted."""
    prediction = finding.prediction
    flagged = ", flagged" if finding.flagged else ""
    ratio = f"{quotient(finding.ratio.middle)} ({bounds(finding.ratio, quotient)}{flagged})"
    return (
        f"{METRICS[prediction.metric].title} of "
        f"{_side(prediction.top, finding.top, prediction)} over "
        f"{_side(prediction.bottom, finding.bottom, prediction)} is {ratio}; claimed "
        f"{' and '.join(_limits(prediction))}: {finding.verdict}."
    )


def _side(side: Side, value: Spread, prediction: Prediction) -> str:
    unit = METRICS[prediction.metric].unit.symbol
    figure = f"{quotient(value.middle)} {unit}".strip()
    return f"{side.deployment} at {clients(side.users)} ({figure})"


def _limits(prediction: Prediction) -> Iterator[str]:
    if prediction.least is not None:
        yield f"at least {quotient(prediction.least)}"
    if prediction.most is not None:
        yield f"at most {quotient(prediction.most)}"


def _since(measured: Measured) -> str:
    versions = (f"{name} {version}" for name, version in measured.versions.items())
    return f"{measured.date}, `{measured.commit}`, {', '.join(versions)}"
