"""A check as documents that people and other tools read. Pure: a Check in, text out."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.checks.instructions import BLIND, InstructionChange
from harness.checks.judge import Change, Verdict
from harness.checks.metric import judged, moved, size
from harness.checks.outcome import Check
from harness.core.labels import markdown_table
from harness.core.units import significant
from harness.report.wording import VERDICTS, interval, move

SCHEMA = 1

# GitHub takes comments of up to 65,536 characters; in bytes that is the safe side.
COMMENT_BYTES = 64_000
OPENING, CLOSING = "<details>", "</details>"
CUT = "\n\n*Cut here, as a comment holds no more; check.json has all of it.*\n"

# Their spaces do not break: a mark stands beside its word in a narrow column too.
MARKS: dict[Verdict, str] = {
    "improved": "▲\N{NO-BREAK SPACE}improved",
    "unchanged": "=\N{NO-BREAK SPACE}unchanged",
    "regressed": "▼\N{NO-BREAK SPACE}**regressed**",
    "undecided": f"~\N{NO-BREAK SPACE}{VERDICTS['undecided']}",
    "missing": "?\N{NO-BREAK SPACE}**missing**",
}
# A comment is about 800 pixels wide: sentences beside numbers would make every row a page long.
HEADINGS = ("metric", "verdict", "change", "95% interval", "BASE", "HEAD")
GROUNDS_HEADINGS = ("metric", "reason", "smallest detectable change", "pairs")
INSTRUCTION_HEADINGS = (
    "instructions",
    "of a request, or a start",
    "BASE",
    "HEAD",
    "change",
    "verdict",
)
TAGS: dict[Verdict, str] = {"regressed": "failure", "missing": "error", "undecided": "skipped"}
SPECIAL = re.compile(r"([\\`*_~|<>\[\]#])")
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def markdown(check: Check) -> str:
    """Return check.md, fit for a comment on a pull request: never more than 64 kB.

    What is decided comes first, then what is not. Folded are what is unchanged, the reasons and
    the machine.
    """
    verdict = VERDICTS[check.outcome.verdict]
    unchanged = [change for change in check.changes if change.verdict == "unchanged"]
    others = [change for change in check.changes if change.verdict != "unchanged"]
    others.sort(key=lambda change: change.verdict == "undecided")
    grounds = [_grounds(change) for change in check.changes]
    machine = [(_plain(fact), _plain(value)) for fact, value in check.machine.items()]
    lines = chain(
        (f"# {verdict}: {_plain(check.head)} against {_plain(check.base)}", ""),
        (_plain(check.outcome.reason), ""),
        _table(others),
        _instruction_table(check.instructions),
        (f"- {_plain(note)}" for note in check.notes),
        ("",),
        _folded(f"{len(unchanged)} of {len(check.changes)} unchanged", _table(unchanged)),
        _folded("Why each verdict", (markdown_table(GROUNDS_HEADINGS, grounds),)),
        _folded("Machine", (markdown_table(("machine", ""), machine),)),
    )
    return _fit("\n".join(lines))


def _table(changes: Sequence[Change]) -> tuple[str, ...]:
    return (markdown_table(HEADINGS, [_row(change) for change in changes]),) if changes else ()


def _folded(title: str, lines: Sequence[str]) -> tuple[str, ...]:
    """Return lines behind a title that a reader opens; the empty line begins Markdown anew."""
    return (OPENING, f"<summary>{title}</summary>", "", *lines, CLOSING, "") if lines else ()


def as_json(check: Check) -> str:
    """Return check.json: every field of the check."""
    facts = {"schema": SCHEMA, **asdict(check), "machine": dict(check.machine)}
    for name in ("changes", "repeatability"):
        for entry, result in zip(facts[name], getattr(check, name), strict=True):
            entry["metric"] = str(result.metric)
    for entry, count in zip(facts["instructions"], check.instructions, strict=True):
        entry["cells"] = [str(cell) for cell in count.cells]
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"


def junit(check: Check) -> str:
    """Return JUnit XML: a test case per metric, undecided ones skipped, missing ones errors."""
    cases: list[tuple[str, Verdict, str]] = [
        *((str(change.metric), change.verdict, change.reason) for change in check.changes),
        *((count.name, count.verdict, _instructions(count)) for count in check.instructions),
    ]
    suite = ElementTree.Element("testsuite", {"name": "check", **_totals(cases)})
    revisions = _legal(f"{check.base}..{check.head}")
    for name, verdict, reason in cases:
        labels = {"classname": revisions, "name": _legal(name)}
        case = ElementTree.SubElement(suite, "testcase", labels)
        if verdict in TAGS:
            message = _legal(f"{verdict}: {reason}")
            ElementTree.SubElement(case, TAGS[verdict], {"message": message})
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _totals(cases: Sequence[tuple[str, Verdict, str]]) -> dict[str, str]:
    """Return the counts that JUnit wants in front of its cases."""
    tags = [TAGS.get(verdict) for _, verdict, _ in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
    }


def smaller_is_better(check: Check) -> str:
    """Return what github-action-benchmark reads as its tool `customSmallerIsBetter`."""
    entries = [
        _entry(change)
        for change in _measured(check)
        if not judged(change.metric).entry.more_is_better
    ]
    entries += [
        {
            "name": count.name,
            "unit": f"instructions {count.unit}",
            "value": count.head,
            "extra": f"{count.verdict}: {_instructions(count)}",
        }
        for count in check.instructions
    ]
    return json.dumps(entries, indent=2, allow_nan=False) + "\n"


def bigger_is_better(check: Check) -> str:
    """Return what github-action-benchmark reads as its tool `customBiggerIsBetter`."""
    entries = [
        _entry(change) for change in _measured(check) if judged(change.metric).entry.more_is_better
    ]
    return json.dumps(entries, indent=2, allow_nan=False) + "\n"


def bencher(check: Check) -> str:
    """Return HEAD in the Bencher Metric Format: benchmark (the cell), measure, value and bounds."""
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for change in _measured(check):
        measures = benchmarks.setdefault(str(change.metric.cell), {})
        measures[change.metric.name.replace("_", "-")] = _bencher_entry(change)
    for count in check.instructions:
        measures = benchmarks.setdefault(f"{count.deployment}.{count.path}", {})
        measures[f"instructions-{count.unit.replace(' ', '-')}"] = {"value": count.head}
    return json.dumps(benchmarks, indent=2, allow_nan=False) + "\n"


def _bencher_entry(change: Change) -> dict[str, float]:
    value, low, high = _bounds(change)
    if low is None or high is None:
        return {"value": value}
    return {"value": value, "lower_value": low, "upper_value": high}


def _measured(check: Check) -> list[Change]:
    """Return what is not missing: these formats have no word for it, and 0 would be a lie."""
    return [change for change in check.changes if change.head is not None]


def _entry(change: Change) -> dict[str, Any]:
    value, low, high = _bounds(change)
    spread = {} if low is None or high is None else {"range": f"± {(high - low) / 2:.4g}"}
    unit = judged(change.metric).entry.document_unit
    extra = f"{change.verdict}: {change.reason}"
    return {"name": str(change.metric), "unit": unit, "value": value, **spread, "extra": extra}


def _bounds(change: Change) -> tuple[float, float | None, float | None]:
    """Return what HEAD came to, and the interval of the comparison laid around it."""
    head = change.head or 0.0
    middle = change.ratio or 0.0
    if change.low is None or change.high is None:
        return head, None, None
    if change.scale == "difference":
        return head, head + change.low - middle, head + change.high - middle
    return head, head * change.low / middle, head * change.high / middle


def _row(change: Change) -> tuple[str, ...]:
    return (
        _plain(str(change.metric)),
        MARKS[change.verdict],
        move(change, change.ratio),
        interval(change),
        "" if change.base is None else significant(change.base),
        "" if change.head is None else significant(change.head),
    )


def _grounds(change: Change) -> tuple[str, ...]:
    return (
        _plain(str(change.metric)),
        _plain(change.reason),
        "" if change.smallest_seen is None else size(change.smallest_seen, judged(change.metric)),
        str(change.pairs),
    )


def _instruction_table(counts: Sequence[InstructionChange]) -> tuple[str, ...]:
    """Return the table of instructions, and what it does not show; nothing without counts."""
    if not counts:
        return ()
    return markdown_table(INSTRUCTION_HEADINGS, map(_instruction_row, counts)), BLIND, ""


def _instruction_row(count: InstructionChange) -> tuple[str, ...]:
    return (
        _plain(count.deployment),
        _plain(count.path),
        f"{count.base:,.0f}",
        f"{count.head:,.0f}",
        moved(count.ratio),
        MARKS[count.verdict],
    )


def _instructions(count: InstructionChange) -> str:
    return f"{count.base:,.0f} to {count.head:,.0f} instructions {count.unit}"


def _fit(text: str) -> str:
    """Return a text cut after the last whole line that leaves room to say so."""
    if len(text.encode()) <= COMMENT_BYTES:
        return text
    room = COMMENT_BYTES - len(f"\n{CLOSING}{CUT}".encode())
    head = text.encode()[:room].decode(errors="ignore").rpartition("\n")[0]
    within = head.count(OPENING) > head.count(CLOSING)
    return head + (f"\n{CLOSING}" if within else "") + CUT


def _plain(text: str) -> str:
    """Return a text without line ends and without what Markdown would read as a mark."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _legal(text: str) -> str:
    """Return a text without what XML 1.0 cannot hold, such as the colours of a log."""
    return NOT_XML.sub("?", text)


DOCUMENTS: dict[str, Callable[[Check], str]] = {
    "check.md": markdown,
    "check.json": as_json,
    "junit.xml": junit,
    "smaller-is-better.json": smaller_is_better,
    "bigger-is-better.json": bigger_is_better,
    "bencher.json": bencher,
}


def write(check: Check, folder: Path) -> None:
    """Write all documents of a check into its folder."""
    for name, document in DOCUMENTS.items():
        (folder / name).write_text(document(check))
