"""Limits as the kernel has them, read from a made-up /proc and from the real one."""

import os
import resource
import sys
from pathlib import Path

import pytest

from harness.host import kernel
from harness.host.limits import PORT_RANGE, Ceiling
from tests.support.files import write

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="/proc and control groups are Linux's")


def test_a_sysctl_that_may_be_written_reaches_as_far_as_the_kernel_takes(tmp_path: Path) -> None:
    """And trying it changes nothing."""
    write(tmp_path, sys__net__core__somaxconn="4096\n", sys__kernel__pid_max="32768\n")
    ceilings = kernel.ceilings(tmp_path, tmp_path)
    assert ceilings["net.core.somaxconn"] == Ceiling(4096, 2**31 - 1)
    assert ceilings["kernel.pid_max"] == Ceiling(32768, 2**22, 0)
    assert (tmp_path / "sys/net/core/somaxconn").read_text() == "4096\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_sysctl_that_may_not_be_written_reaches_no_further(tmp_path: Path) -> None:
    """As for everybody but root."""
    write(tmp_path, sys__net__core__somaxconn="4096\n")
    (tmp_path / "sys/net/core/somaxconn").chmod(0o444)
    assert kernel.ceilings(tmp_path, tmp_path)["net.core.somaxconn"] == Ceiling(4096, 4096)


def test_a_setting_that_is_not_there_may_not_be_written(tmp_path: Path) -> None:
    """Nor is it created."""
    assert not kernel.may_write(tmp_path / "somaxconn")
    assert list(tmp_path.iterdir()) == []


def test_without_proc_only_descriptors_processes_and_memory_have_limits(
    tmp_path: Path,
) -> None:
    """As on macOS: what is unknown is not checked."""
    ceilings = kernel.ceilings(tmp_path / "none", tmp_path / "none")
    readable = {name for name, ceiling in ceilings.items() if ceiling.current is not None}
    assert readable <= {"descriptors", "memory", "processes"}
    assert "memory" in readable


def test_half_open_connections_are_limited_only_without_syn_cookies(tmp_path: Path) -> None:
    """With them the kernel never looks at the limit (tcp_conn_request of net/ipv4/tcp_input.c)."""
    write(tmp_path, sys__net__ipv4__tcp_max_syn_backlog="128", sys__net__ipv4__tcp_syncookies="1")
    name = "net.ipv4.tcp_max_syn_backlog"
    assert kernel.ceilings(tmp_path, tmp_path)[name] == Ceiling()
    write(tmp_path, sys__net__ipv4__tcp_syncookies="0")
    assert kernel.ceilings(tmp_path, tmp_path)[name].current == 128


def test_the_ports_are_those_of_the_range_both_ends_included(tmp_path: Path) -> None:
    """60999 - 32768 + 1 = 28,232; widened, 65535 - 10000 + 1 = 55,536."""
    write(tmp_path, sys__net__ipv4__ip_local_port_range="32768\t60999\n")
    assert kernel.ceilings(tmp_path, tmp_path)[PORT_RANGE] == Ceiling(28_232, 55_536)


def test_threads_of_the_machine_count_against_its_limits(tmp_path: Path) -> None:
    """The fourth field of loadavg: running and all."""
    write(tmp_path, sys__kernel__pid_max="32768", loadavg="0.10 0.20 0.30 3/104 8281\n")
    assert kernel.ceilings(tmp_path, tmp_path)["kernel.pid_max"].used == 104


def test_the_tightest_control_group_above_the_process_counts(tmp_path: Path) -> None:
    """Version 2: its own has no limit, the one above it 500 of which 100 are used."""
    write(tmp_path / "proc", self__cgroup="0::/outer/inner\n")
    write(tmp_path / "groups/outer/inner", pids_0max="max\n", pids_0current="5\n")
    write(tmp_path / "groups/outer", pids_0max="500\n", pids_0current="100\n")
    ceilings = kernel.ceilings(tmp_path / "proc", tmp_path / "groups")
    assert ceilings["pids.max"] == Ceiling(500, 500, 100)


@pytest.mark.parametrize(
    ("line", "folder", "limit", "usage", "cache"),
    [
        ("0::/box", "box", "memory_0max", "memory_0current", "inactive_file"),
        (
            "4:memory:/box",
            "memory/box",
            "memory_0limit_in_bytes",
            "memory_0usage_in_bytes",
            "total_inactive_file",
        ),
    ],
)
def test_memory_of_a_control_group_is_read_in_either_version(
    tmp_path: Path, line: str, folder: str, limit: str, usage: str, cache: str
) -> None:
    """2 GiB, of which 1 GiB is used; 256 MiB of that are cached files that can be given back."""
    write(tmp_path / "proc", self__cgroup=f"{line}\n")
    files = {limit: str(2**31), usage: str(2**30), "memory_0stat": f"anon 1\n{cache} {2**28}\n"}
    write(tmp_path / "groups" / folder, **files)
    ceilings = kernel.ceilings(tmp_path / "proc", tmp_path / "groups")
    assert ceilings["memory.max"] == Ceiling(2048, 2048, 768)


def test_the_largest_number_of_version_1_is_no_limit(tmp_path: Path) -> None:
    """It rounds the largest number down to whole pages."""
    write(tmp_path / "proc", self__cgroup="4:memory:/\n")
    none = {"memory_0limit_in_bytes": "9223372036854771712", "memory_0usage_in_bytes": "1"}
    write(tmp_path / "groups/memory", **none)
    assert kernel.ceilings(tmp_path / "proc", tmp_path / "groups")["memory.max"] == Ceiling()


@LINUX
def test_the_limits_of_this_machine_can_be_read() -> None:
    """And reading them leaves the descriptors as they are."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    ceilings = kernel.ceilings()
    for name in ("net.core.somaxconn", PORT_RANGE, "kernel.pid_max", "vm.max_map_count"):
        ceiling = ceilings[name]
        assert ceiling.current is not None and ceiling.reach is not None
        assert 0 < ceiling.current <= ceiling.reach
    assert ceilings["kernel.threads-max"].used > 0
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
