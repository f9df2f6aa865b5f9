"""The documents of a check, read back as the tools that take them would."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.checks.instructions import InstructionChange
from harness.checks.judge import Change, Verdict
from harness.checks.outcome import Check
from harness.checks.self_comparison import Repeat
from harness.core.trial import CellKey
from harness.report import check_documents
from harness.report.check_documents import MARKS
from tests.support.builders import judged


def change(metric: str, verdict: Verdict, **other: Any) -> Change:
    """Build a change of +5%, between +4 and +6%, unless `other` has more."""
    facts: dict[str, Any] = {"ratio": 1.05, "low": 1.04, "high": 1.06, "base": 100.0, "head": 105.0}
    facts |= {"pairs": 70, "smallest_seen": 0.042, "more_pairs": None, "reason": "because"}
    return Change(judged(metric), verdict, **(facts | other))


NOTHING = dict.fromkeys(("ratio", "low", "high", "base", "head", "smallest_seen"))
CELLS = (CellKey("uvicorn", "plain"),)
CHECK = Check(
    base="main",
    head="a|b <script>",
    machine={"cores": "2"},
    changes=(
        change("uvicorn.plain.throughput_rps", "improved"),
        change("uvicorn.plain.latency_p50_ms", "regressed"),
        change("uvicorn.plain.latency_p95_ms", "missing", **NOTHING, reason="3 of 70 pairs"),
        change("uvicorn.plain.server_rss_mib", "undecided", more_pairs=30),
        change("uvicorn.plain.server_cpu_ms_per_request", "undecided", low=None, high=None),
        change(
            "uvicorn.plain.error_share",
            "unchanged",
            **{"ratio": 0.0, "low": -0.0002, "high": 0.0004, "base": 0.0, "head": 0.0},
            scale="difference",
        ),
    ),
    instructions=(InstructionChange("uvicorn", "/plain/", 1_000_000, 990_000, "unchanged", CELLS),),
    repeatability=(Repeat(judged("throughput_rps"), 0.9, 0.85, 0.95, 56),),
    notes=("the servers started anew for each pair",),
)


def rows_of(text: str, head: str) -> list[list[str]]:
    """Return the rows of the tables in a comment whose head begins so, cell by cell."""
    tables = [table for table in text.split("\n\n") if table.startswith(f"| {head}")]
    lines = [line for table in tables for line in table.splitlines()[2:]]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_comment_says_all_and_marks_nothing_of_its_own() -> None:
    """Labels come from git: whatever Markdown or HTML they hold is shown, not done."""
    text = check_documents.markdown(CHECK)
    assert text.startswith(r"# regressed: a\|b \<script\> against main")
    changes = {name: cells for name, *cells in rows_of(text, "metric | verdict")}
    grounds = {name: cells for name, *cells in rows_of(text, "metric | reason")}
    assert len(changes) == len(grounds) == len(CHECK.changes)
    name = r"uvicorn.plain.latency\_p50\_ms"
    assert changes[name] == [MARKS["regressed"], "+5.0%", "+4.0% to +6.0%", "100", "105"]
    assert grounds[name] == ["because", "4.2%", "70"]
    share = changes[r"uvicorn.plain.error\_share"]
    assert share == [MARKS["unchanged"], "+0.00 points", "-0.02 points to +0.04 points", "0", "0"]
    assert "3 of 70 pairs" in text and "1,000,000 | 990,000 | -1.0%" in text
    assert "waiting, system calls, locks" in text
    assert "- the servers started anew for each pair" in text


def test_the_comment_opens_with_what_is_decided_and_folds_what_is_unchanged() -> None:
    """Nobody looks for one regression among thirty rows."""
    text = check_documents.markdown(CHECK)
    opening, _, folded = text.partition("<details>\n<summary>1 of 6 unchanged</summary>\n\n")
    decided: list[Verdict] = ["improved", "regressed", "missing", "undecided", "undecided"]
    assert [mark for _, mark, *_ in rows_of(opening, "metric")] == [MARKS[each] for each in decided]
    assert folded.index("error") < folded.index("</details>")
    assert text.count("<details>") == text.count("\n\n</details>\n") == 3


def test_a_comment_is_never_too_long() -> None:
    """GitHub refuses more than 65,536 characters: it is cut at a line, and says so."""
    long = Check("main", "HEAD", {}, CHECK.changes, notes=("ä" * 500,) * 200)
    text = check_documents.markdown(long)
    assert len(text.encode()) <= 64_000
    assert text.endswith(check_documents.CUT)
    assert {len(line) for line in text.splitlines() if line.startswith("- ä")} == {502}
    assert check_documents.CUT not in check_documents.markdown(CHECK)


def test_a_comment_that_is_cut_within_a_fold_says_so_outside_of_it() -> None:
    """Nobody reads in a fold that something is missing."""
    facts = {f"fact-{number}": "ä" * 500 for number in range(200)}
    text = check_documents.markdown(Check("main", "HEAD", facts, CHECK.changes))
    assert len(text.encode()) <= 64_000
    assert text.endswith(f" |\n</details>{check_documents.CUT}")


def test_json_has_every_field() -> None:
    """And no number that JSON does not know."""
    document = json.loads(check_documents.as_json(CHECK))
    assert document["outcome"]["status"] == 1
    assert [c["verdict"] for c in document["changes"]] == [c.verdict for c in CHECK.changes]
    assert document["changes"][3]["metric"] == "uvicorn.plain.server_rss_mib"
    assert document["changes"][3]["more_pairs"] == 30
    assert document["instructions"][0]["cells"] == ["uvicorn.plain"]
    assert document["machine"] == {"cores": "2"}
    assert document["repeatability"] == [
        {
            **{"metric": "uvicorn.plain.throughput_rps", "ratio": 0.9, "low": 0.85, "high": 0.95},
            **{"pairs": 56, "scale": "ratio"},
        }
    ]


def test_junit_has_a_case_for_each_metric() -> None:
    """Regressed fails, missing is an error, undecided is skipped."""
    suite = ElementTree.fromstring(check_documents.junit(CHECK))
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "7", "failures": "1", "errors": "1", "skipped": "2"}
    tags = {case.get("name"): [child.tag for child in case] for case in suite}
    assert tags["uvicorn.plain.latency_p50_ms"] == ["failure"]
    assert tags["uvicorn.plain.latency_p95_ms"] == ["error"]
    assert tags["uvicorn.plain.server_rss_mib"] == ["skipped"]
    assert tags["uvicorn./plain/.instructions"] == []
    assert suite[0].get("classname") == "main..a|b <script>"


def test_junit_survives_what_xml_cannot_hold() -> None:
    """Escape codes of a log, say."""
    odd = Check("main", "HEAD", {}, (change("latency_p50_ms", "regressed", reason="\x1b[31m"),))
    (failure,) = ElementTree.fromstring(check_documents.junit(odd))[0]
    assert failure.get("message") == "regressed: ?[31m"


def test_github_action_benchmark_gets_a_file_for_each_direction() -> None:
    """What is missing is left out: 0 would be a point on its chart."""
    bigger = json.loads(check_documents.bigger_is_better(CHECK))
    smaller = json.loads(check_documents.smaller_is_better(CHECK))
    assert bigger == [
        {
            "name": "uvicorn.plain.throughput_rps",
            "unit": "requests/s",
            "value": 105.0,
            "range": "± 1",  # 105 x (1.06 - 1.04) / 1.05 / 2
            "extra": "improved: because",
        }
    ]
    units = {entry["name"].rpartition(".")[2]: entry["unit"] for entry in smaller}
    assert units == {
        "latency_p50_ms": "ms",
        "server_rss_mib": "MiB",
        "server_cpu_ms_per_request": "ms/request",
        "error_share": "share",
        "instructions": "instructions per request",
    }
    assert "range" not in smaller[2]


def test_bencher_gets_values_with_bounds() -> None:
    """A benchmark per cell, a measure per metric; bounds only where there are."""
    document = json.loads(check_documents.bencher(CHECK))
    cell = document["uvicorn.plain"]
    assert cell["throughput-rps"] == pytest.approx(
        {"value": 105.0, "lower_value": 104.0, "upper_value": 106.0}
    )
    assert cell["error-share"] == pytest.approx(
        {"value": 0.0, "lower_value": -0.0002, "upper_value": 0.0004}
    )
    assert cell["server-cpu-ms-per-request"] == {"value": 105.0}
    assert "latency-p95-ms" not in cell
    assert document["uvicorn./plain/"] == {"instructions-per-request": {"value": 990_000}}
