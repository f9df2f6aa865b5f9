"""Write a check as documents that people and other tools read. Pure: a Check in, text out."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.checks.instructions import BLIND, InstructionChange
from harness.checks.judge import Change, Verdict
from harness.checks.metric import judged, moved, size
from harness.checks.outcome import Check
from harness.core.units import significant
from harness.report import check_documents

SCHEMA = 1

# GitHub takes comments of up to 65,536 characters; in bytes that is the safe side.
COMMENT_BYTES = 64_000
CUT = "\n\n*Cut here, as a comment holds no more; check.json has all of it.*\n"

MARKS: dict[Verdict, str] = {
    "improved": "▲ improved",
    "unchanged": "= unchanged",
    "regressed": "▼ **regressed**",
    "undecided": "~ undecided",
    "missing": "? **missing**",
}
HEADINGS = (
    *("metric", "BASE", "HEAD", "change", "95% interval", "verdict"),
    *("would have seen", "pairs", "because"),
)
SPECIAL = re.compile(r"([\\`*_~|<>\[\]#])")
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def markdown(check: Check) -> str:
    """Write check.md, fit for a comment on a pull request: never more than 64 kB."""
    lines = chain(
        (f"# {check.outcome.verdict}: {_plain(check.head)} against {_plain(check.base)}", ""),
        (_plain(check.outcome.reason), ""),
        _table(HEADINGS, [_row(change) for change in check.changes]),
        _counted(check.instructions),
        (f"- {_plain(note)}" for note in check.notes),
        ("",),
        _table(("machine", ""), [(_plain(k), _plain(v)) for k, v in check.machine.items()]),
    )
    return _fit("\n".join(lines))


def as_json(check: Check) -> str:
    """Write check.json: every field of the check."""
    facts = {"schema": SCHEMA, **asdict(check), "machine": dict(check.machine)}
    for name in ("changes", "repeatability"):
        for entry, of in zip(facts[name], getattr(check, name), strict=True):
            entry["metric"] = str(of.metric)
    for entry, count in zip(facts["instructions"], check.instructions, strict=True):
        entry["cells"] = [str(cell) for cell in count.cells]
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"


def junit(check: Check) -> str:
    """Write JUnit XML: a test case per metric, undecided ones skipped, missing ones errors."""
    found: list[tuple[str, Verdict, str]] = []
    found += [(str(c.metric), c.verdict, c.reason) for c in check.changes]
    found += [(c.name, c.verdict, _instructions(c)) for c in check.instructions]
    tags: dict[Verdict, str] = {"regressed": "failure", "missing": "error", "undecided": "skipped"}
    count = {
        kind: str(sum(tags.get(verdict) == tag for _, verdict, _ in found))
        for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))
    }
    suite = ElementTree.Element("testsuite", {"name": "check", "tests": str(len(found)), **count})
    for name, verdict, reason in found:
        labels = {"classname": _legal(f"{check.base}..{check.head}"), "name": _legal(name)}
        case = ElementTree.SubElement(suite, "testcase", labels)
        if verdict in tags:
            message = _legal(f"{verdict}: {reason}")
            ElementTree.SubElement(case, tags[verdict], {"message": message})
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def smaller_is_better(check: Check) -> str:
    """Write what github-action-benchmark reads as its tool `customSmallerIsBetter`."""
    entries = [_entry(c) for c in _measured(check) if not judged(c.metric).entry.more_is_better]
    entries += [
        {
            **{"name": c.name, "unit": f"instructions {c.unit}", "value": c.head},
            "extra": f"{c.verdict}: {_instructions(c)}",
        }
        for c in check.instructions
    ]
    return json.dumps(entries, indent=2, allow_nan=False) + "\n"


def bigger_is_better(check: Check) -> str:
    """Write what github-action-benchmark reads as its tool `customBiggerIsBetter`."""
    entries = [_entry(c) for c in _measured(check) if judged(c.metric).entry.more_is_better]
    return json.dumps(entries, indent=2, allow_nan=False) + "\n"


def bencher(check: Check) -> str:
    """Write HEAD in the Bencher Metric Format: benchmark (the cell), measure, value and bounds."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for change in _measured(check):
        value, low, high = _bounds(change)
        entry = {"value": value, "lower_value": low, "upper_value": high}
        known = {name: bound for name, bound in entry.items() if bound is not None}
        found.setdefault(str(change.metric.cell), {})[change.metric.name.replace("_", "-")] = known
    for count in check.instructions:
        cell = f"{count.deployment}.{count.path}"
        measure = f"instructions-{count.unit.replace(' ', '-')}"
        found.setdefault(cell, {})[measure] = {"value": count.head}
    return json.dumps(found, indent=2, allow_nan=False) + "\n"


def _measured(check: Check) -> list[Change]:
    """Leave out what is missing: these formats have no word for it, and 0 would be a lie."""
    return [change for change in check.changes if change.head is not None]


def _entry(change: Change) -> dict[str, Any]:
    value, low, high = _bounds(change)
    spread = {} if low is None or high is None else {"range": f"± {(high - low) / 2:.4g}"}
    unit = judged(change.metric).entry.document_unit
    extra = f"{change.verdict}: {change.reason}"
    return {"name": str(change.metric), "unit": unit, "value": value, **spread, "extra": extra}


def _bounds(change: Change) -> tuple[float, float | None, float | None]:
    """Give what HEAD came to, and the interval of the comparison laid around it."""
    head, middle = change.head or 0.0, change.ratio or 0.0
    if change.low is None or change.high is None:
        return head, None, None
    if change.scale == "difference":
        return head, head + change.low - middle, head + change.high - middle
    return head, head * change.low / middle, head * change.high / middle


def _row(change: Change) -> tuple[str, ...]:
    def told(ratio: float | None) -> str:
        return "" if ratio is None else moved(ratio, kind)

    kind = judged(change.metric)
    interval = "" if change.low is None else f"{told(change.low)} to {told(change.high)}"
    seen = "" if change.smallest_seen is None else size(change.smallest_seen, kind)
    sides = ("" if side is None else significant(side) for side in (change.base, change.head))
    return (
        *(_plain(str(change.metric)), *sides, told(change.ratio), interval, MARKS[change.verdict]),
        *(seen, str(change.pairs), _plain(change.reason)),
    )


def _counted(counts: Sequence[InstructionChange]) -> tuple[str, ...]:
    """Write the table of instructions, and what it does not show; nothing without counts."""
    if not counts:
        return ()
    rows = [
        (
            *(_plain(c.deployment), _plain(c.path), f"{c.base:,.0f}", f"{c.head:,.0f}"),
            *(moved(c.ratio), MARKS[c.verdict]),
        )
        for c in counts
    ]
    headings = ("instructions", "of a request, or a start", "BASE", "HEAD", "change", "verdict")
    return (*_table(headings, rows), BLIND, "")


def _instructions(count: InstructionChange) -> str:
    return f"{count.base:,.0f} to {count.head:,.0f} instructions {count.unit}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[str, ...]:
    lines = (headings, ["---"] * len(headings), *rows)
    return (*(f"| {' | '.join(line)} |" for line in lines), "")


def _fit(text: str) -> str:
    """Cut after the last whole line that leaves room to say so."""
    if len(text.encode()) <= COMMENT_BYTES:
        return text
    kept = text.encode()[: COMMENT_BYTES - len(CUT.encode())].decode(errors="ignore")
    return kept.rpartition("\n")[0] + CUT


def _plain(text: str) -> str:
    """Take from a text what Markdown would read as a mark, and its line ends."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _legal(text: str) -> str:
    """Replace what XML 1.0 cannot hold, such as the colours of a log."""
    return NOT_XML.sub("?", text)


DOCUMENTS: dict[str, Callable[[Check], str]] = {
    "check.md": check_documents.markdown,
    "check.json": check_documents.as_json,
    "junit.xml": check_documents.junit,
    "smaller-is-better.json": check_documents.smaller_is_better,
    "bigger-is-better.json": check_documents.bigger_is_better,
    "bencher.json": check_documents.bencher,
}


def write(check: Check, folder: Path) -> None:
    """Write all documents of a check into its folder."""
    for name, document in DOCUMENTS.items():
        (folder / name).write_text(document(check))
