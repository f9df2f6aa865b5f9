"""A plan as another host gets it, and the files that go with it."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Plan
from harness.core.plan_file import parse, read
from harness.host.machine import Cores
from harness.rig.hosts import ROOT, as_json, beside
from harness.rig.session import services
from tests.support.plans import TINY, anywhere

PLANS = Path("loadtests/plans")
FAR = TINY.replace("[load]", '[machines]\nserver = "ssh://app1"\n[load]')


def there(path: Path) -> Path:
    """Return where the suite's own files are on a host that has them in /there."""
    return Path("/there") / path.absolute().relative_to(ROOT)


@pytest.mark.parametrize("path", sorted(PLANS.glob("*.toml")), ids=lambda path: path.stem)
def test_a_plan_arrives_as_it_was_sent_with_its_paths_there(path: Path) -> None:
    """Read back what every plan of the suite is sent as."""
    plan, _ = read(path)
    text = as_json(plan, there)
    arrived = Plan.model_validate_json(text)
    assert arrived.application.directory == there(plan.application.directory)
    assert arrived.deployments == plan.deployments
    assert arrived.load == plan.load
    assert as_json(arrived, lambda path: path) == text


def test_a_plan_for_other_machines_is_carried_out_on_none_but_those(tmp_path: Path) -> None:
    """Let no verb measure here what is meant for elsewhere."""
    plan = parse(anywhere(FAR), "far.toml")
    with (
        pytest.raises(BenchError, match="plan tiny: has machines, which make bench alone goes to"),
        services(plan, tmp_path, Cores((0,), (0,))),
    ):
        pass


def test_what_is_not_the_suites_own_is_copied_too(tmp_path: Path) -> None:
    """The application, and a locustfile with the folder that it may import from."""
    (tmp_path / "site").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "mine.py").touch()
    text = TINY.replace('"app"', '"site"').replace("loadtests/wait.py", "tests/mine.py")
    plan = parse(text.replace('"loadtests/', f'"{ROOT}/loadtests/'), "far.toml", tmp_path)
    assert beside(plan) == [tmp_path / "site", tmp_path / "tests"]
