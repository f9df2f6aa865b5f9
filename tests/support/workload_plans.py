"""The plans of single workloads for tests: shortened, narrowed to few servers, carried out."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

from tests.support.bench import Bench

PLANS = Path("loadtests/plans")

FEW = 4
"""Users, where none of a plan's figures needs more."""


SHORT: Mapping[str, float] = MappingProxyType({"settle_s": 0.2, "measure_s": 1.5})


def shorten(
    name: str,
    changes: Mapping[str, str] = MappingProxyType({}),
    users: int = FEW,
    lasting: Mapping[str, float] = SHORT,
) -> str:
    """Return the text of a plan with one round and one load step, short, of a few users.

    Before that, `changes` of whole lines, by patterns that the plan has, are made.
    """
    text = (PLANS / f"{name}.toml").read_text()
    for pattern, line in changes.items():
        text, count = re.subn(rf"^{pattern}$", line, text, flags=re.MULTILINE)
        assert count, pattern
    for key, value in {"rounds": 1, "users": [users], **lasting}.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1
    # As the bench for tests writes paths, which serves plans from a folder of its own.
    text = text.replace('"../../app"', '"app"')
    return text.replace('locustfile = "../', 'locustfile = "loadtests/')


Trials = dict[tuple[str, str], dict[str, str]]


def narrow(text: str, scenario: str, deployments: Collection[str]) -> str:
    """Return a plan with some deployments, the plan's load, and no database.

    Both `scenario` and `deployments` are patterns of names.
    """
    head, *parts = re.split(r"^(?=\[\[|\[load\])", text, flags=re.MULTILINE)
    names = "|".join((scenario, *deployments))
    kept = [part for part in parts if re.search(rf'^\[load\]|^name = "({names})"$', part, re.M)]
    whole = "".join((head, *kept))
    cut = r"^(deployments = \[[^\]]*\]|(load|only) = \{.*\}|reset = .*|\[database\]\n.*)\n"
    return re.sub(cut, "", whole, flags=re.MULTILINE)


def carry_out(
    bench: Bench,
    name: str,
    changes: Mapping[str, str] = MappingProxyType({}),
    users: int = FEW,
) -> Trials:
    """Carry out a shortened plan; return its trials by scenario and deployment."""
    return carry_out_text(bench, shorten(name, changes, users), users=users)


def carry_out_text(bench: Bench, text: str, may_fail: str = "", users: int = FEW) -> Trials:
    """Do the same with the text of a plan.

    No request fails but those to a deployment that `may_fail`.
    """
    status, output, errors = bench.run(text, timeout_s=300)
    assert status == 0, output + errors
    # Settings that differ on purpose are remarked on before the run; nothing else is.
    assert all(line.startswith("preflight: ") for line in errors.splitlines()), errors
    rows = bench.trials()
    assert {row["errors"] for row in rows if row["deployment"] != may_fail} == {"0"}
    assert str(users) in {row["users"] for row in rows}
    return {(row["scenario"], row["deployment"]): row for row in rows}


def figures(trials: Trials, scenario: str, column: str) -> dict[str, float]:
    """Return one figure of each deployment in a scenario."""
    return {name: float(row[column]) for (each, name), row in trials.items() if each == scenario}
