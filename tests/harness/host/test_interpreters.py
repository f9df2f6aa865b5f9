"""The interpreter of a project, by the files that the programs leave that keep environments."""

import base64
import hashlib
import sys
from pathlib import Path

import pytest

from harness.host.interpreters import interpreter

OWN = Path(sys.prefix)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project's folder, for somebody with an empty home and no programs."""
    for name in ("VIRTUAL_ENV", "WORKON_HOME", "PYENV_ROOT", "POETRY_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in ("POETRY_VIRTUALENVS_PATH", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def environment(folder: Path, django: bool = True) -> Path:
    """Make an environment; return its Python."""
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    if django:
        (folder / "lib" / "python3.12" / "site-packages" / "django").mkdir(parents=True)
    return python


def program(tmp_path: Path, name: str, source: str) -> None:
    """Put a program on the path."""
    file = tmp_path / "programs" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!{sys.executable}\n{source}\n")
    file.chmod(0o755)


@pytest.mark.parametrize("name", [".venv", "venv", "env", ".direnv/python-3.12"])
def test_an_environment_within_the_project_is_its_own(site: Path, name: str) -> None:
    """Whatever it is called."""
    assert interpreter([site], OWN) is None
    python = environment(site / name)
    assert interpreter([site], OWN) == python


def test_one_with_django_goes_before_one_that_is_nearer(site: Path) -> None:
    """An environment of tools alone serves nothing."""
    tools = environment(site / ".venv", django=False)
    assert interpreter([site, site.parent], OWN) == tools
    python = environment(site.parent / "venv")
    assert interpreter([site, site.parent], OWN) == python


def test_that_of_uv_may_have_another_name(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a variable that holds for projects with a uv.lock."""
    python = environment(site / "of-uv")
    monkeypatch.setenv("UV_PROJECT_ENVIRONMENT", "of-uv")
    assert interpreter([site], OWN) is None
    (site / "uv.lock").touch()
    assert interpreter([site], OWN) == python


@pytest.mark.parametrize("table", ["project", "tool.poetry"])
def test_that_of_poetry_is_named_by_project_and_folder(
    tmp_path: Path, site: Path, table: str
) -> None:
    """Of several Pythons the newest: 3.12 is newer than 3.9."""
    (site / "pyproject.toml").write_text(f'[{table}]\nname = "My Shop"\n')
    digest = hashlib.sha256(str(site).encode()).digest()
    name = f"my_shop-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    cache = tmp_path / "home" / ".cache" / "pypoetry" / "virtualenvs"
    environment(cache / f"{name}-py3.9")
    python = environment(cache / f"{name}-py3.12")
    environment(cache / "my_shop-OTHERDIR-py3.13")
    assert interpreter([site], OWN) == python


def test_that_of_pipenv_names_its_project(tmp_path: Path, site: Path) -> None:
    """In a file beside it; others belong to other projects."""
    place = tmp_path / "home" / ".local" / "share" / "virtualenvs"
    for name, whose in (("other-AbC", tmp_path), ("site-XyZ", site)):
        environment(place / name)
        (place / name / ".project").write_text(str(whose))
    assert interpreter([site], OWN) == place / "site-XyZ" / "bin" / "python"


def test_that_of_pyenv_is_a_version_with_the_site_in_it(tmp_path: Path, site: Path) -> None:
    """3.12 is its newest; a bare version has nothing of the site."""
    versions = tmp_path / "home" / ".pyenv" / "versions"
    (site / ".python-version").write_text("3.12\n")
    environment(versions / "3.12.9", django=False)
    assert interpreter([site], OWN) is None
    environment(versions / "3.12.2")
    python = environment(versions / "3.12.10")
    assert interpreter([site], OWN) == python
    (site / ".python-version").write_text("shop\n")
    named = environment(versions / "shop")
    assert interpreter([site], OWN) == named


@pytest.mark.parametrize(("file", "name"), [("poetry.lock", "poetry"), ("Pipfile", "pipenv")])
def test_a_program_is_asked_where_no_file_tells(
    tmp_path: Path, site: Path, file: str, name: str
) -> None:
    """Only in a project of its own, and its last line is the answer."""
    python = environment(tmp_path / "elsewhere")
    program(tmp_path, name, f"print('a word of warning'); print({str(tmp_path / 'elsewhere')!r})")
    assert interpreter([site], OWN) is None
    (site / file).touch()
    assert interpreter([site], OWN) == python
    program(tmp_path, name, "raise SystemExit('no environment')")
    assert interpreter([site], OWN) is None


def test_an_active_environment_goes_last_and_the_suites_is_none(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who runs the suite may have activated either."""
    monkeypatch.setenv("VIRTUAL_ENV", str(OWN))
    assert interpreter([site], OWN) is None
    active = environment(site.parent / "active")
    monkeypatch.setenv("VIRTUAL_ENV", str(active.parent.parent))
    assert interpreter([site], OWN) == active
    python = environment(site / ".venv")
    assert interpreter([site], OWN) == python
