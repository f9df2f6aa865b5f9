"""A locustfile before it runs: the modules that it needs, and the client that it asks by."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Scenario
from harness.host import packages
from harness.host.locustfiles import asks_by_requests, asks_for_views, check


def scenario(folder: Path, text: str, users: tuple[str, ...] = ()) -> Scenario:
    """Write a locustfile and build its scenario."""
    path = folder / "load.py"
    path.write_text(text)
    return Scenario(name="visit", locustfile=path, users=users)


def test_a_module_that_is_not_installed_is_named_with_its_file(tmp_path: Path) -> None:
    """Before the first server starts."""
    with pytest.raises(BenchError) as caught:
        check(scenario(tmp_path, "import no_such_package.of_mine\n"))
    assert str(caught.value) == (
        "scenario visit: load.py imports no_such_package, which is not installed beside Locust; "
        'list it in requirements = "FILE" of the scenario'
    )


def test_a_module_of_a_group_is_installed_by_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The suite's own scenarios need no list."""
    groups = tmp_path / "pyproject.toml"
    groups.write_text('[dependency-groups]\nquick = ["no-such-package>=1"]\n')
    monkeypatch.setattr(packages, "PROJECT", groups)
    with pytest.raises(BenchError, match=r"beside Locust; make setup GROUP=quick$"):
        check(scenario(tmp_path, "import no_such_package\n"))


def test_so_is_one_that_a_module_beside_it_needs(tmp_path: Path) -> None:
    """Locust would fail there as well."""
    (tmp_path / "common.py").write_text("from no_such_package import thing\n")
    with pytest.raises(BenchError, match=r"common\.py imports no_such_package"):
        check(scenario(tmp_path, "from common import thing\n"))


@pytest.mark.parametrize(
    "text",
    [
        "import json, random, locust, requests\nfrom _client import Client\n",
        "import pages.shop\nfrom . import nothing\n",
        "try:\n    import no_such_package\nexcept ImportError:\n    pass\n",
        "def task():\n    import no_such_package\n",
    ],
    ids=["installed", "beside", "tried", "later"],
)
def test_what_is_there_or_may_be_missing_passes(tmp_path: Path, text: str) -> None:
    """The standard library, Locust's packages, ours, folders beside; imports that may fail."""
    (tmp_path / "pages").mkdir()
    check(scenario(tmp_path, text))


def test_a_file_that_is_no_python_is_named_by_its_line(tmp_path: Path) -> None:
    """In one line."""
    with pytest.raises(BenchError, match=r"load\.py, line 2: .*; correct it"):
        check(scenario(tmp_path, "import json\nclass :\n"))


@pytest.mark.parametrize(
    ("text", "users", "by_requests"),
    [
        ("class A(HttpUser): ...", (), True),
        ("class A(locust.HttpUser): ...", (), True),
        ("class A(FastHttpUser): ...", (), False),
        ("class Base(HttpUser): ...\nclass A(Base): ...", ("A",), True),
        ("class A(FastHttpUser): ...\nclass B(HttpUser): ...", ("A",), False),
        ("class A(FastHttpUser): ...\nclass B(HttpUser): ...", (), True),
        ("from common import Shared\nclass A(Shared): ...", (), True),
    ],
)
def test_the_client_is_that_of_the_classes_that_run(
    tmp_path: Path, text: str, users: tuple[str, ...], by_requests: bool
) -> None:
    """Through base classes, also those of a module beside it."""
    (tmp_path / "common.py").write_text("class Shared(HttpUser): ...\n")
    assert asks_by_requests(scenario(tmp_path, text, users)) is by_requests


@pytest.mark.parametrize(
    "name",
    ["wait", "plain", "call", "mixed", "hold", "thundering", "burst", "idle", "account"],
)
def test_the_suites_own_locustfiles_ask_for_views(name: str) -> None:
    """Sync or async ones, of the suite's own application."""
    assert asks_for_views(Scenario(name=name, locustfile=Path("loadtests", f"{name}.py")))


def test_views_of_another_name_are_a_sites_own(tmp_path: Path) -> None:
    """And paths ask for nothing of that kind."""
    assert not asks_for_views(scenario(tmp_path, "class A(HttpUser):\n    views = page.views\n"))
    assert not asks_for_views(Scenario(name="visit", paths=("/",)))  # type: ignore[arg-type]


def test_paths_ask_by_the_lean_client() -> None:
    """They have no locustfile."""
    assert not asks_by_requests(Scenario(name="visit", paths=("/",)))  # type: ignore[arg-type]
