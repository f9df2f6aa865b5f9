"""Limits before they bite: what a plan needs of each, and the most users that would fit."""

from pathlib import Path

import pytest

from harness.core.errors import BenchError
from harness.core.plan import Database, Deployment, Load, Plan, Upstream
from harness.host import limits
from harness.host.limits import PORT_RANGE, Ceiling
from tests.support import builders
from tests.support.builders import deployment

THREADED = deployment("threaded", "wsgi", slots=64)
STOCK = deployment("stock", "asgi", views="async")
CLOSING = THREADED.model_copy(update={"name": "closing", "keep_alive": False})


def plan(*deployments: Deployment, users: int = 10_000, upstream: bool = False) -> Plan:
    """Build a plan that climbs from one user to so many, 1,000 a second."""
    built = builders.plan(users=(1, users), deployments=deployments or (THREADED,))
    return built.model_copy(update={"upstream": Upstream() if upstream else None})


def need(key: str, plan: Plan, used: int = 0) -> int:
    """Return what the plan needs of one limit, of which others use so much."""
    assessment = limits.assess(plan, {key: Ceiling(1, 1, used)}, plan.load.most_users)
    return next(limit.need for limit in assessment if limit.key == key)


def largest_fit(key: str, most: int, plan: Plan, used: int = 0) -> int:
    """Return the most users that fit under one limit."""
    return limits.largest_fit(plan, {key: Ceiling(most, most, used)})


def test_a_client_takes_a_descriptor_and_one_for_each_service_that_its_request_calls() -> None:
    """10,000 + 256; a view that calls holds two: 20,256. 5,000 fit into 10,256 then.

    With an upstream and a database there are three.
    """
    assert need("descriptors", plan()) == 10_256
    assert need("descriptors", plan(upstream=True)) == 20_256
    assert largest_fit("descriptors", 10_256, plan(upstream=True)) == 5_000
    both = plan(upstream=True).model_copy(update={"database": Database()})
    assert need("descriptors", both) == 30_256


def test_descriptors_are_those_of_the_fullest_process() -> None:
    """Four workers: the fullest is planned for 2 x 10,000 / 4 = 5,000 connections.

    With sockets of their own for 1.1 x 10,000 / 4 = 2,750. Four processes of Locust have 2,500
    users each; one worker has them all.
    """
    workers = ("{python}", "-m", "uvicorn", "{asgi}", "--workers=4")
    shared = STOCK.model_copy(update={"command": workers})
    assert need("descriptors", plan(shared)) == 10_256
    assert need("descriptors", divided(plan(shared), processes=4)) == 5_256
    own = ("{python}", "uvicorn_sockets.py", "{asgi}", "--workers=4")
    apart = STOCK.model_copy(update={"command": own})
    assert need("descriptors", divided(plan(apart), processes=4)) == 3_006
    assert need("descriptors", divided(plan(), processes=4)) == 10_256


def divided(plan: Plan, processes: int) -> Plan:
    """Return the plan with its users divided among processes of Locust."""
    return plan.model_copy(update={"load": plan.load.model_copy(update={"processes": processes})})


@pytest.mark.parametrize(
    ("users", "descriptors", "narrow", "wide", "mib"),
    [
        (10_000, 10_256, 1, 1, 1_632),
        (100_000, 100_256, 8, 4, 11_828),
        (1_000_000, 1_000_256, 72, 37, 113_781),
    ],
)
def test_ten_and_a_hundred_times_as_many_clients_are_arithmetic(
    users: int, descriptors: int, narrow: int, wide: int, mib: int
) -> None:
    """N + 256; N / (ports / 2 - 128), rounded up; 500 MiB + N x 116 KiB."""
    many = plan(users=users)
    assert need("descriptors", many) == descriptors
    assert limits.sources(many, Ceiling(28_232, 28_232), users) == narrow
    assert limits.sources(many, Ceiling(55_536, 55_536), users) == wide
    assert need("memory", many) == mib


def test_a_listen_queue_holds_a_second_of_the_ramp() -> None:
    """1,000 users start a second, so 1,000 wait at most, and 300 where there are only 300."""
    assert need("net.core.somaxconn", plan()) == 1_000
    assert need("net.core.somaxconn", plan(users=300)) == 300
    assert largest_fit("net.core.somaxconn", 128, plan()) == 128


def test_without_keep_alive_all_clients_may_stand_in_the_listen_queue() -> None:
    """Even where only one of the deployments closes its connections."""
    assert need("net.core.somaxconn", plan(THREADED, CLOSING)) == 10_000
    assert largest_fit("net.core.somaxconn", 4_096, plan(THREADED, CLOSING)) == 4_096


@pytest.mark.parametrize("words", [("--backlog=128",), ("--backlog", "128")])
def test_a_backlog_too_short_is_the_commands_fault_and_not_the_kernels(
    words: tuple[str, ...],
) -> None:
    """A queue is as long as the shorter of both (listen(2)), whatever somaxconn is."""
    command = ("{python}", "-m", "gunicorn", *words)
    short = THREADED.model_copy(update={"command": command})
    with pytest.raises(BenchError) as refusal:
        limits.check(plan(short), {"net.core.somaxconn": Ceiling(10**6, 10**6)})
    assert str(refusal.value) == (
        "10,000 users need 1,000 places in the listen queue of threaded, the limit is 128 "
        "(--backlog=1000 in its command); raise what is short or plan at most 128 users"
    )


@pytest.mark.parametrize(
    ("server", "queue", "cure"),
    [
        ("hypercorn", 100, "--backlog=1000 in its command"),
        ("daphne", 50, "backlog=1000 in its command"),
        ("uwsgi", 100, "--listen=1000 in its command"),
    ],
)
def test_a_backlog_that_no_command_names_is_the_servers_default(
    server: str, queue: int, cure: str
) -> None:
    """And the cure is written as that server has it."""
    silent = THREADED.model_copy(update={"command": (server, "{port}")})
    with pytest.raises(BenchError) as refusal:
        limits.check(plan(silent), {})
    assert f"the limit is {queue} (" in str(refusal.value)
    assert f"{cure}); raise what is short or plan at most {queue} users" in str(refusal.value)


def test_the_listen_queue_of_a_server_as_it_comes_is_compared_and_not_refused() -> None:
    """Daphne's has 50 places; where they do not suffice for 10,000 users, its trials say so."""
    tuned = THREADED.model_copy(update={"command": ("daphne", "config.asgi:application")})
    default = tuned.model_copy(update={"name": "default", "default_of": "threaded"})
    refused = "listen queue of threaded"
    with pytest.raises(BenchError, match=refused) as error:
        limits.check(plan(tuned, default), {})
    assert "default" not in str(error.value)


def test_a_backlog_in_gunicorns_file_is_read(tmp_path: Path) -> None:
    """From the application's folder, where Gunicorn looks for it."""
    (tmp_path / "gunicorn.conf.py").write_text("backlog = 64\n")
    by_file = THREADED.model_copy(update={"command": ("gunicorn", "{wsgi}")})
    built = plan(by_file)
    application = built.application.model_copy(update={"directory": tmp_path})
    with pytest.raises(BenchError, match="the limit is 64 "):
        limits.check(built.model_copy(update={"application": application}), {})


def test_the_backlog_of_an_unknown_server_is_not_checked() -> None:
    """Its words may mean anything."""
    command = (*THREADED.command, "--backlog=1")
    limits.check(plan(THREADED.model_copy(update={"command": command})), {})


def test_half_open_connections_are_those_of_a_second_too() -> None:
    """They do not wait for the server, so keep-alive does not matter."""
    assert need("net.ipv4.tcp_max_syn_backlog", plan(CLOSING)) == 1_000


def sources(ports: int | None, plan: Plan) -> int:
    """Return from how many addresses a plan's clients connect where each has so many ports."""
    return limits.sources(plan, Ceiling(ports, ports), plan.load.most_users)


def test_clients_connect_from_as_many_addresses_as_their_ports_need() -> None:
    """Half of 28,232 ports less 128 are 13,988; without keep-alive each client takes two."""
    assert sources(28_232, plan(users=13_988)) == 1
    assert sources(28_232, plan(users=13_989)) == 2
    assert sources(28_232, plan(CLOSING, users=6_994)) == 1
    assert sources(28_232, plan(CLOSING, users=6_995)) == 2
    assert sources(28_232, plan(users=100_000)) == 8
    assert sources(None, plan(users=100_000)) == 1


def test_ports_for_one_address_are_raised_before_more_addresses_are_used() -> None:
    """The target is 2 x (10,000 + 128); 254 addresses with 10,000 / 254 + 128 = 168 would do."""
    (limit,) = _raisable(plan(), {PORT_RANGE: Ceiling(10_000, 55_536)})
    assert (limit.need, limit.target) == (168, 20_256)
    (limit,) = _raisable(plan(CLOSING), {PORT_RANGE: Ceiling(10_000, 55_536)})
    # 20,000 / 254, rounded up, + 128; 2 x (2 x 10,000 + 128).
    assert (limit.need, limit.target) == (207, 40_256)
    assert limits.sources(plan(), Ceiling(10_000, 55_536), 10_000) == 1


def test_ports_are_short_when_no_number_of_addresses_is_enough() -> None:
    """254 x (328 - 128) = 50,800, from as many addresses."""
    assert largest_fit(PORT_RANGE, 328, plan(users=100_000)) == 50_800
    assert sources(328, plan(users=50_800)) == 254


@pytest.mark.parametrize("key", ["kernel.pid_max", "kernel.threads-max", "processes", "pids.max"])
def test_threads_are_the_slots_or_with_stock_asgi_1_3_of_each_user(key: str) -> None:
    """64 + 64 spare; 13,000 + 64; the larger of both, for one server runs at a time."""
    assert need(key, plan(THREADED)) == 128
    assert need(key, plan(STOCK)) == 13_064
    assert need(key, plan(THREADED, STOCK)) == 13_064


def test_a_server_that_says_how_many_threads_it_has_needs_no_more() -> None:
    """Not 1.3 for each user, as stock ASGI: 8 + 64 spare."""
    shared = STOCK.model_copy(update={"threads": 8})
    assert need("kernel.pid_max", plan(shared, users=100_000)) == 72


def test_a_greenlet_server_without_slots_needs_no_threads() -> None:
    """WSGI without slots has neither thread nor process per request."""
    assert need("pids.max", plan(deployment("greenlets", "wsgi"))) == 64


def test_what_others_use_of_a_limit_counts() -> None:
    """Of 32,768 numbers 19,704 are used: 13,064 are left, which is 10,000 users and no more."""
    assert need("kernel.pid_max", plan(STOCK), used=19_704) == 32_768
    assert largest_fit("kernel.pid_max", 32_768, plan(STOCK, users=11_000), used=19_704) == 10_000


def test_each_thread_has_two_memory_maps() -> None:
    """2 x 13,064 + 1,000 = 27,128; the default of 65,530 fits 24,770 users of stock ASGI."""
    assert need("vm.max_map_count", plan(STOCK)) == 27_128
    assert largest_fit("vm.max_map_count", 65_530, plan(STOCK, users=100_000)) == 24_770


def test_memory_grows_with_users_and_with_what_they_call() -> None:
    """500 MiB and per user 40 + 64 + 12 KiB, with an upstream 40 + 2 x 76 KiB."""
    assert need("memory", plan()) == 500 + 10_000 * 116 // 1024
    assert need("memory.max", plan(upstream=True)) == 500 + 10_000 * 192 // 1024


def test_the_staircase_of_a_scenario_counts_as_far_as_it_climbs() -> None:
    """50 a second up to 40 users beside 1,000 a second up to 10: 40 users, a queue of 40."""
    own = Load(users=(1, 40), settle_s=0, measure_s=1, spawn_rate=50)
    scenario = builders.SCENARIOS[0].model_copy(update={"load": own})
    built = plan(users=10).model_copy(update={"scenarios": (scenario, builders.SCENARIOS[1])})
    needs = {limit.key: limit.need for limit in limits.assess(built, {}, 40)}
    assert (needs["descriptors"], needs["net.core.somaxconn"]) == (40 + 256, 40)


def test_every_short_limit_is_named_with_its_cure_and_the_tightest_decides() -> None:
    """744 users by descriptors, 254 x 22 = 5,588 by ports."""
    with pytest.raises(BenchError) as refusal:
        limits.check(plan(), {"descriptors": Ceiling(1_000, 1_000), PORT_RANGE: Ceiling(150, 150)})
    assert str(refusal.value) == (
        "10,000 users need 10,256 descriptors per process, the limit is 1,000 (ulimit -Hn 10256), "
        "and 168 ports of each of 254 addresses of the clients, the limit is 150 (sysctl -w "
        "net.ipv4.ip_local_port_range='10000 65535'); raise what is short or plan at most 744 users"
    )


def test_a_machine_too_small_for_one_user_is_refused() -> None:
    """The base alone needs 500 MiB."""
    with pytest.raises(BenchError, match="not even one user fits"):
        limits.check(plan(), {"memory": Ceiling(400, 400)})


def test_what_may_be_set_is_raised_and_not_refused() -> None:
    """As far as it reaches; what is enough already stays as it is."""
    ceilings = {
        "net.core.somaxconn": Ceiling(128, 2**31 - 1),
        "kernel.pid_max": Ceiling(32_768, 2**22),
        "descriptors": Ceiling(1_000, 5_000),
    }
    assert [limit.key for limit in _raisable(plan(users=4_000), ceilings)] == [
        "descriptors",
        "net.core.somaxconn",
    ]
    assert limits.largest_fit(plan(), ceilings) == 5_000 - 256


def _raisable(plan: Plan, ceilings: dict[str, Ceiling]) -> list[limits.Limit]:
    assessment = limits.assess(plan, ceilings, plan.load.most_users)
    return [limit for limit in assessment if limit.raisable]


def test_the_queue_that_a_command_asks_for_is_set_where_it_may_be() -> None:
    """16,384 are asked for, but only 10,000 users can wait. 1,000 are needed, so 4,096 will do."""
    asking = THREADED.model_copy(update={"command": ("gunicorn", "--backlog=16384")})
    key = "net.core.somaxconn"
    (limit,) = _raisable(plan(asking), {key: Ceiling(4_096, 2**31 - 1)})
    assert (limit.key, limit.need, limit.target) == (key, 1_000, 10_000)
    assert _raisable(plan(asking), {key: Ceiling(4_096, 4_096)}) == []
    assert _raisable(plan(asking, users=1_024), {key: Ceiling(4_096, 2**31 - 1)}) == []
    limits.check(plan(asking), {key: Ceiling(4_096, 4_096)})


def test_unknown_limits_refuse_nothing() -> None:
    """As off Linux, where none can be read."""
    limits.check(plan(users=10**6), {key: Ceiling() for key in limits.KINDS})
    assert _raisable(plan(users=10**6), {}) == []


def test_every_cure_is_documented() -> None:
    """docs/c10k.md has the command to raise each limit that a command raises."""
    text = Path("docs/c10k.md").read_text()
    for kind in limits.KINDS.values():
        command = kind.cure.partition("{")[0].partition(",")[0].strip()
        assert command in text, command
