"""The plans of single workloads, shortened: whom a request waits for shows in how long it takes."""

import csv
from pathlib import Path

import pytest

from tests.support.bench import tidy
from tests.support.postgres import needs_postgres
from tests.support.workload_plans import carry_out, carry_out_text, figures, narrow, shorten


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


@pytest.mark.long
@pytest.mark.timeout(320)
def test_calls_at_once_take_as_long_as_one_whoever_serves(tmp_path: Path) -> None:
    """Five calls of 50 ms: 250 ms in sequence, and at most half of that by tasks.

    The first calls of a process import their client, which takes seconds where cores are slow.
    """
    text = shorten("fanout", lasting={"settle_s": 2, "measure_s": 3})
    plan = narrow(text, "fanout-(sequence|tasks)", ("gunicorn-gthread-64", "uvicorn"))
    with tidy(tmp_path) as bench:
        for (scenario, _), row in carry_out_text(bench, plan).items():
            median_ms = float(row["latency_p50_ms"])
            if scenario == "fanout-sequence":
                assert median_ms >= 250
            else:
                assert 50 <= median_ms <= 125


@pytest.mark.long
@pytest.mark.timeout(320)
def test_middleware_is_served_and_what_it_costs_is_seen(tmp_path: Path) -> None:
    """Startproject's seven, which switch 13 times under ASGI, cost it more than none."""
    few = ("asgi-async-(none|startproject)", "wsgi-async-both")
    with tidy(tmp_path) as bench:
        trials = carry_out_text(bench, narrow(shorten("middleware"), "plain", few))
    assert len(trials) == 3
    cpu_ms = {name: float(row["server_cpu_ms_per_request"]) for (_, name), row in trials.items()}
    assert cpu_ms["asgi-async-startproject"] > cpu_ms["asgi-async-none"]


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
