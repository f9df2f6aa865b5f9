"""The arithmetic of docs/scale.md, from the files of the runs that it cites."""

import csv
import json
from math import ceil
from pathlib import Path
from statistics import median

import pytest

from harness.host.limits import SPARE_PORTS
from harness.measure.gates import MOST_LOAD_CPU

REFERENCE, C10K = Path("results/reference"), Path("results/reference-c10k")
PAGE = Path("docs/scale.md").read_text()

CORES_OF_A_HOST = 4
POLL_S = 240
PORTS = 55_536


def of_trials(run: Path, metric: str, deployment: str, scenario: str, users: int) -> float:
    """Return the median over rounds of a metric of one cell."""
    cell = {"deployment": deployment, "scenario": scenario, "users": str(users)}
    with (run / "trials.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if cell.items() <= row.items()]
    return median(float(row[metric]) for row in rows)


def locust_rps() -> float:
    """Return what one core of Locust may make: in calibration 3,797 requests/s took 41.8%."""
    point = json.loads((REFERENCE / "run.json").read_text())["calibration"]["points"][-1]
    assert (round(point["rate_rps"]), round(100 * point["load_cpu_share"])) == (3_797, 42)
    return float(MOST_LOAD_CPU * point["rate_rps"] / point["load_cpu_share"])


def cpu_s(deployment: str) -> float:
    """Return the CPU time that the server spent on a request at 1,024 clients, in seconds."""
    metric = "server_cpu_ms_per_request"
    return of_trials(REFERENCE, metric, deployment, "wait", 1024) / 1000


def held(metric: str) -> float:
    """Return a metric of ten thousand held polls."""
    return of_trials(C10K, metric, "uvicorn-shared-gc", "hold", 10_000)


def kib(*metrics: str) -> float:
    """Return the KiB of memory for each of ten thousand clients, everything counted."""
    return sum(map(held, metrics)) * 1024 / 10_000


@pytest.mark.parametrize(
    ("rate", "locust", "hosts", "shared", "threads"),
    [(1_000, 1, 1, 1, 1), (10_000, 2, 1, 7, 5), (100_000, 16, 4, 65, 48)],
)
def test_cores_for_a_rate(rate: int, locust: int, hosts: int, shared: int, threads: int) -> None:
    """A rate over 6,362 of Locust's, times 0.642 and 0.475 ms of the servers', rounded up."""
    assert round(locust_rps()) == 6_362
    assert round(1000 * cpu_s("uvicorn-shared"), 3) == 0.642
    assert round(1000 * cpu_s("gunicorn-gthread-400"), 3) == 0.475
    assert locust == ceil(rate / locust_rps())
    assert hosts == ceil(locust / CORES_OF_A_HOST)
    assert shared == ceil(rate * cpu_s("uvicorn-shared"))
    assert threads == ceil(rate * cpu_s("gunicorn-gthread-400"))
    assert f"| {rate:,} | {locust} | {hosts} | {shared} | {threads} |" in PAGE


def test_a_second_load_host_is_needed_only_beyond_four_full_cores() -> None:
    """4 x 6,362 = 25,447 requests/s; 64 server cores are four times 16."""
    assert 25_400 <= CORES_OF_A_HOST * locust_rps() < 25_500
    assert round(cpu_s("uvicorn-shared") * locust_rps()) == 4


@pytest.mark.parametrize(
    ("clients", "answers", "memory", "cores", "sources"),
    [
        (10_000, 42, (0.3, 0.2, 0.1), (1, 1), 1),
        (100_000, 417, (3.1, 2.4, 0.7), (1, 1), 4),
        (1_000_000, 4_167, (30.8, 24.1, 6.8), (4, 1), 37),
    ],
)
def test_memory_cores_and_ports_for_held_clients(
    clients: int,
    answers: int,
    memory: tuple[float, ...],
    cores: tuple[int, int],
    sources: int,
) -> None:
    """32.3, 25.2 and 7.08 KiB each; N / 240 s answers, 0.762 ms each; half of 55,536 ports."""
    apiece = (kib("server_rss_mib"), kib("load_rss_mib"), kib("tcp_mem_mib", "tcp_slab_mib"))
    assert [f"{each:.3g}" for each in apiece] == ["32.3", "25.2", "7.08"]
    assert round(held("server_cpu_ms_per_request"), 3) == 0.762
    assert answers == round(clients / POLL_S)
    assert memory == tuple(round(clients * each / 2**20, 1) for each in apiece)
    served_s = held("server_cpu_ms_per_request") / 1000
    asked = clients / POLL_S
    assert cores == (ceil(asked * served_s), ceil(asked / locust_rps()))
    assert sources == ceil(clients / (PORTS // 2 - SPARE_PORTS))
    figures = (f"{clients:,}", f"{answers:,}", *memory, *cores, sources)
    assert f"| {' | '.join(map(str, figures))} |" in PAGE


def test_the_servers_core_is_full_before_memory_is() -> None:
    """1 / 0.762 ms = 1,312 answers/s, x 240 s = 315,000 clients; 24 GiB / 64.6 KiB = 389,000."""
    answers = 1000 / held("server_cpu_ms_per_request")
    assert (round(answers), round(answers * POLL_S, -3)) == (1_312, 315_000)
    apiece = kib("server_rss_mib", "load_rss_mib", "tcp_mem_mib", "tcp_slab_mib")
    assert round(24 * 2**20 / apiece, -3) == 389_000
    assert "1,312 answers/s, which are 315,000 clients" in PAGE
    assert "Memory would hold 389,000" in PAGE


def test_ten_minutes_cost_core_hours() -> None:
    """65 + 16 cores for a sixth of an hour are 13.5 core-hours, 7 + 2 are 1.5."""
    assert ((65 + 16) / 6, (7 + 2) / 6) == (13.5, 1.5)
    assert "65 cores of Uvicorn and 16 of Locust, so 13.5 core-hours" in PAGE
    assert "7 and 2, so 1.5 core-hours" in PAGE
