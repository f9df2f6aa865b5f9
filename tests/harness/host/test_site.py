"""A site as its own interpreter sees it, where that ends before it can say anything."""

import sys
from pathlib import Path

import psutil
import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.host import site
from tests.support.builders import DEPLOYMENTS


def application(folder: Path, source: str) -> Application:
    """Write an entry point, and return the application that has it."""
    (folder / "entry.py").write_text(source)
    return Application(
        directory=folder, wsgi="entry:application", asgi="entry", python=Path(sys.executable)
    )


DEPLOYMENT = DEPLOYMENTS[0].model_copy(update={"command": ("{python}", "serve.py", "{wsgi}")})


def test_what_an_interpreter_printed_before_it_died_is_shown(tmp_path: Path) -> None:
    """An entry point may end the process without raising anything."""
    dying = application(tmp_path, "import os\nprint('out of licences', flush=True)\nos._exit(3)\n")
    with pytest.raises(BenchError, match=r"cannot be imported by .*\(ended with status 3\)") as it:
        site.served(dying, DEPLOYMENT)
    assert str(it.value).endswith("    out of licences\n    ended with status 3")


def test_a_helper_that_an_entry_point_starts_is_not_waited_for_and_ends(tmp_path: Path) -> None:
    """In a session of its own, with the output of the import as its own."""
    helper = f"[{sys.executable!r}, '-c', 'import time; time.sleep(60)']"
    source = f"import subprocess\nhelper = subprocess.Popen({helper}, start_new_session=True)\n"
    source += "open('pid', 'w').write(str(helper.pid))\napplication = print\n"
    assert site.served(application(tmp_path, source), DEPLOYMENT)["python"]
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_where_an_entry_point_raised_is_shown(tmp_path: Path) -> None:
    """With its last line as the reason."""
    with pytest.raises(BenchError, match=r"\(ZeroDivisionError: division by zero\)") as it:
        site.served(application(tmp_path, "application = 1 / 0\n"), DEPLOYMENT)
    assert "entry.py" in str(it.value)


def test_an_application_without_django_has_the_versions_alone(tmp_path: Path) -> None:
    """Nothing is guessed of its settings."""
    facts = site.served(application(tmp_path, "application = print\n"), DEPLOYMENT)
    assert facts.keys() == {"python", "packages"}
