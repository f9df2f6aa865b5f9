"""Room for a plan: raised for as long as it runs, and put back however it ends."""

import resource
from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Plan, Scenario
from harness.host import kernel, prepare
from harness.host.limits import PORT_RANGE, Ceiling
from tests.support import builders
from tests.support.builders import deployment

MAPS = kernel.sysctl_path("vm.max_map_count")
SETTABLE = pytest.mark.skipif(
    not kernel.may_write(MAPS), reason="vm.max_map_count may be set by root only, on Linux"
)


def plan_beyond(maps: int) -> Plan:
    """Build a plan whose threads need more memory maps than there may be, but no thread more.

    2 x 1.3 maps per user of stock ASGI, and 1,000 more. This machine cannot start that many
    threads, so the plan only serves to make room for.
    """
    stock = deployment("stock", "asgi", views="async")
    return builders.plan(users=(1, maps // 2), deployments=(stock,))


@SETTABLE
@pytest.mark.parametrize("end", [None, KeyboardInterrupt, ValueError])
def test_a_real_sysctl_is_set_and_put_back(end: type[BaseException] | None) -> None:
    """After the end, after Ctrl-C and after an error."""
    before = int(MAPS.read_text())
    ports = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    try:
        with prepare.room(plan_beyond(before)):
            assert int(MAPS.read_text()) > before
            if end is not None:
                raise end
    except (KeyboardInterrupt, ValueError):
        assert end is not None
    assert int(MAPS.read_text()) == before
    assert Path("/proc/sys/net/ipv4/ip_local_port_range").read_text() == ports


@SETTABLE
def test_the_facts_name_the_limits_that_are_raised() -> None:
    """They hold the number before, so that a resumed run has the same facts."""
    before = MAPS.read_text().strip()
    assert prepare.facts(builders.plan())["map_count"] == before
    assert prepare.facts(plan_beyond(int(before)))["map_count"] == f"{before}, raised for the run"


def test_unknown_limits_are_listed_as_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine without /proc."""
    ceilings = kernel.ceilings(tmp_path, tmp_path)
    monkeypatch.setattr(kernel, "ceilings", lambda: ceilings)
    facts = prepare.facts(builders.plan())
    assert {facts[name] for name in ("somaxconn", "ports", "pid_max", "map_count")} == {"unknown"}


def test_deployments_of_another_application_need_no_views(tmp_path: Path) -> None:
    """What the suite's own locustfiles ask is either kind of its own views: then they must say."""
    plain = deployment("server", "wsgi", slots=4).model_copy(update={"views": None})
    own = Scenario(name="plain", locustfile=Path("loadtests/plain.py"))
    page = tmp_path / "page.py"
    page.write_text("from locust import HttpUser\n")
    other = Scenario(name="page", locustfile=page)
    prepare.check(builders.plan(users=(1,), deployments=(plain,), scenarios=(other,)))
    with pytest.raises(BenchError, match="deployment server: scenario plain asks for the sync or"):
        prepare.check(builders.plan(users=(1,), deployments=(plain,), scenarios=(own,)))


def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one_for_the_run() -> None:
    """Servers and Locust inherit it."""
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
    try:
        with prepare.room(builders.plan()):
            now = resource.getrlimit(resource.RLIMIT_NOFILE)
            assert now == (hard, hard) or hard == resource.RLIM_INFINITY
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(soft, 1024), hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_room_yields_from_how_many_addresses_clients_connect(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """1,000 users need three addresses where each has half of 1,100 ports, less 128: 422."""
    monkeypatch.setattr(kernel, "ceilings", lambda: {PORT_RANGE: Ceiling(1_100, 1_100)})
    keeping = deployment("server", "wsgi", slots=4)
    with prepare.room(builders.plan(users=(1, 1_000), deployments=(keeping,))) as sources:
        assert sources == 3
