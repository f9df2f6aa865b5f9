"""Advice in sentences: of three apps with known answers, and of each fault."""

from dataclasses import replace
from typing import Any

import pytest

from harness.core.advice import (
    Advice,
    Bracket,
    Case,
    Ending,
    Figures,
    Flip,
    Limit,
    Reach,
    Verification,
)
from harness.core.bounds import Bound
from harness.core.candidates import Demand
from harness.core.plan import Objective
from harness.report.advice import sentences

CASE = Case("wait", Objective(p95_ms=500), 600, "gunicorn-sync", 1, True, 8_192)


def reach(*users: float) -> Reach:
    """Build what fresh starts held, each between two load steps."""
    return Reach.over([Bracket(int(0.9 * each), int(1.1 * each), each) for each in users])


GTHREAD = Verification(
    name="gthread-512",
    template="gthread-64",
    interface="wsgi",
    command="python -m gunicorn config.wsgi:application --threads=512",
    workers=1,
    threads=512,
    slots=512,
    expected=1_000,
    reach=reach(860, 850, 870),
    at=Figures(
        users=848,
        throughput_rps=1_560,
        latencies_ms={"latency_p95_ms": 470},
        cpu_ms=0.47,
        in_flight=430,
        memory_mib=65.4,
    ),
)
SYNC = replace(
    GTHREAD,
    name="gunicorn-sync",
    template="gunicorn-sync",
    workers=3,
    threads=1,
    slots=3,
    expected=4,
    reach=Reach(0, 0, 0, rounds=3, missed=4, at_least=False),
    at=None,
)
UVICORN = replace(
    GTHREAD,
    name="uvicorn",
    template="uvicorn",
    interface="asgi",
    threads=None,
    slots=None,
    expected=None,
    reach=reach(700, 690, 720),
)
DEMANDS = (
    Demand("gthread-64", Bound(250, 0.5, 50, 64, 1), {"latency_p95_ms": 252}, error=0.02),
    Demand("uvicorn", Bound(250, 0.6, 50, None, 1), {"latency_p95_ms": 253}, error=0.02),
)


FLIP = Flip("uvicorn", "asgi", 0.81, False, 306.7, None)


def advice(
    ending: Ending = "change",
    recommended: str | None = "gthread-512",
    limit: Limit | None = "core",
    flip: Flip | None = FLIP,
    **more: Any,
) -> Advice:
    """Build advice on an app that waits 250 ms."""
    parts = {"demands": DEMANDS, "verifications": (SYNC, GTHREAD, UVICORN)}
    return Advice(
        **{"case": CASE, **parts, **more},
        ending=ending,
        recommended=recommended,
        limit=limit,
        flip=flip,
    )


def text(by: Advice) -> str:
    """Return all that it says."""
    return "\n".join(sentences(by))


def test_the_recommendation_comes_first_with_what_there_is_now() -> None:
    """Then its command line, ready to copy."""
    headline, command, *_ = sentences(advice())
    assert headline == (
        "Run gthread-512: it holds 860 clients (range 850 to 870 over 3 fresh starts) within a p95 "
        "of at most 500 ms with at most 0.1% failed. What there is now, gunicorn-sync, missed it "
        "already at 4 clients."
    )
    assert command.endswith(f"`{GTHREAD.command}`")


def test_what_it_costs_follows() -> None:
    """Whether the expected load is held, memory, connections, the next limit."""
    said = text(advice())
    assert "The load that is expected, 600 clients, is held 1.43 times by the core" in said
    assert (
        "At 848 clients, the most of a load step that it held: p95 470 ms, 1,560 requests/s, "
        in said
    )
    assert "0.47 ms of CPU time per request, 65.4 MiB of memory" in said
    assert "up to 512 (threads); a pool of fewer" in said
    assert "What limits gthread-512 next: its cores are full" in said


def test_the_other_interface_is_weighed_and_when_it_would_win() -> None:
    """By waits that outlast the threads."""
    said = text(advice())
    assert "ASGI (uvicorn) would hold 0.81 times as much." in said
    assert (
        "flips where requests wait longer than 307 ms: gthread-512 then runs out of threads" in said
    )


def test_threads_would_win_where_a_request_costs_more_under_asgi() -> None:
    """By the CPU time that they take themselves."""
    flip = Flip("gthread-512", "wsgi", 0.95, True, None, 0.7)
    said = text(advice(recommended="uvicorn", flip=flip))
    assert "WSGI (gthread-512) would make no measurable difference: it holds 0.95 times" in said
    assert "where a request takes more than 0.7 ms of CPU time under ASGI" in said
    assert "one for each request in progress, 430 at that load; a pool" in said


def test_for_an_app_that_computes_asgi_does_not_help() -> None:
    """It stays with what it has, and that is said so."""
    demands = (replace(DEMANDS[0], system=Bound(0, 10, 100, 64, 1)), DEMANDS[1])
    said = text(
        advice(
            "stay",
            case=replace(CASE, current="gthread-512"),
            demands=demands,
            flip=Flip("uvicorn", "asgi", 1.02, True, 900.0, None),
        )
    )
    assert said.startswith("Stay with gthread-512: it holds 860 clients")
    assert "no other server holds measurably more" in said
    assert "ASGI does not help, as requests compute and hardly wait: uvicorn holds 1.02 " in said


def test_for_an_app_that_waits_and_computes_it_may() -> None:
    """5 ms each: nothing is said of computing alone."""
    demands = (replace(DEMANDS[0], system=Bound(5, 5, 100, 64, 1)), DEMANDS[1])
    assert "does not help" not in text(advice(demands=demands))


def test_more_than_one_machine_is_needed_where_the_load_is_not_held() -> None:
    """2,000 users at 860 each: three cores."""
    said = text(advice(case=replace(CASE, users=2_000)))
    assert "2,000 clients, needs at least 3 times the core that served" in said


def test_what_was_not_measured_is_not_claimed() -> None:
    """No load was missed below what is expected; nothing shows a limit; no server of ASGI."""
    least = replace(GTHREAD, reach=Reach(500, 500, 500, rounds=3, missed=None, at_least=True))
    said = text(advice(limit=None, flip=None, verifications=(SYNC, least)))
    assert "it holds at least 500 clients" in said
    assert "Whether it holds the load that is expected, 600 clients, was not measured." in said
    assert "nothing that was measured shows it" in said
    assert "What ASGI would change is not known" in said


def test_without_a_recommendation_the_reason_comes_first() -> None:
    """An objective that a lone user misses, or all who were tried; trials that were all flagged."""
    none: dict[str, Any] = {"recommended": None, "limit": None, "flip": None}
    impossible = sentences(advice("no load meets it", verifications=(), **none))
    assert impossible[0] == (
        "No load meets a p95 of at most 500 ms with at most 0.1% failed (alone: p95 252 ms behind "
        "gthread-64, p95 253 ms behind uvicorn): no server changes that. Make the requests faster, "
        "or set an objective that they can meet."
    )
    tried = sentences(advice("no load meets it", verifications=(SYNC,), **none))
    assert tried[0].startswith("No load that was tried meets a p95 of at most 500 ms")
    assert "down to 4 clients: ask for fewer with USERS=" in tried[0]
    flagged = replace(GTHREAD, reach=None, flags=("host", "generator"))
    said = sentences(advice("flagged", verifications=(flagged,), **none))
    assert said[0].startswith("No recommendation: no server has enough trials that can be trusted")
    assert "(generator, host)" in said[0]
    assert any("has too few trials that can be trusted (host, generator)" in line for line in said)


FAULTS: dict[str, dict[str, Any]] = {
    "shared the only core": {"case": replace(CASE, apart=False)},
    "Behind gthread-64 the wait cannot be told from the CPU time": {
        "demands": (replace(DEMANDS[0], tells_wait=False), DEMANDS[1])
    },
    "The model does not fit uvicorn (throughput +60%)": {
        "demands": (DEMANDS[0], replace(DEMANDS[1], error=0.6))
    },
    "Too few requests were measured behind gthread-64 for a forecast": {
        "demands": DEMANDS[1:],
        "verifications": (GTHREAD, UVICORN),
        "case": replace(CASE, current="gthread-512"),
        "ending": "stay",
    },
    "GET /report/ takes 2,000 ms, GET / 20.0 ms": {"paths": {"GET /report/": 2_000, "GET /": 20}},
}


@pytest.mark.parametrize("words", FAULTS)
def test_each_fault_is_said_where_it_is_and_nowhere_else(words: str) -> None:
    """The advice is still given."""
    assert words in text(advice(**FAULTS[words]))
    assert words not in text(advice())


def test_every_server_has_its_forecast_beside_what_was_measured() -> None:
    """And flags, where some trials had them."""
    marked = replace(UVICORN, flags=("steady",))
    said = sentences(advice(verifications=(SYNC, GTHREAD, marked)))
    assert (
        "gthread-512 holds 860 clients (range 850 to 870 over 3 fresh starts), with 65.4 MiB; "
        "forecast: 1,000 clients."
    ) in said
    assert any(line.endswith("with 65.4 MiB; flagged trials: steady.") for line in said)


def test_what_requests_take_is_said_for_each_server() -> None:
    """D, S and the threads that fill a core: 1 + 250 / 0.5."""
    assert sentences(advice())[-2] == (
        "A request behind gthread-64 waits D = 250 ms and takes S = 0.5 ms of CPU time; threads "
        "that fill a core (1 + D / S): 501."
    )
