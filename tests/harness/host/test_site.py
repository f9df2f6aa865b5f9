"""A site as its own interpreter sees it, where that ends before it can say anything."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.host import clock, entry_point, site
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


def test_the_folder_of_a_socket_is_no_fact_of_a_database() -> None:
    """A run that goes on has another one."""
    given = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "/tmp/postgres-1a"}
    assert entry_point.database("default", given) == "default postgresql shop by socket"
    elsewhere = entry_point.database("default", given | {"HOST": "db.example"})
    assert elsewhere == "default postgresql shop db.example"


def test_an_application_without_django_has_the_versions_alone(tmp_path: Path) -> None:
    """Nothing is guessed of its settings."""
    facts = site.served(application(tmp_path, "application = print\n"), DEPLOYMENT)
    assert facts.keys() == {"python", "packages", site.SHELL}


SETTINGS = """
import os
first = os.environ.get("OF_SHELL")
second = "NOT_SET" in os.environ
third = os.environ.setdefault("OF_PLAN", "of the entry point")
application = print
"""


def test_variables_of_the_shell_that_a_site_reads_are_facts_without_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither those that the plan sets, nor those that nobody sets, nor those that none reads."""
    for name in ("OF_SHELL", "OF_PLAN", "UNREAD"):
        monkeypatch.setenv(name, "a secret")
    reading = application(tmp_path, SETTINGS).model_copy(
        update={"environment": {"OF_PLAN": "of the plan"}}
    )
    facts = site.served(reading, DEPLOYMENT)
    assert facts[site.SHELL] == "OF_SHELL"
    assert "a secret" not in str(facts)


def test_a_variable_is_the_sites_where_a_library_reads_it_for_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the library's own where it reads it as it is imported."""
    package = tmp_path / "lib" / "site-packages" / "env.py"
    package.parent.mkdir(parents=True)
    package.write_text(
        "import os\nown = os.environ.get('OF_LIBRARY')\ndef read(name): return os.environ[name]\n"
    )
    for name in ("OF_SHELL", "OF_LIBRARY"):
        monkeypatch.setenv(name, "1")
    source = "import sys\nsys.path.append('lib/site-packages')\nimport env\n"
    reading = application(tmp_path, source + "application = env.read('OF_SHELL')\n")
    assert site.served(reading, DEPLOYMENT)[site.SHELL] == "OF_SHELL"


def test_who_reads_all_variables_asks_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the environment says nothing of what is served."""
    monkeypatch.setenv("OF_SHELL", "1")
    copying = application(tmp_path, "import os\napplication = dict(os.environ)\n")
    assert site.served(copying, DEPLOYMENT)[site.SHELL] == ""


def test_all_variables_that_are_missing_are_named_at_once(tmp_path: Path) -> None:
    """Whatever raises for them; each would hide those after it. Nothing is set for good."""
    source = """
import os
port = int(os.environ["SITE_PORT"])
if not os.environ.get("SITE_SECRET"):
    raise ValueError("Set the SITE_SECRET environment variable")
application = {os.environ["SITE_TOKEN"]: print}
"""
    line = reason(tmp_path, source)
    assert (
        "(KeyError: 'SITE_PORT'); SITE_PORT, SITE_SECRET, SITE_TOKEN are not set: set them in "
        in line
    )
    assert line.endswith(
        "application.env_file (`make init` finds a .env beside manage.py) or "
        "application.environment"
    )
    assert "SITE_PORT" not in os.environ


DJANGO = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""


def reason(folder: Path, source: str) -> str:
    """Return the line that says why an entry point cannot be imported."""
    with pytest.raises(BenchError) as caught:
        site.served(application(folder, source), DEPLOYMENT)
    return str(caught.value).splitlines()[0]


def test_settings_that_the_shell_names_are_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no package that has to be installed."""
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other.settings")
    line = reason(tmp_path, DJANGO)
    assert "with DJANGO_SETTINGS_MODULE of the shell (ModuleNotFoundError: No module" in line
    assert line.endswith(
        "the shell sets DJANGO_SETTINGS_MODULE to other.settings, which is not in the project: "
        "unset it there, or name the site's own in application.environment"
    )


def test_settings_that_the_entry_point_names_are_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it overrides those of the shell."""
    fault = "entry names shop.settings, which is not in the project: correct it there"
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    assert reason(tmp_path, DJANGO).endswith(fault)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other.settings")
    overriding = DJANGO.replace(
        '.setdefault("DJANGO_SETTINGS_MODULE", "', '.update(DJANGO_SETTINGS_MODULE="'
    )
    assert reason(tmp_path, overriding).endswith(fault)


def test_what_the_harness_tells_every_child_is_no_variable_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A site may read the time that it is; what the shell alone sets is named."""
    monkeypatch.setenv("OF_SHELL", "1")
    source = f"import os\nos.environ[{clock.VARIABLE!r}]\nos.environ['OF_SHELL']\n"
    facts = site.served(application(tmp_path, f"{source}application = print\n"), DEPLOYMENT)
    assert facts[site.SHELL] == "OF_SHELL"
