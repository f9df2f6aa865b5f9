"""What a locustfile says of itself before it runs: its modules, and the client that it asks by.

It is read and not run: running it may take long, and is Locust's part.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.core.errors import BenchError
from harness.core.plan import Scenario
from harness.host import environments, packages

LOADTESTS = Path(__file__).resolve().parents[3] / "loadtests"

VIEWS = ("options.views", ".ask_wait(", ".ask_plain(")
"""By what a lean user asks for the views that `views` of a deployment names."""

LACKING = """
import importlib.util, sys
print(*(name for name in sys.argv[1:] if importlib.util.find_spec(name) is None))
"""


def check(scenario: Scenario) -> None:
    """Install what a scenario requires; raise BenchError where its locustfile lacks a module."""
    if scenario.requirements is not None:
        environments.install(scenario.requirements)
    if scenario.locustfile is None:
        return
    imports = {name: path for path, name in _foreign_imports(scenario.locustfile)}
    lacking = _lacking(environments.interpreter(scenario.requirements), sorted(imports))
    for name in lacking:
        raise BenchError(
            f"scenario {scenario.name}: {imports[name].name} imports {name}, which is not "
            f"installed beside Locust; {_cure(lacking)}"
        )


def _cure(lacking: list[str]) -> str:
    """Return what installs packages: a group of the suite that has them all, or a list."""
    groups = packages.groups_for(lacking)
    if len(groups) == 1:
        return packages.setup(groups[0])
    return 'list it in requirements = "FILE" of the scenario'


def asks_by_requests(scenario: Scenario) -> bool:
    """Return whether a user class of a scenario is an HttpUser, which costs more per request."""
    if scenario.locustfile is None:
        return False
    bases = {
        node.name: [_last_name(base) for base in node.bases]
        for _, tree in _own_modules(scenario.locustfile)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    pending = [*(scenario.users or bases)]
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in seen:
            seen.add(name)
            pending += bases.get(name, [])
    return "HttpUser" in seen


def asks_for_views(scenario: Scenario) -> bool:
    """Return whether a locustfile asks for sync or async views, as those of the suite do."""
    if scenario.locustfile is None:
        return False
    text = ast.unparse(_parse(scenario.locustfile))
    return any(word in text for word in VIEWS)


def _last_name(base: ast.expr) -> str:
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


def _own_modules(locustfile: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield a locustfile and the modules beside it that it imports, each once."""
    pending, seen = [locustfile], set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        tree = _parse(path)
        yield path, tree
        pending += [own for name in _imports(tree) if (own := _beside(locustfile, name))]


def _foreign_imports(locustfile: Path) -> Iterator[tuple[Path, str]]:
    """Yield the modules that it imports of neither itself, this suite nor the standard library."""
    for path, tree in _own_modules(locustfile):
        for name in _imports(tree):
            ours = (LOADTESTS / f"{name}.py").exists() or (locustfile.parent / name).is_dir()
            if name not in sys.stdlib_module_names and not ours and not _beside(locustfile, name):
                yield path, name


def _imports(tree: ast.Module) -> Iterator[str]:
    """Yield the packages that a module cannot do without: others stand in `try` or functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _beside(locustfile: Path, name: str) -> Path | None:
    own = locustfile.parent / f"{name}.py"
    return own if own.exists() else None


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        raise BenchError(f"{path}, line {error.lineno}: {error.msg}; correct it") from None


def _lacking(python: str, names: list[str]) -> list[str]:
    """Return which packages an interpreter does not have."""
    if not names:
        return []
    answer = subprocess.run(
        [python, "-c", LACKING, *names], capture_output=True, text=True, check=True
    )
    return answer.stdout.split()
