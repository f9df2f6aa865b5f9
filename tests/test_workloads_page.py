"""Pages quote what a stored run of each of their plans has found, and each plan is there."""

import re
from pathlib import Path

import pytest

TEXT = Path("docs/workloads.md").read_text() + Path("docs/servers.md").read_text()

RUN = re.compile(
    r"\*\*Found in \[a run\]\(\.\./(results/workloads/\w+)/report\.md\):\*\*\n\n((?:- .+\n)+)"
)
"""The folder of a run, and the sentences that are quoted of its report."""

QUOTED = {folder: quotes.splitlines() for folder, quotes in RUN.findall(TEXT)}
PLANS = sorted({*re.findall(r"make bench PLAN=loadtests/plans/(\w+)\.toml", TEXT)})


@pytest.mark.parametrize("plan", PLANS)
def test_every_plan_of_a_page_has_a_run_whose_finding_is_quoted(plan: str) -> None:
    """What theory expects stands beside what came out."""
    assert QUOTED[f"results/workloads/{plan}"]


@pytest.mark.parametrize("folder", sorted(QUOTED))
def test_every_finding_stands_in_the_report_of_its_run(folder: str) -> None:
    """Word for word."""
    report = {
        line.lstrip("- *").rstrip("*")
        for line in Path(folder, "report.md").read_text().splitlines()
    }
    assert {quote.removeprefix("- ") for quote in QUOTED[folder]} <= report
