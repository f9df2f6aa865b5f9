"""The plans of single workloads, each carried out once, shortened."""

import csv
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.support.bench import Bench, tidy
from tests.support.postgres import needs_postgres

PLANS = Path("loadtests/plans")
BEHIND_PGBOUNCER = {"gunicorn-pgbouncer-16", "uvicorn-pgbouncer-16"}
ASYNC_BACKEND = {"uvicorn-async-backend-16"}

FEW = 4
"""Users, where none of a plan's figures needs more."""


def shorten(name: str, changes: Mapping[str, str] = MappingProxyType({}), users: int = FEW) -> str:
    """Return the text of a plan with one round and one short load step of a few users.

    Before that, `changes` of whole lines, by patterns that the plan has, are made.
    """
    text = (PLANS / f"{name}.toml").read_text()
    for pattern, line in changes.items():
        text, count = re.subn(rf"^{pattern}$", line, text, flags=re.MULTILINE)
        assert count, pattern
    for key, value in {"rounds": 1, "users": [users], "settle_s": 0.2, "measure_s": 1.5}.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count == 1
    # As the bench for tests writes paths, which serves plans from a folder of its own.
    text = text.replace('"../../app"', '"app"')
    return text.replace('locustfile = "../', 'locustfile = "loadtests/')


Trials = dict[tuple[str, str], dict[str, str]]


def narrow(text: str, scenario: str, deployments: Collection[str]) -> str:
    """Return a plan with some deployments, the plan's load, and no database.

    Both `scenario` and `deployments` are patterns of names.
    """
    head, *parts = re.split(r"^(?=\[\[|\[load\])", text, flags=re.MULTILINE)
    names = "|".join((scenario, *deployments))
    kept = [part for part in parts if re.search(rf'^\[load\]|^name = "({names})"$', part, re.M)]
    whole = "".join((head, *kept))
    cut = r"^(deployments = \[[^\]]*\]|(load|only) = \{.*\}|reset = .*|\[database\]\n.*)\n"
    return re.sub(cut, "", whole, flags=re.MULTILINE)


def carry_out(
    bench: Bench,
    name: str,
    changes: Mapping[str, str] = MappingProxyType({}),
    users: int = FEW,
) -> Trials:
    """Carry out a shortened plan; return its trials by scenario and deployment."""
    return carry_out_text(bench, shorten(name, changes, users), users=users)


def carry_out_text(bench: Bench, text: str, may_fail: str = "", users: int = FEW) -> Trials:
    """Do the same with the text of a plan.

    No request fails but those to a deployment that `may_fail`.
    """
    status, output, errors = bench.run(text, timeout_s=300)
    assert status == 0, output + errors
    # Settings that differ on purpose are remarked on before the run; nothing else is.
    assert all(line.startswith("preflight: ") for line in errors.splitlines()), errors
    rows = bench.trials()
    assert {row["errors"] for row in rows if row["deployment"] != may_fail} == {"0"}
    assert str(users) in {row["users"] for row in rows}
    return {(row["scenario"], row["deployment"]): row for row in rows}


def figures(trials: Trials, scenario: str, column: str) -> dict[str, float]:
    """Return one figure of each deployment in a scenario."""
    return {name: float(row[column]) for (each, name), row in trials.items() if each == scenario}


@pytest.mark.long
@pytest.mark.timeout(320)
def test_whoever_serves_a_computation_it_costs_its_cpu_time(tmp_path: Path) -> None:
    """At least 5 ms of the server's per request, by each interface."""
    with tidy(tmp_path) as bench:
        trials = carry_out(bench, "compute")
    cpu_ms = [float(row["server_cpu_ms_per_request"]) for row in trials.values()]
    assert len(cpu_ms) == 3
    assert min(cpu_ms) >= 5


@needs_postgres
@pytest.mark.long
@pytest.mark.timeout(320)
def test_a_mix_shows_the_latency_of_each_kind_of_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call takes its 100 ms, a read beside it does not; there are enough of each for a median."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tidy(tmp_path) as bench:
        assert len(carry_out(bench, "mixed", users=16)) == 2
        with (bench.results / "it" / "names.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["deployment"] == "uvicorn"]
        report = (bench.results / "it" / "report.md").read_text()
    p50_ms = {row["name"]: float(row["latency_p50_ms"] or "nan") for row in rows}
    assert set(p50_ms) == {"row", "call", "write", "compute"}
    assert p50_ms["call"] >= 100
    assert p50_ms["row"] < 100
    assert "| POST write |" in report
    assert "| GET row |" in report


@needs_postgres
@pytest.mark.long
@pytest.mark.timeout(320)
def test_clients_log_in_before_they_are_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is measured is the page alone, by each deployment, and nobody is turned away."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tidy(tmp_path) as bench:
        trials = carry_out(bench, "account")
        with (bench.results / "it" / "names.csv").open() as file:
            names = {row["name"] for row in csv.DictReader(file)}
    assert len(trials) == 3
    assert names == {"/sync/account/", "/async/account/"}


@pytest.mark.long
@pytest.mark.timeout(320)
def test_calls_at_once_take_as_long_as_one_whoever_serves(tmp_path: Path) -> None:
    """Five calls of 50 ms: 250 ms in sequence, and at most half of that by threads or tasks."""
    plan = narrow(shorten("fanout"), "fanout-.*", ("gunicorn-gthread-64", "uvicorn"))
    with tidy(tmp_path) as bench:
        for (scenario, _), row in carry_out_text(bench, plan).items():
            median_ms = float(row["latency_p50_ms"])
            if scenario == "fanout-sequence":
                assert median_ms >= 250
            else:
                assert 50 <= median_ms <= 125


@pytest.mark.long
@pytest.mark.timeout(320)
def test_both_kinds_of_view_are_served_by_both_interfaces(tmp_path: Path) -> None:
    """Two under WSGI, two under ASGI; no request fails."""
    kinds = {("wsgi", "sync"), ("wsgi", "async"), ("asgi", "sync"), ("asgi", "async")}
    with tidy(tmp_path) as bench:
        trials = carry_out_text(bench, narrow(shorten("views"), "wait", (".*sync",)))
    assert {(row["interface"], row["views"]) for row in trials.values()} == kinds
    assert len(trials) == 4


@pytest.mark.long
@pytest.mark.timeout(320)
def test_middleware_is_served_and_what_it_costs_is_seen(tmp_path: Path) -> None:
    """Startproject's seven, which switch 13 times under ASGI, cost it more than none."""
    few = ("asgi-(a?sync)-(none|startproject)", "wsgi-async-both")
    with tidy(tmp_path) as bench:
        trials = carry_out_text(bench, narrow(shorten("middleware"), "plain", few))
    assert len(trials) == 2 * 2 + 1
    cpu_ms = {name: float(row["server_cpu_ms_per_request"]) for (_, name), row in trials.items()}
    for kind in ("asgi-sync", "asgi-async"):
        assert cpu_ms[f"{kind}-startproject"] > cpu_ms[f"{kind}-none"]


@needs_postgres
@pytest.mark.long
@pytest.mark.timeout(320)
def test_every_way_to_keep_connections_answers_from_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six in `row`, and with PgBouncer and Python 3.12 three more; a pool holds up to its size.

    Four queries take their sum, unless the event loop itself waits for them. The report has the
    three answers. Under ASGI, threads that keep their connections may use up all that there are.
    """
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with tidy(tmp_path) as bench:
        others = r'\[\[scenarios\]\]\nname = "(list|write|slow)"\n(.+\n)+'
        text = re.sub(others, "", shorten("database"))
        trials = carry_out_text(bench, text, may_fail="uvicorn-age-60")
        report = (bench.results / "it" / "report.md").read_text()
    answering = {name for scenario, name in trials if scenario == "row"}
    assert len(answering - BEHIND_PGBOUNCER - ASYNC_BACKEND) == 6
    assert answering & BEHIND_PGBOUNCER in (set(), BEHIND_PGBOUNCER)
    assert answering & ASYNC_BACKEND == (ASYNC_BACKEND if sys.version_info >= (3, 12) else set())
    for (scenario, name), row in trials.items():
        if name.endswith("-16"):
            assert int(row["database_connections"]) <= 16
        if scenario == "parallel":
            assert (float(row["latency_p50_ms"]) < 200) == (name in ASYNC_BACKEND)
    assert "Is the async ORM worth it? `row` at 4 clients: " in report
    assert "Do queries of one request run in parallel? `parallel` makes 4 of 50 ms each" in report
    assert "For `row`, the database held at most so many connections: gunicorn-age-0 " in report


@pytest.mark.long
@pytest.mark.timeout(320)
def test_streams_are_live_where_view_and_interface_are_of_one_kind(tmp_path: Path) -> None:
    """Four clients of streams of 0.6 s: a thread for each under WSGI, one at a time without.

    A sync view under ASGI is held back: its first event comes when all four have happened. One
    deployment of each kind will do.
    """
    changes = {
        r"settings = \{ wait_ms = 3000, every_ms = 1000 \}": "settings = { wait_ms = 600, "
        "every_ms = 100 }",
        r"settings = \{ wait_ms = 0, every_ms = 1000 \}": "settings = { wait_ms = 0, "
        "every_ms = 200 }",
        "only = .*": 'deployments = ["gunicorn-sync", "gunicorn-gthread-64", "uvicorn", '
        '"uvicorn-sync-views"]',
        "load = .*": "",
        r'deployments = \["gunicorn-gthread-64", "uvicorn"\]': 'deployments = ["uvicorn"]',
    }
    with tidy(tmp_path) as bench:
        trials = carry_out(bench, "streams", changes=changes)
        report = (bench.results / "it" / "report.md").read_text()
    live = figures(trials, "stream", "live_streams")
    # In 1.5 s a sync worker ends three streams at most, 3 x 0.6 / 1.5 = 1.2; four clients that are
    # served at once end one each at least, 4 x 0.6 / 1.5 = 1.6.
    assert 0.3 < live.pop("gunicorn-sync") < 1.4
    assert live.pop("uvicorn-sync-views") < 0.1
    assert len(live) == 2 and min(live.values()) > 1.4
    assert "For `stream`, so many streams were live at a time" in report
    assert "uvicorn-sync-views held streams back at 4 clients" in report
    assert "For `poll`, with news every 200 ms, so many had each piece of them: " in report


@pytest.mark.long
@pytest.mark.timeout(320)
def test_slow_clients_stop_those_that_give_each_a_slot_and_no_others(tmp_path: Path) -> None:
    """Two ordinary clients beside 32 slow ones, who hold the one slot, or all 16 of them.

    Behind nginx, where that is installed, and under ASGI they are answered all the same. One
    deployment will do to say what they would be without.
    """
    changes = {
        r"load = \{ users = \[48\].*": "load = { users = [34], settle_s = 1, measure_s = 1 }",
        'name = "alone"': 'name = "alone"\ndeployments = ["gunicorn-sync"]',
    }
    with tidy(tmp_path) as bench:
        trials = carry_out(bench, "slow_clients", changes=changes)
        report = (bench.results / "it" / "report.md").read_text()
    beside = figures(trials, "slow", "throughput_rps")
    assert beside.pop("gunicorn-sync") == beside.pop("gunicorn-gthread-16") == 0
    assert min(beside.values()) > 5
    assert "(`slow` over `alone`): gunicorn-sync answered none of them" in report
    lacking = "nginx-uvicorn was left out: no program nginx here; install it."
    assert (lacking in report) == ("nginx-uvicorn" not in beside)


@pytest.mark.long
@pytest.mark.timeout(120)
def test_every_protocol_is_asked_and_its_requests_are_counted(tmp_path: Path) -> None:
    """The same bytes, or a request fails; each has its row, and the server counted as many.

    Four clients hold four connections of TCP by HTTP/1.1, one by HTTP/2, and none by HTTP/3, whose
    lost packets are counted: nobody else has any.
    """
    pytest.importorskip("aioquic", reason="make setup GROUP=protocols")
    text = shorten("protocols", {r"settle_most_s = .*": "settle_most_s = 0"})
    with tidy(tmp_path) as bench:
        trials = carry_out_text(bench, narrow(text, "h[123]", ["hypercorn"]))
    rows = {scenario: row for (scenario, _), row in trials.items()}
    assert set(rows) == {"h1", "h2", "h3"}
    for row in rows.values():
        assert int(row["requests"]) > 4
        assert row["requests_counted"] == row["requests_known"] != ""
        assert float(row["latency_mean_ms"]) >= 100
    assert {name: row["server_connections"] for name, row in rows.items()} == {
        "h1": "4",
        "h2": "1",
        "h3": "0",
    }
    assert {name for name, row in rows.items() if row["packets_lost"]} == {"h3"}
