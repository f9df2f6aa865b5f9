"""The meter reads processes and kernel."""

import csv
import os
import resource
import socket
import subprocess
import sys
import time
import timeit
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.rig.family import Family, cpu_seconds
from harness.rig.meter import Meter, metering
from tests.support.patience import PATIENCE_S

# As many as 20,000 descriptors allow: two for each connection, and some spare.
CONNECTIONS = 9_800

BUSY = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass\n"


def test_the_cpu_time_of_another_process_includes_its_ended_threads() -> None:
    """A thread burns 0.3 s and ends; the process then sleeps."""
    code = (
        "import threading, time\ndef burn():\n"
        "    end = time.thread_time() + 0.3\n    while time.thread_time() < end: pass\n"
        "thread = threading.Thread(target=burn); thread.start(); thread.join()\n"
        "print('done', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert cpu_seconds(child.pid) >= 0.3
        child.kill()


def test_a_group_is_metered_with_all_its_descendants(tmp_path: Path) -> None:
    """A parent that sleeps and a child that burns: together at least what the child burnt."""
    burn = [sys.executable, "-c", BUSY + "time.sleep(60)"]
    code = f"import subprocess, time; subprocess.Popen({burn!r}); print('on', flush=True)"
    code += "; time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        with metering({"server": parent.pid}, 1, tmp_path / "usage.csv") as meter:
            deadline = time.monotonic() + PATIENCE_S
            while meter.rows == [] or meter.usage()["server_cpu_s"].iloc[-1] < 0.3:
                assert time.monotonic() < deadline
                time.sleep(0.05)
                meter.read()
        usage = meter.usage()
        os.killpg(parent.pid, 9)
    assert usage["server_threads"].max() == 2
    assert usage["server_rss_mib"].max() > 5


RESTARTING = f"""
import subprocess, sys, time
subprocess.run([sys.executable, "-c", {BUSY!r}])
print("ended", flush=True)
worker = subprocess.Popen([sys.executable, "-c", "print('on', flush=True); input()"],
    stdin=subprocess.PIPE)
sys.stdin.readline()
worker.kill()
worker.wait()
print("killed", flush=True)
time.sleep(60)
"""


def test_the_cpu_time_of_workers_that_ended_is_kept_and_their_ends_are_counted() -> None:
    """One burns 0.3 s and ends before anybody reads; another is killed between two readings."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", RESTARTING], **pipes) as master:  # type: ignore[call-overload]
        assert [master.stdout.readline() for _ in range(2)] == ["ended\n", "on\n"]
        family = Family(master.pid)
        before_s, _, _, ended = family.read()
        assert before_s >= 0.3 and ended == 0
        master.stdin.write("kill\n")
        master.stdin.flush()
        assert master.stdout.readline() == "killed\n"
        after_s, _, _, ended = family.read()
        assert after_s >= before_s and ended == 1
        master.kill()
    assert family.read() == (after_s, 0.0, 0.0, 2.0)  # the master has ended, too


def test_usage_is_on_disk_row_by_row_with_the_columns_it_has_in_memory(tmp_path: Path) -> None:
    """Even for a second start of the same block, which appends."""
    path = tmp_path / "usage.csv"
    for _ in range(2):
        with metering({"load": os.getpid()}, 1, path) as meter:
            meter.read()
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 2
    assert list(rows[0]) == meter.columns
    assert float(rows[0]["time_s"]) == pytest.approx(time.time(), abs=10)


def test_nearly_ten_thousand_connections_are_metered_in_less_than_50_ms(tmp_path: Path) -> None:
    """Of CPU time, as the meter shares its core with the generator; the fastest of ten."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[1] < 2 * CONNECTIONS + 256:
        pytest.skip(f"needs {2 * CONNECTIONS + 256} descriptors, the limit is {before[1]}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    with ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        server = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection(server.getsockname()))
            stack.enter_context(server.accept()[0])
        meter = Meter({"load": os.getpid()}, server.getsockname()[1], tmp_path / "usage.csv")
        took_s = min(timeit.repeat(meter.read, timer=time.thread_time, number=1, repeat=10))
    assert set(meter.usage()["server_connections"]) == {CONNECTIONS}
    assert took_s < 0.050


def test_datagrams_that_find_a_full_buffer_are_metered(tmp_path: Path) -> None:
    """The kernel makes any buffer at least 2 KiB long, and 100 KB are sent to one that is full."""
    with socket.socket(type=socket.SOCK_DGRAM) as full, socket.socket(type=socket.SOCK_DGRAM) as it:
        full.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        full.bind(("127.0.0.1", 0))
        meter = Meter({}, 1, tmp_path / "usage.csv")
        meter.read()
        for _ in range(100):
            it.sendto(bytes(1000), full.getsockname())
        meter.read()
    before, after = meter.usage()["datagrams_dropped"]
    assert 90 < after - before <= 100


def test_the_listen_queue_and_the_kernels_memory_are_metered(tmp_path: Path) -> None:
    """Where the system reports them."""
    with socket.create_server(("127.0.0.1", 0), backlog=70) as server:
        client = socket.create_connection(server.getsockname())
        with metering({}, server.getsockname()[1], tmp_path / "usage.csv") as meter:
            meter.read()
        client.close()
    row = meter.usage().iloc[-1]
    assert (row["listen_queue"], row["listen_backlog"]) == (1, 70)
    assert row["tcp_mem_mib"] >= 0


def test_a_process_that_is_gone_is_metered_as_nothing(tmp_path: Path) -> None:
    """The meter must not fail where a server has."""
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    with metering({"server": child.pid}, 1, tmp_path / "usage.csv") as meter:
        meter.read()
    assert meter.usage()["server_rss_mib"].max() == 0


def test_pages_that_processes_share_count_once() -> None:
    """A process with 64 MiB that forks three times: four times as much by its resident memory."""
    code = "import os, time\nheld = b'x' * 2**26\n"
    code += "[time.sleep(60) for _ in range(3) if os.fork() == 0]\n"
    code += "print('on', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        family = Family(parent.pid)
        _, resident_mib, *_ = family.read()
        shared_mib = family.pss_mib()
        os.killpg(parent.pid, 9)
    assert resident_mib > 4 * 64
    assert shared_mib is not None
    assert 64 < shared_mib < 2 * 64
    assert Family(parent.pid).pss_mib() is None
