"""What a server held, from records by hand of a climb of 100, 200 and 400 users."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.core.advice import Bracket, Reach
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.plan import Objective
from harness.core.record import Extra, Record
from harness.core.trial import Trial
from harness.runs.reach import figures, reach

OBJECTIVE = Objective(p95_ms=500)
USERS = (100, 200, 400)


def trial(
    users: int, p95_ms: float | None, flag: GateName | None = None, number: int = 1
) -> Record:
    """Build a trial that answered 100 requests a second in 300 ms, with a flag or without."""
    return Record(
        trial=Trial("one", "wsgi", "sync", 64, "wait", "closed", users, None, number),
        started="2026-01-01T00:00:00+00:00",
        measurement=Measurement(
            requests=100,
            throughput_rps=100.0,
            latency_mean_ms=300.0,
            latency_p95_ms=p95_ms,
            server_cpu_share=0.5,
        ),
        extra=Extra(server_pss_mib=50.0 + number),
        doubts=(Doubt(flag, "a reason"),) if flag else (),
    )


def climb(
    *p95_ms: float | None, flags: Sequence[GateName | None] = (None, None, None), number: int = 1
) -> list[Record]:
    """Build the climb of one start, the highest load first: order says nothing."""
    steps = zip(USERS, p95_ms, flags, strict=True)
    return [trial(users, ms, flag, number) for users, ms, flag in steps][::-1]


@pytest.mark.parametrize(
    ("p95_ms", "users"),
    [
        ((260, 300, 700), 300),  # 200 + (500 - 300) / (700 - 300) x 200
        ((260, 500, 501), 200),
        ((600, 700, 900), 0),
        ((260, None, 700), 100 + 240 / 440 * 300),  # too few requests for a p95 at 200
        ((260, 600, 400), 100 + 240 / 340 * 100),  # what lies above a miss was luck
    ],
)
def test_a_start_holds_the_users_at_which_the_limit_is_crossed(
    p95_ms: tuple[float, ...], users: float
) -> None:
    """On the line from the last load that met the objective to the first that missed it."""
    one = reach(climb(*p95_ms), OBJECTIVE, starts=1)
    assert one
    assert one.users == pytest.approx(users)
    assert not one.at_least


def test_more_may_be_held_where_no_load_was_missed() -> None:
    """It is what was met."""
    one = reach(climb(260, 270, 280), OBJECTIVE, starts=1)
    assert one == Reach(400, 400, 400, rounds=1, missed=None, at_least=True, starts=(400,))


def test_failures_have_no_line_to_cross() -> None:
    """At 400 users 1% failed, while the p95 was fine: 200 is what was met."""
    records = climb(260, 270, 280)
    failing = replace(records[0], measurement=replace(records[0].measurement, error_share=0.01))
    one = reach([failing, *records[1:]], OBJECTIVE, starts=1)
    assert one and (one.users, one.missed) == (200, 400)


def test_a_flagged_trial_never_counts_as_met() -> None:
    """Whatever the flag: here the highest and the middle load."""
    flags = (None, GateName.HOST, GateName.STEADY)
    one = reach(climb(260, 270, 280, flags=flags), OBJECTIVE, starts=1)
    assert one and (one.users, one.at_least) == (100, True)
    every = (GateName.HOST, GateName.HOST, GateName.HOST)
    assert reach(climb(260, 270, 280, flags=every), OBJECTIVE, starts=1) is None


def test_a_miss_above_flagged_loads_alone_tells_nothing() -> None:
    """Nobody knows whether 100 and 200 were met: it is not a start that held none."""
    hosts = (GateName.HOST, GateName.HOST, None)
    assert reach(climb(260, 270, 700, flags=hosts), OBJECTIVE, starts=1) is None
    some = reach(climb(260, 300, 700, flags=(GateName.HOST, None, None)), OBJECTIVE, starts=1)
    assert some and some.users == 300


def test_a_start_whose_upper_loads_are_flagged_gives_way_to_two_that_tell() -> None:
    """It met 100, and may have held 300 like the others; with one other start it counts."""
    cut = climb(260, 270, 280, flags=(None, GateName.HOST, GateName.HOST), number=3)
    first, second = climb(260, 300, 700), climb(260, 300, 700, number=2)
    two = reach([*first, *second, *cut], OBJECTIVE, starts=3)
    assert two and (two.low, two.high, two.rounds, two.at_least) == (300, 300, 2, False)
    one = reach([*first, *cut], OBJECTIVE, starts=3)
    assert one and (one.low, one.high, one.rounds, one.at_least) == (100, 300, 2, True)


@pytest.mark.parametrize(
    ("flag", "users"), [(GateName.STEADY, 300), (GateName.GENERATOR, 200), (GateName.FAILED, 200)]
)
def test_a_miss_counts_where_the_server_itself_was_at_fault(flag: GateName, users: int) -> None:
    """An overloaded server is not steady; a busy generator misses for its own sake."""
    one = reach(climb(260, 300, 700, flags=(None, None, flag)), OBJECTIVE, starts=1)
    assert one
    assert (one.users, one.at_least) == (users, flag is not GateName.STEADY)


def test_starts_are_taken_together_where_two_of_them_tell() -> None:
    """300, 250 and, flagged, nothing: a median of 275; one of three alone is none."""
    untold = climb(260, 300, 700, flags=[GateName.HOST] * 3, number=3)
    first, second = climb(260, 300, 700), climb(260, 400, 800, number=2)
    both = reach([*first, *second, *untold], OBJECTIVE, starts=3)
    assert both and (both.users, both.low, both.high, both.rounds) == (275, 250, 300, 2)
    assert reach([*first, *untold], OBJECTIVE, starts=3) is None


def test_a_bracket_keeps_the_loads_beside_the_crossing() -> None:
    """They are what was tested."""
    one = Reach.over([Bracket(200, 400, 300), Bracket(200, 400, 250)])
    assert one.missed == 400


def test_figures_are_medians_of_what_was_measured() -> None:
    """By Little's law 100 a second in 300 ms are 30 at a time; 51, 52 and 53 MiB."""
    records = [trial(200, 300.0, number=number) for number in (1, 2, 3)]
    failed = replace(trial(200, None, number=4), measurement=Measurement())
    got = figures([*records, failed], OBJECTIVE)
    assert got
    assert (got.users, got.in_flight, got.memory_mib, got.busy_cores) == (200, 30, 52, 0.5)
    assert got.latencies_ms == {"latency_p95_ms": 300}
    assert (got.cpu_ms, got.database_connections) == (None, None)
    assert figures([failed], OBJECTIVE) is None
