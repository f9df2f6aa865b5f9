"""The plans of single workloads, each carried out once, shortened: who answers, and what."""

import csv
import re
import sys
from pathlib import Path

import pytest

from tests.support.bench import tidy
from tests.support.postgres import needs_postgres
from tests.support.workload_plans import carry_out, carry_out_text, narrow, shorten

BEHIND_PGBOUNCER = {"gunicorn-pgbouncer-16", "uvicorn-pgbouncer-16"}
ASYNC_BACKEND = {"uvicorn-async-backend-16"}


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
def test_both_kinds_of_view_are_served_by_both_interfaces(tmp_path: Path) -> None:
    """Two under WSGI, two under ASGI; no request fails."""
    kinds = {("wsgi", "sync"), ("wsgi", "async"), ("asgi", "sync"), ("asgi", "async")}
    with tidy(tmp_path) as bench:
        trials = carry_out_text(bench, narrow(shorten("views"), "wait", (".*sync",)))
    assert {(row["interface"], row["views"]) for row in trials.values()} == kinds
    assert len(trials) == 4


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
