"""What is recommended, by servers that were never measured: known answers, faults and ties."""

from dataclasses import replace
from math import inf

import pytest

from harness.core.advice import (
    FULL,
    MOST_MEMORY,
    Advice,
    Bracket,
    Case,
    Figures,
    Reach,
    Verification,
    advise,
)
from harness.core.bounds import Bound
from harness.core.candidates import HEADROOM, WORTH, Demand
from harness.core.plan import Interface, Objective

CASE = Case(
    scenario="wait",
    objective=Objective(p95_ms=500),
    users=1_000,
    current="sync",
    cores=1,
    apart=True,
    memory_mib=8_192,
)


def bracket(users: float) -> Bracket:
    """Build a start that crossed the limit between two load steps."""
    return Bracket(int(0.9 * users), int(1.1 * users), users)


def server(
    name: str,
    *users: float,
    interface: Interface = "wsgi",
    threads: int | None = None,
    template: str = "",
    workers: int = 1,
    top: Figures | None = None,
) -> Verification:
    """Build a server that held so many users in each fresh start."""
    return Verification(
        name=name,
        template=template or ("gthread-64" if threads else name),
        interface=interface,
        command=f"run {name}",
        workers=workers,
        threads=threads,
        slots=threads and threads * workers,
        expected=None,
        reach=Reach.over([bracket(each) for each in users]) if users else None,
        top=top,
    )


def demand(name: str, wait_ms: float, cpu_ms: float, alone_ms: float = 0) -> Demand:
    """Build what requests take behind a server on one core."""
    return Demand(name, Bound(wait_ms, cpu_ms, 50, None, 1), {"latency_p95_ms": alone_ms})


SYNC = server("sync", 8, 8, 9, threads=1, workers=4, template="sync")
MANY = server("gthread-512", 860, 850, 870, threads=512)
MORE = server("gthread-1024", 840, 880, 860, threads=1024)
FEW = server("gthread-64", 140, 141, 139, threads=64)
LOOP = server("uvicorn", 780, 760, 800, interface="asgi")

WAITS = (demand("gthread-64", 250, 0.5, 252), demand("uvicorn", 250, 0.6, 253))


def advice(
    *verifications: Verification, case: Case = CASE, demands: tuple[Demand, ...] = WAITS
) -> Advice:
    """Return what is advised."""
    return advise(case, demands, verifications)


def test_an_app_that_waits_gets_as_many_threads_as_fill_the_core_or_a_loop() -> None:
    """Waits of 250 ms: 512 threads hold as much as 1,024 and more than Uvicorn; sync holds 8."""
    by = advice(SYNC, FEW, MANY, MORE, LOOP)
    assert (by.ending, by.recommended) == ("change", "gthread-512")
    assert advice(SYNC, FEW, LOOP).recommended == "uvicorn"


def test_asgi_takes_over_where_waits_outlast_the_threads() -> None:
    """512 threads allow 512 / (D + 0.5), a core 1 / 0.6: level at 512 x 0.6 - 0.5 = 306.7 ms."""
    flip = advice(SYNC, MANY, LOOP).flip
    assert flip
    assert (flip.name, flip.interface, flip.cpu_ms) == ("uvicorn", "asgi", None)
    assert flip.gain == pytest.approx(780 / 860)
    assert flip.wait_ms == pytest.approx(306.7)
    assert flip.alike  # within a tenth
    few = advice(SYNC, MANY, server("uvicorn", 690, 700, 710, interface="asgi")).flip
    assert few and not few.alike


def test_threads_take_over_from_asgi_with_the_cpu_time_of_a_request() -> None:
    """Where Uvicorn is recommended at 0.5 ms a request, up to the 0.7 ms that threads take."""
    demands = (demand("gthread-64", 250, 0.7), demand("uvicorn", 250, 0.5))
    flip = advice(SYNC, FEW, LOOP, demands=demands).flip
    assert flip
    assert (flip.name, flip.wait_ms, flip.cpu_ms) == ("gthread-64", None, 0.7)


def test_an_app_that_waits_and_computes_gets_few_threads() -> None:
    """5 ms each: T* = 2, and what 4, 16 and 64 threads hold is the same."""
    row = [server(f"gthread-{n}", 50, 52, 51, threads=n) for n in (2, 4, 16, 64)]
    uvicorn = server("uvicorn", 44, 43, 45, interface="asgi")
    demands = (demand("gthread-64", 5, 5, 12), demand("uvicorn", 5, 5.8, 13))
    assert advice(SYNC, *row[::-1], uvicorn, demands=demands).recommended == "gthread-2"


def test_an_app_that_only_computes_stays_and_asgi_does_not_help() -> None:
    """Nothing to wait for: 16 threads are level with Uvicorn, which changes the answer only from
    waits of 16 x 10.2 / 1 - 10 = 153.2 ms on.
    """
    current = server("gthread-16", 50, 51, 52, threads=16)
    uvicorn = server("uvicorn", 50, 49, 51, interface="asgi")
    demands = (demand("gthread-64", 0, 10, 11), demand("uvicorn", 0, 10.2, 12))
    by = advice(current, uvicorn, case=replace(CASE, current="gthread-16"), demands=demands)
    assert (by.ending, by.recommended) == ("stay", "gthread-16")
    assert by.flip
    assert by.flip.alike
    assert by.flip.wait_ms == pytest.approx(153.2)


def test_where_starts_scatter_more_than_servers_differ_what_there_is_stays() -> None:
    """Uvicorn held a quarter more; its starts must be as far above as these scatter, too."""
    current = server("gthread-64", 500, 520, 640, threads=64)
    better = server("uvicorn", 645, 700, 720, interface="asgi")
    by = advice(current, better, case=replace(CASE, current="gthread-64"))
    assert (by.ending, by.recommended) == ("stay", "gthread-64")
    apart = server("uvicorn", 680, 700, 720, interface="asgi")
    assert advice(current, apart, case=replace(CASE, current="gthread-64")).ending == "change"


def test_a_gain_of_less_than_a_tenth_is_no_reason_to_change() -> None:
    """However steady it is."""
    best = server("uvicorn", 1_000, 1_000, 1_000, interface="asgi")
    case = replace(CASE, current="now")
    near = server("now", *3 * [1_000 * (1 - WORTH) + 1], threads=64)
    far = server("now", *3 * [1_000 * (1 - WORTH) - 1], threads=64)
    assert advice(near, best, case=case).ending == "stay"
    assert advice(far, best, case=case).ending == "change"


def test_twice_the_expected_load_is_enough() -> None:
    """Expected are 60 users: 64 threads hold 140, and the 860 of 512 are no reason for more."""
    case = replace(CASE, users=60)
    assert FEW.reach and FEW.reach.low > HEADROOM * case.users
    assert advice(SYNC, MANY, FEW, LOOP, case=case).recommended == "gthread-64"


def test_ties_come_out_the_same_in_every_order() -> None:
    """Another size of the same server, then its interface, then fewer workers and threads."""
    two = server("gthread-2x64", 850, 850, 850, threads=64, workers=2)
    for order in ((SYNC, LOOP, two, MORE, MANY), (SYNC, MANY, MORE, two, LOOP)):
        assert advice(*order).recommended == "gthread-512"
    case = replace(CASE, current="uvicorn")
    level = server("uvicorn-2-workers", 860, 860, 860, interface="asgi", template="uvicorn")
    bad = server("uvicorn", 8, 8, 8, interface="asgi")
    assert advice(bad, MANY, level, case=case).recommended == "uvicorn-2-workers"


def test_threads_come_before_greenlets_that_hold_no_more() -> None:
    """However many; 20% more than threads hold is worth gevent's patches."""
    gevent = server("gevent", 860, 870, 880)
    assert advice(SYNC, gevent, MORE).recommended == "gthread-1024"
    assert advice(SYNC, server("gevent", 1_030, 1_040, 1_050), MORE).recommended == "gevent"


def test_flagged_trials_recommend_nothing() -> None:
    """The best of all has no trial that could be trusted; nor, at last, has any."""
    best = replace(server("gthread-512", threads=512), flags=("generator",))
    assert advice(SYNC, best, FEW).recommended == "gthread-64"
    none = advice(replace(SYNC, reach=None), best)
    assert (none.ending, none.recommended, none.limit, none.flip) == ("flagged", None, None, None)


def test_an_objective_that_no_load_meets_is_no_question_of_the_server() -> None:
    """A lone user waits 600 ms behind both; or every start missed at the least load."""
    slow = (demand("gthread-64", 590, 1, 600), demand("uvicorn", 590, 1, 610))
    assert advice(demands=slow).ending == "no load meets it"
    assert advice(SYNC, MANY, demands=slow).recommended is None
    never = server("sync", 0, 0, 0)
    assert advice(never).ending == "no load meets it"


def test_what_is_not_met_in_every_start_is_not_recommended() -> None:
    """It held 900 users twice, and none the third time."""
    shaky = server("uvicorn", 900, 900, 0, interface="asgi")
    assert advice(SYNC, shaky, FEW).recommended == "gthread-64"


def test_without_requests_that_could_be_measured_the_trials_decide_alone() -> None:
    """No S, no model, and so no condition under which the answer flips."""
    by = advice(SYNC, MANY, LOOP, demands=(Demand("sync", Bound(0, 1, 0, 4, 1), {}),))
    assert by.recommended == "gthread-512"
    assert by.flip
    assert (by.flip.wait_ms, by.flip.cpu_ms) == (None, None)


@pytest.mark.parametrize(
    ("top", "limit"),
    [
        (Figures(900, busy_cores=FULL, in_flight=600), "core"),
        (Figures(900, busy_cores=0.5, in_flight=FULL * 512), "threads"),
        (Figures(900, busy_cores=1, database_connections=100), "database"),
        (Figures(900, busy_cores=0.5, memory_mib=MOST_MEMORY * 8_192), "memory"),
        (Figures(900, busy_cores=0.5, in_flight=100), None),
        (None, None),
    ],
)
def test_what_runs_out_first_is_named(top: Figures | None, limit: str | None) -> None:
    """By the figures at the highest load: what is full, or nothing that was measured."""
    case = replace(CASE, most_connections=100)
    assert advice(SYNC, replace(MANY, top=top), case=case).limit == limit


def test_a_limit_counts_the_cores_that_the_workers_use() -> None:
    """One worker of a machine with four cores is full with one of them; four are not."""
    case = replace(CASE, cores=4)
    one = replace(MANY, top=Figures(900, busy_cores=0.95))
    assert advice(SYNC, one, case=case).limit == "core"
    assert advice(SYNC, replace(one, workers=4), case=case).limit is None


def test_starts_come_to_their_median_and_range() -> None:
    """Where one was not tried beyond what it met, all are known to hold at least as much."""
    reach = Reach.over([bracket(100), Bracket(110, None, 110), bracket(104)])
    assert (reach.users, reach.low, reach.high, reach.at_least) == (104, 100, 110, True)
    assert not Reach.over([bracket(100)]).at_least


def test_the_winner_and_what_its_requests_take_can_be_looked_up() -> None:
    """By name and by template."""
    by = advice(SYNC, MANY, LOOP)
    assert by.winner is MANY
    assert by.demand(MANY) is WAITS[0]
    assert by.demand(SYNC) is None
    assert max(each.reach.high for each in by.verifications if each.reach) < inf
