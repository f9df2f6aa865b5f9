"""A Django project is read from its files, wherever they are below the folder that is named."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.host.project import read

MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{}")\n'


def project(folder: Path, **settings: str) -> Path:
    """Write a project below a folder, with the settings that each of its files names."""
    (folder / "shop").mkdir(parents=True)
    for name, module in settings.items():
        place = folder if name == "manage" else folder / "shop"
        (place / f"{name}.py").write_text(MANAGE.format(module))
    return folder


def test_settings_are_those_of_the_entry_points_before_those_of_manage(tmp_path: Path) -> None:
    """What is deployed goes before what is developed with."""
    names = {"manage": "shop.local", "wsgi": "shop.production", "asgi": "shop.production"}
    here = read(project(tmp_path, **names))
    assert here.settings == ("shop.production", "shop.local")
    assert (here.wsgi, here.asgi) == ("shop.wsgi:application", "shop.asgi:application")


def test_a_project_may_lie_below_the_folder_and_lack_an_entry_point(tmp_path: Path) -> None:
    """Entry points are modules from the folder of manage.py on."""
    project(tmp_path / "src" / "site", manage="shop.settings", wsgi="shop.settings")
    here = read(tmp_path)
    assert here.directory == tmp_path / "src" / "site"
    assert (here.wsgi, here.asgi) == ("shop.wsgi:application", None)


def test_what_is_installed_is_no_part_of_a_project(tmp_path: Path) -> None:
    """An environment may hold other projects."""
    project(tmp_path, manage="shop.settings")
    inside = tmp_path / "venv" / "lib"
    inside.mkdir(parents=True)
    (inside / "wsgi.py").write_text(MANAGE.format("other.settings"))
    assert read(tmp_path).wsgi == "lib.wsgi:application".replace("lib", "venv.lib")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    assert read(tmp_path).wsgi is None


def test_its_interpreter_and_variables_are_beside_it_or_above(tmp_path: Path) -> None:
    """Those nearest to manage.py first."""
    folder = project(tmp_path / "repository" / "site", manage="shop.settings").parent
    (folder / ".env").write_text("A=1\n")
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    here = read(folder)
    assert (here.python, here.env_file) == (python, folder / ".env")


def test_a_folder_without_manage_is_refused(tmp_path: Path) -> None:
    """With what to name instead."""
    with pytest.raises(
        BenchError, match=r"no manage\.py there or 3 folders below; name the folder"
    ):
        read(tmp_path)
