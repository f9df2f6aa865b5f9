"""What a deployment needs of the machine: where that is missing, the plan goes on without it."""

import re
import sys
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Application, Plan
from harness.core.plan_file import parse
from harness.host.needs import left_out
from tests.support.plans import TINY

OLDER = f"python>=3.{sys.version_info.minor}"
NEWER = f"python>=3.{sys.version_info.minor + 1}"


def needing(*needs: str) -> Plan:
    """Return a plan whose first deployment of two needs something."""
    return parse(TINY.replace("slots = 4", f"slots = 4\nneeds = {list(needs)}"), "tiny.toml")


def test_a_deployment_that_lacks_a_program_is_left_out_with_the_reason() -> None:
    """The plan is as good as any, and goes on without it."""
    plan = needing("sh", "no-such-program")
    missing = left_out(plan, "tiny.toml")
    assert missing == {"one": "no program no-such-program here; install it"}
    rest = plan.without(missing)
    assert [each.name for each in rest.deployments] == ["two"]
    assert [each.name for each in rest.against(rest.scenarios[0])] == ["two"]
    assert left_out(rest, "tiny.toml") == {}


def test_so_is_one_that_is_served_by_too_old_a_python() -> None:
    """What it needs may be packaged for newer ones only, so that nothing can be installed."""
    missing = left_out(needing(NEWER), "tiny.toml")["one"]
    version, newer = OLDER.removeprefix("python>="), NEWER.removeprefix("python>=")
    assert missing == (
        f"it needs Python {newer} or newer, and {version} serves; "
        f"make clean, then make bench PYTHON=python{newer}"
    )
    assert left_out(needing(OLDER, "python>=2.7"), "tiny.toml") == {}


def test_the_python_is_that_of_the_application(tmp_path: Path) -> None:
    """Its minor versions are numbers: 3.9 is older than 3.10."""
    python = tmp_path / "python"
    python.write_text("""#!/bin/sh\necho '{"python": "CPython 3.9.18"}'\n""")
    python.chmod(0o755)
    own = Application(directory=Path("app"), python=python)
    plan = needing("python>=3.10").model_copy(update={"application": own})
    assert left_out(plan, "tiny.toml") == {
        "one": "it needs Python 3.10 or newer, and 3.9 serves; set application.python"
    }


def test_a_deployment_that_names_its_python_is_served_by_that() -> None:
    """It is asked before any environment is made of it."""
    named = TINY.replace("slots = 4", f"python = '{sys.executable}'\nneeds = ['{NEWER}']")
    (reason,) = left_out(parse(named, "tiny.toml"), "tiny.toml").values()
    assert reason.endswith("serves; correct its python")


def test_a_plan_of_which_nothing_is_left_is_refused() -> None:
    """In one line with the program."""
    text = TINY.replace('views = "', 'needs = ["no-such-program"]\nviews = "')
    fault = "tiny.toml: no deployment can be served: no program no-such-program here; install it"
    with pytest.raises(BenchError, match=f"^{re.escape(fault)}$"):
        left_out(parse(text, "tiny.toml"), "tiny.toml")
