"""Which servers may be run, what a model expects of each, and which are measured."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from harness.core.bounds import Bound
from harness.core.candidates import (
    ALIKE,
    HEADROOM,
    MISFIT,
    MOST_THREADS,
    MOST_VERIFIED,
    Candidate,
    Demand,
    Forecast,
    Template,
    as_it_is,
    candidates,
    chosen,
    forecasts,
    templates,
)
from harness.core.errors import BenchError
from harness.core.launch import Launch, program
from harness.core.plan import Deployment, Objective

GTHREAD = (
    "{python} -m gunicorn {wsgi} --bind={host}:{port} --workers=1 --worker-class=gthread "
    "--threads=16 --worker-connections=2000 --keep-alive=20 --backlog=512"
)
SYNC = "{python} -m gunicorn {wsgi} --bind={host}:{port} --workers=4 -k sync"
UVICORN = "{python} -m uvicorn {asgi} --port={port} --workers=2"
GEVENT = "{python} -m gunicorn {wsgi} --bind={host}:{port} --worker-class=gevent"
OTHER = "{python} -m uvicorn other:asgi --port={port}"

OBJECTIVE = Objective(p95_ms=500)


def deployment(name: str, words: str, slots: int | None = None, **more: str) -> Deployment:
    """Build a deployment of a command; ASGI where it says so."""
    interface = "asgi" if "asgi" in words else "wsgi"
    return Deployment.model_validate(
        {"name": name, "interface": interface, "slots": slots, "command": tuple(words.split())}
        | more
    )


def plan_of(*deployments: Deployment) -> list[Template]:
    """Return the deployments of a plan without files or variables as templates."""
    return [as_it_is(each, Launch(program(each.command), {})) for each in deployments]


def made(*deployments: Deployment, users: int = 1024, gevent: bool = False) -> list[Template]:
    """Return what is measured first, with gevent or not."""
    every = templates(plan_of(*deployments), users)
    return [each for each in every if gevent or each.deployment.name != "gevent"]


def demand(
    name: str, wait_ms: float, cpu_ms: float, error: float | None = 0.0, **alone_ms: float
) -> Demand:
    """Build the demand of requests behind a server on one core, of users that pause 50 ms."""
    return Demand(name, Bound(wait_ms, cpu_ms, 50, None, 1), alone_ms, error=error)


def expected(
    deployments: Sequence[Deployment], *demands: Demand, users: int = 1024, cores: int = 1
) -> tuple[Forecast, ...]:
    """Return the forecasts of all variants of a plan's deployments, without gevent."""
    by_name = {each.deployment: each for each in demands}
    current, *_ = plan_of(*deployments)
    every = candidates(current, made(*deployments, users=users), by_name, cores, users)
    return forecasts(every, by_name, OBJECTIVE, cores, users)


def users_of(forecasts: Sequence[Forecast]) -> dict[str, int | None]:
    """Return the forecasts by the names of their candidates."""
    return {each.candidate.name: each.users for each in forecasts}


MINE = deployment("mine", GTHREAD, 16)
LOOP = deployment("uvicorn", OTHER)


def test_one_deployment_of_each_kind_is_measured_and_what_there_is_comes_first() -> None:
    """The sync worker as it is; a thread for each of 1,000 users; Uvicorn with one worker."""
    plan = [deployment("sync", SYNC, 4), deployment("uvicorn", UVICORN)]
    current, gthread, gevent, uvicorn = made(*plan, users=1_000, gevent=True)
    assert (current.deployment, current.kind) == (plan[0], "as it is")
    assert (gthread.deployment.name, gthread.deployment.slots) == ("gthread-1024", 1024)
    assert (gthread.launch.workers, gthread.launch.threads) == (1, 1024)
    assert "--worker-class=gthread" in gthread.deployment.command
    assert (gevent.deployment.name, gevent.deployment.slots) == ("gevent", None)
    assert "--worker-class=gevent" in gevent.deployment.command
    assert (uvicorn.deployment.name, uvicorn.launch.workers) == ("uvicorn", 1)


def test_threads_and_greenlets_are_measured_with_a_connection_for_each_user() -> None:
    """Gunicorn closes those beyond `--worker-connections`, 1,000 by default, less `--threads`."""
    _, gthread, gevent, _ = made(
        deployment("sync", SYNC, 4), deployment("uvicorn", UVICORN), users=600, gevent=True
    )
    for each in (gthread, gevent):
        settings = dict(word.partition("=")[::2] for word in each.deployment.command)
        kept = int(settings["--worker-connections"]) - (each.launch.threads or 0)
        assert kept >= 600


def test_what_there_is_is_measured_as_one_of_its_kind() -> None:
    """Threads with many of them, as few keep a core idle; at least 64, for four users too."""
    every = made(MINE, LOOP, users=4)
    assert [each.deployment.name for each in every] == ["gthread-64", "uvicorn"]


def test_uvicorns_are_two_templates_where_they_differ_in_more_than_workers() -> None:
    """By entry point, by views; not by a second name for the same."""
    every = made(
        deployment("one", UVICORN),
        deployment("again", UVICORN.replace("=2", "=4")),
        deployment("other", OTHER),
        deployment("sync", UVICORN, views="sync"),
    )
    assert [each.deployment.name for each in every] == ["one", "other", "sync"]


def test_a_sync_worker_with_threads_is_one_of_threads() -> None:
    """Gunicorn makes it one."""
    (mine,) = plan_of(deployment("mine", SYNC.replace("-k sync", "--threads=4"), 16))
    assert mine.kind == "threads"


def test_a_plan_without_either_server_is_refused() -> None:
    """Another server's settings are not known well enough to be recommended."""
    with pytest.raises(BenchError, match="make init"):
        made(deployment("hypercorn", "hypercorn asgi:app"))


def test_threads_follow_from_wait_and_cpu_time_and_from_the_users() -> None:
    """T* = 1 + 250 / 0.5 = 501, to the nearest power of two 512, and 1,024; for each of 2,048."""
    sync = deployment("sync", SYNC, 4)
    names = users_of(expected([sync], demand("gthread-2048", 250, 0.5), users=2_000))
    assert [*names] == [
        "sync",
        "gthread-16",
        "gthread-64",
        "gthread-512",
        "gthread-1024",
        "gthread-2048",
    ]


def test_few_threads_are_considered_where_a_core_is_full_with_them() -> None:
    """T* = 1 + 5 / 5 = 2, and 4; for requests that only compute there is no T*."""
    few = users_of(expected([MINE], demand("gthread-64", 5, 5), users=40))
    assert [*few] == ["mine", "gthread-2", "gthread-4", "gthread-64"]
    assert [*users_of(expected([MINE], demand("gthread-64", 0, 5), users=40))] == [
        "mine",
        "gthread-64",
    ]


@pytest.mark.parametrize("wait_ms", [20, 30, 60, 120, 1_000, 1_000_000])
def test_no_two_numbers_of_threads_are_alike_or_too_many(wait_ms: float) -> None:
    """Whatever T* comes to."""
    every = expected([MINE], demand("gthread-1024", wait_ms, 1))
    threads = sorted(each.candidate.threads or 0 for each in every)
    assert threads[-1] <= MOST_THREADS
    assert all(more >= ALIKE * few for few, more in pairwise(threads))


def test_a_command_shows_what_it_depends_on() -> None:
    """Own values stay, short keep-alive and too few connections do not.

    Those are 2 x 1,024 users and the 1,024 threads of what was measured for all with threads.
    """
    by_name = {
        each.candidate.name: each.candidate.deployment.command for each in expected([MINE, LOOP])
    }
    gthread = by_name["gthread-64"]
    assert {"--threads=64", "--workers=1", "--keep-alive=20", "--backlog=512"} < {*gthread}
    assert "--worker-connections=3072" in gthread
    sync, made_of_it = made(deployment("sync", SYNC, 4))
    assert {"--keep-alive=75", "--backlog=2048"} < {*made_of_it.deployment.command}
    assert sync.deployment.command == tuple(SYNC.split())


def test_there_are_up_to_as_many_workers_as_cores() -> None:
    """What there is stays as it is, with its two workers; each worker has all the threads."""
    every = expected([deployment("uvicorn", UVICORN), MINE], cores=3)
    sizes = {
        each.candidate.name: (each.candidate.workers, each.candidate.deployment.slots)
        for each in every
    }
    assert sizes["uvicorn"] == (2, None)
    assert sizes["uvicorn-1w"] == (1, None)
    assert sizes["uvicorn-3-workers"] == (3, None)
    assert sizes["gthread-3x16"] == (3, 48)
    assert len({*sizes}) == len(every)


def test_a_forecast_is_the_most_users_that_meet_the_objective() -> None:
    """64 threads answer 64 / 250.5 ms = 255 a second: 255 (0.5 + 0.05) = 140 users, 16 a quarter.

    A core answers 2,000 a second: 2,000 x 0.55 = 1,100 users, less what random times cost a p95.
    """
    demands = (demand("gthread-1024", 250, 0.5), demand("uvicorn", 250, 0.5))
    users = users_of(expected([MINE, LOOP], *demands))
    assert users["gthread-64"] == pytest.approx(140, rel=0.05)
    assert users["mine"] == pytest.approx(35, rel=0.1)
    assert users["uvicorn"] == pytest.approx(1_100, rel=0.1)
    assert users["gthread-1024"] == users["uvicorn"]


def test_more_than_twice_the_expected_load_is_not_looked_for() -> None:
    """With 50 users expected, 100 are enough."""
    users = users_of(expected([MINE, LOOP], demand("gthread-64", 250, 0.5), users=50))
    assert users["gthread-64"] == HEADROOM * 50


def test_slow_endpoints_count_with_what_they_take_alone() -> None:
    """A mean of 250 ms says little where the p95 of a lone user is 490 ms of 500."""

    def reach(alone_ms: float) -> int:
        own = demand("gthread-1024", 250, 0.5, latency_p95_ms=alone_ms)
        return users_of(expected([MINE], own))["gthread-64"] or 0

    assert reach(490) < 0.6 * reach(251)
    assert reach(501) == 0


def test_nothing_is_expected_where_the_model_does_not_fit() -> None:
    """Or where nothing was measured: then measurement decides alone."""
    own = demand("gthread-1024", 250, 0.5, error=1.01 * MISFIT)
    assert {*users_of(expected([MINE, LOOP], own)).values()} == {None}


def forecast(name: str, users: int | None, threads: int | None = None) -> Forecast:
    """Build a forecast: of a gthread where it has threads, of gevent, else of Uvicorn."""
    words = GTHREAD if threads else GEVENT if name == "gevent" else OTHER
    server = deployment(name, words, threads)
    return Forecast(Candidate(server, "gthread" if threads else name, 1, threads), users)


def names(*forecasts: Forecast) -> list[str]:
    """Return the names of those that are chosen."""
    return [each.name for each in chosen(forecasts)]


def test_what_there_is_the_best_and_the_other_interface_are_measured_first() -> None:
    """Then the rest of the best three, and the neighbours of the best by threads.

    What is expected of 512 threads and 1,024 is no difference.
    """
    few, many, most = (
        forecast("t16", 35, 16),
        forecast("t512", 900, 512),
        forecast("t1k", 930, 1024),
    )
    assert names(few, forecast("t64", 140, 64), many, most, forecast("uvicorn", 800)) == [
        "t16",
        "t512",
        "uvicorn",
        "t1k",
        "t64",
    ]


def test_a_server_of_which_nothing_is_expected_is_measured_all_the_same() -> None:
    """One of each kind: with the most threads, and once where several numbers have no forecast."""
    known = [forecast("t16", 35, 16), forecast("sync", 500), forecast("uvicorn", 247)]
    unknown = [forecast("other", None), forecast("gevent", None)]
    assert names(*known, *unknown) == ["t16", "sync", "gevent", "other", "uvicorn"]
    threads = [forecast(f"u{n}", None, n) for n in (16, 64, 1024)]
    assert names(*known, *threads)[:4] == ["t16", "sync", "u1024", "uvicorn"]


def test_the_best_of_each_kind_is_measured_whatever_is_expected_of_another() -> None:
    """Of threads the fewest that are level with most of them: greenlets' S is one of one start."""
    threads = [forecast(f"t{n}", users, n) for n, users in ((64, 140), (256, 480), (512, 500))]
    loops = [forecast("gevent", 660), forecast("uvicorn", 250)]
    by = names(forecast("sync", None, 1), *threads, *loops)
    assert by[:4] == ["sync", "gevent", "uvicorn", "t256"]
    even = [forecast("gevent", 450), loops[1]]
    assert names(forecast("sync", None, 1), *threads, *even)[:4] == [
        "sync",
        "t256",
        "uvicorn",
        "gevent",
    ]


def test_threads_that_may_hold_as_much_are_measured_beside_those_expected_to_hold_more() -> None:
    """256 are expected to hold a fifth less than 512, which is within the error of a model."""
    few, many = forecast("t256", 540, 256), forecast("t512", 680, 512)
    loops = [forecast("gevent", 600), forecast("uvicorn", 250)]
    now = forecast("sync", None, 1)
    assert names(now, few, many, *loops) == ["sync", "t256", "uvicorn", "gevent", "t512"]
    far = forecast("t256", 500, 256)
    assert names(now, far, many, *loops)[:4] == ["sync", "t512", "uvicorn", "gevent"]


def test_threads_without_a_forecast_are_measured_in_one_number() -> None:
    """The most of them, once; what there is, a loop, and the other interface come before."""
    threads = [forecast(f"t{n}", None, n) for n in (16, 64, 1024)]
    known = [forecast("uvicorn", 200), forecast("gevent", 600)]
    assert names(*known, *threads)[:3] == ["uvicorn", "gevent", "t1024"]
    now, *rest = (forecast("t64", None, 64), threads[0], threads[2])
    assert names(now, *rest, forecast("uvicorn", None))[:3] == ["t64", "t1024", "uvicorn"]


def test_of_equal_forecasts_the_first_come_first_and_no_more_than_fit() -> None:
    """All hold twice the expected load: the order of the candidates, simple ones first."""
    row = [forecast(f"t{n}", 100, n) for n in (16, 32, 64, 128, 256, 512, 1024)]
    assert names(*row, forecast("uvicorn", 100)) == ["t16", "uvicorn", "t32", "t64", "t128"]
    assert len(names(*(forecast(f"u{n}", None) for n in range(9)))) <= MOST_VERIFIED
