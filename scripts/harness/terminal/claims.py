"""What `make claims` prints."""

from pathlib import Path

from rich.markup import escape

from harness.report.assessment import Assessment, sentence
from harness.report.claims import CLAIMS
from harness.terminal.terminal import OUT


def outcomes(assessment: Assessment, document: Path) -> None:
    """Print each claim with its verdict and what was found, then where the page is."""
    texts = {claim.key: claim.text for claim in CLAIMS}
    for outcome in assessment.outcomes:
        OUT.print(f"\n[bold]{outcome.verdict}[/]: {escape(texts[outcome.claim])}")
        for finding in outcome.findings:
            OUT.print(f"  {escape(sentence(finding))}")
    OUT.print(f"\nclaims: {document}")
