"""What kept cores busy and what may, read from a made-up /proc and /sys."""

import os
from math import isnan
from pathlib import Path

import pytest

from harness.host import cpus
from tests.support.files import write

TICKS = os.sysconf("SC_CLK_TCK")


STAT = """cpu  999 0 0 0 0 0 0 0 0 0
cpu0 200 10 90 50 0 40 60 30 0 0
cpu1 500 0 100 0 0 0 0 10 0 0
intr 1
"""


def test_a_core_is_busy_with_processes_not_with_interrupts(tmp_path: Path) -> None:
    """Core 0: 200 + 10 + 90 ticks; 30 were stolen. Of both cores, the mean."""
    write(tmp_path, stat=STAT)
    assert cpus.busy_and_stolen_s([0], tmp_path) == (300 / TICKS, 30 / TICKS)
    assert cpus.busy_and_stolen_s([0, 1], tmp_path)[0] == pytest.approx(450 / TICKS)


def test_pressure_is_the_time_that_any_task_waited(tmp_path: Path) -> None:
    """In microseconds by the kernel."""
    some = "some avg10=1.00 avg60=1.00 avg300=1.00 total=2500000"
    write(tmp_path, pressure__cpu=some + "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n")
    assert cpus.pressure_s(tmp_path) == 2.5


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"box__cpu_0max": "150000 100000", "box__cpu_0stat": "nr_throttled 3"}, "1.5 cores"),
        ({"box__cpu_0max": "max 100000", "cpu_0max": "200000 100000"}, "2 cores"),
        ({"box__cpu_0max": "max 100000"}, "none"),
        ({"box__cpu_0cfs_quota_us": "50000", "box__cpu_0cfs_period_us": "100000"}, "0.5 cores"),
        ({"box__cpu_0cfs_quota_us": "-1", "box__cpu_0cfs_period_us": "100000"}, "none"),
    ],
)
def test_the_tightest_quota_of_the_groups_is_a_fact(
    tmp_path: Path, files: dict[str, str], quota: str
) -> None:
    """Of version 2 and of version 1 of control groups, in the group or above it."""
    write(tmp_path, self__cgroup="0::/box\n")
    write(tmp_path / "groups", **files)
    facts = cpus.facts([0], tmp_path, tmp_path / "groups", tmp_path / "none")
    assert facts["cpu_quota"] == quota


def test_throttled_periods_are_counted_in_the_group_and_above(tmp_path: Path) -> None:
    """The group itself has no quota; the one above held it up 7 times."""
    write(tmp_path, self__cgroup="0::/box\n")
    write(tmp_path / "groups", box__cpu_0stat="usage_usec 5", cpu_0stat="nr_throttled 7")
    assert cpus.throttled(tmp_path, tmp_path / "groups") == 7


def test_governor_clock_and_siblings_are_facts_where_the_kernel_tells(tmp_path: Path) -> None:
    """Two hardware threads of one core, at 3.5 GHz at most."""
    for core in ("cpu0", "cpu1"):
        write(
            tmp_path / core,
            cpufreq__scaling_governor="powersave\n",
            cpufreq__cpuinfo_max_freq="3500000\n",
            topology__thread_siblings_list="0-1\n",
        )
    facts = cpus.facts([0, 1], tmp_path, tmp_path, tmp_path)
    assert (facts["cpu_governor"], facts["cpu_mhz"]) == ("powersave", "3500")
    assert facts["cpu_siblings"] == "0-1"


def test_where_nothing_can_be_read_all_is_unknown(tmp_path: Path) -> None:
    """As on macOS."""
    none = tmp_path / "none"
    assert isnan(cpus.busy_and_stolen_s([0], none)[0])
    assert isnan(cpus.pressure_s(none))
    assert isnan(cpus.throttled(none, none))
    facts = cpus.facts([0], none, none, none)
    assert facts == dict.fromkeys(cpus.FACTS, "unknown") | {"cpu_quota": "none"}
