"""The direction of imports: who may know whom."""

import ast
import sys
from pathlib import Path

import pytest

HARNESS = Path("scripts/harness")

# Bottom first; a module imports only from the lines above its own.
LAYERS = (
    ("model", "bounds", "slowed", "upstream"),
    ("findings", "units", "truth"),
    ("stats", "parts", "plan", "price", "processes", "rows", "sockets", "envelope"),
    ("machine", "freeze", "latency_log", "limits", "estimates", "changepoints", "window"),
    ("kernel", "paired", "revisions"),
    ("room", "repeatability"),
    ("server", "load", "meter"),
    ("results", "evidence", "timelines", "instructions", "power"),
    ("checks",),
    ("outputs",),
    ("measure", "synthetic"),
    ("gates", "verdict", "calibration", "runs"),
    ("phrases", "costs", "duel"),
    ("check_files", "entries"),
    ("regression",),
    ("rehearsal", "archive", "drift", "trends"),
    ("open_loops",),
    ("answers", "caveats", "noise"),
    ("summaries", "tables"),
    ("series",),
    ("sheet",),
    ("strokes",),
    ("chart_c10k", "chart_forest", "chart_parts", "chart_price", "chart_slots", "chart_trend"),
    ("charts", "page"),
    ("experiment", "analysis"),
    ("console",),
)

# What may be imported in few places only.
ALONE = {
    "matplotlib": {
        *("charts.py", "chart_c10k.py", "chart_forest.py", "chart_parts.py", "chart_price.py"),
        *("chart_slots.py", "chart_trend.py", "sheet.py", "strokes.py"),
    },
    "hdrh": {"latency_log.py"},
    "jinja2": {"page.py"},
    "rich": {"console.py"},
    "ruptures": {"changepoints.py"},
}

OURS = {path.stem for path in HARNESS.glob("*.py")} - {"__init__"}


def imported(path: Path) -> set[str]:
    """List the modules that a file imports, in full."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def tops(path: Path) -> set[str]:
    """List the top-level packages that a file imports."""
    return {name.partition(".")[0] for name in imported(path)}


def sources(folder: str) -> list[Path]:
    """List the Python files below a folder."""
    return sorted(Path(folder).rglob("*.py"))


def test_every_module_of_the_harness_has_its_place() -> None:
    """None is missing in the layers, none is there twice."""
    placed = [name for layer in LAYERS for name in layer]
    assert sorted(placed) == sorted(OURS)


@pytest.mark.parametrize("module", sorted(OURS))
def test_a_module_imports_only_from_below(module: str) -> None:
    """The layers above it are unknown to it, and so are its neighbours."""
    level = next(n for n, layer in enumerate(LAYERS) if module in layer)
    below = {name for layer in LAYERS[:level] for name in layer}
    names = imported(HARNESS / f"{module}.py")
    known = {name.split(".")[1] for name in names if name.startswith("harness.")}
    assert known & OURS <= below


@pytest.mark.parametrize(
    ("folder", "unknown"),
    [
        ("app", {"harness", "locust", "_client", "_staircase", "_recorder", "bench", "report"}),
        ("loadtests", {"harness", "config", "workloads", "django", "bench", "report"}),
        ("scripts", {"config", "workloads", "django", "locust", "gevent", "_client", "_recorder"}),
    ],
)
def test_the_three_parts_meet_only_as_processes_and_files(folder: str, unknown: set[str]) -> None:
    """Which lets an application live in a virtual environment of its own."""
    for path in sources(folder):
        assert not tops(path) & unknown, path


@pytest.mark.parametrize(("package", "homes"), ALONE.items())
def test_what_draws_and_prints_stays_in_its_place(package: str, homes: set[str]) -> None:
    """So that it can be exchanged there."""
    assert {path.name for path in sources("scripts") if package in tops(path)} == homes


def test_the_scripts_are_thin() -> None:
    """Verbs of under 80 lines that can be read as the story."""
    for path in Path("scripts").glob("*.py"):
        assert len(path.read_text().splitlines()) < 80, path


def test_the_upstream_stands_alone() -> None:
    """It needs nothing but the standard library, uvloop and httptools."""
    assert tops(HARNESS / "upstream.py") - set(sys.stdlib_module_names) == {"uvloop", "httptools"}
