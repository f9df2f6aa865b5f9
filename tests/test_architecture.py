"""The direction of imports: who may know whom."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

HARNESS = Path("scripts/harness")

# What may be imported in few places only.
ALONE = {
    "hdrh": {"latency_log.py"},
    "jinja2": {"moving_lanes.py", "page.py"},
    "psycopg": {"database.py"},
    "ruptures": {"changepoints.py"},
}


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


def test_imports_point_down_through_the_eight_wings() -> None:
    """As the contracts in pyproject.toml have it; import-linter names what breaks them."""
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    answer = subprocess.run(linter, env={"PYTHONPATH": "scripts"}, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout


def test_the_served_application_imports_nothing_by_the_rig() -> None:
    """It puts `harness.rig.slowdown` in front of itself, in an environment of its own."""
    for package in (HARNESS, HARNESS / "rig"):
        assert not imported(package / "__init__.py")


@pytest.mark.parametrize(
    ("folder", "unknown"),
    [
        ("app", {"harness", "locust", "_client", "_staircase", "_recorder", "bench", "report"}),
        ("loadtests", {"harness", "config", "workloads", "django", "bench", "report", "work"}),
        (
            "scripts",
            {"config", "workloads", "django", "locust", "gevent", "_client", "_recorder", "work"},
        ),
    ],
)
def test_the_parts_meet_only_as_processes_and_files(folder: str, unknown: set[str]) -> None:
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


@pytest.mark.parametrize(
    ("text", "homes"),
    [
        ("scenario.load or ", {"plan.py"}),  # Plan.load_of
        ("np.quantile", set()),  # harness.core.statistics.percentile
        ("np.percentile", set()),
        (".quantile(", set()),
    ],
)
def test_what_is_computed_has_one_home(text: str, homes: set[str]) -> None:
    """A second way to do it would be right until one of both changes."""
    assert {path.name for path in sources("scripts") if text in path.read_text()} == homes


def test_the_upstream_stands_alone() -> None:
    """It needs nothing but the standard library, uvloop and httptools."""
    assert tops(HARNESS / "rig" / "upstream.py") - set(sys.stdlib_module_names) == {
        "uvloop",
        "httptools",
    }


def test_the_execution_models_stand_alone() -> None:
    """They need nothing but the standard library, and the engines that two of them show."""
    needed = set[str]().union(*map(tops, sources("models"))) - set(sys.stdlib_module_names)
    assert needed == {"work", "event_loop", "uvloop", "gevent"}


def test_the_database_of_a_session_stands_alone() -> None:
    """It needs nothing but the standard library, and the programs that it starts."""
    assert tops(HARNESS / "rig" / "postgres.py") <= set(sys.stdlib_module_names)
