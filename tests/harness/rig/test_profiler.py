"""py-spy as a child: what it is asked for, and what is said where it is missing or refused."""

import os
import sys
from pathlib import Path

import pytest

from harness.host.processes import Child
from harness.measure.cpu_profile import parse, shares
from harness.rig import profiler
from harness.rig.profiler import FLAMES, NotSampled, lack, sample

CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]

WRITES = """
output = next(word.removeprefix("--output=") for word in sys.argv if word.startswith("--output="))
open(output, "w").write("run (server.py:1) 3\\n" if "--format=raw" in sys.argv else "<svg/>")
open(output + ".asked", "w").write(" ".join(sys.argv[1:]))
"""


FAILS_ONCE = "if not flag.exists(): flag.touch(); sys.exit(1)"

# Three quarters of the time in Python's own json, which encodes in Python where it indents.
PROGRAM = """
import json, time

def until(seconds, work):
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        work()

while True:
    until(0.03, lambda: json.dumps(list(range(500)), indent=1))
    until(0.01, lambda: sum(number for number in range(500)))
"""


@pytest.fixture
def py_spy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a program in the place of py-spy; return its file, to be written by the test."""
    program = tmp_path / "py-spy"
    program.touch(mode=0o755)
    monkeypatch.setattr(profiler, "_program", lambda: str(program))
    return program


def write(program: Path, text: str) -> None:
    """Write a program in Python."""
    program.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n")


def test_all_processes_of_a_server_are_sampled_and_it_is_not_held_up(
    py_spy: Path, tmp_path: Path
) -> None:
    """The stacks for the shares, and a flame graph of the same seconds, with whole paths."""
    write(py_spy, WRITES)
    samples = sample(os.getpid(), tmp_path, 1, CORES)
    assert samples.stacks == "run (server.py:1) 3\n"
    assert samples.seconds > 0
    assert (tmp_path / FLAMES).read_text() == "<svg/>"
    for file in (profiler.STACKS, FLAMES):
        words = (tmp_path / f"{file}.asked").read_text().split()
        assert {f"--pid={os.getpid()}", "--duration=1", "--subprocesses"} <= set(words)
        assert {"--nonblocking", "--gil", "--full-filenames"} <= set(words)


def test_a_server_that_cannot_be_sampled_has_a_reason(py_spy: Path, tmp_path: Path) -> None:
    """The last line that py-spy prints."""
    write(py_spy, "sys.exit('Error: Failed to find python version from target process')")
    with pytest.raises(NotSampled, match="ended with status 1: Error: Failed to find python"):
        sample(os.getpid(), tmp_path, 1, CORES)


def test_a_missing_program_is_one_line_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither in the suite's environment nor on the path."""
    monkeypatch.setattr(profiler, "PACKAGE", "py-spy")
    monkeypatch.setattr(profiler, "_program", lambda: None)
    assert lack(CORES) == "py-spy is missing; make setup GROUP=profile"


def test_a_system_that_forbids_it_is_one_line_with_the_cure(py_spy: Path) -> None:
    """As py-spy says it without the right to trace."""
    write(
        py_spy, "sys.exit('Error: no name of the program\\n\\nCaused by:\\n 0: Permission denied')"
    )
    reason = lack(CORES)
    assert reason and "kernel.yama.ptrace_scope=0" in reason and "SYS_PTRACE" in reason
    assert "\n" not in reason


def test_an_interpreter_that_is_just_starting_is_looked_into_again(
    py_spy: Path, tmp_path: Path
) -> None:
    """py-spy fails once, as it does before there is a Python to be seen."""
    flag = tmp_path / "looked"
    write(py_spy, f"import pathlib; flag = pathlib.Path({str(flag)!r})\n{FAILS_ONCE}")
    assert lack(CORES) is None
    assert flag.exists()


@pytest.mark.long
def test_a_program_that_computes_in_known_places_is_seen_there(tmp_path: Path) -> None:
    """By the real py-spy: 30 ms in the standard library, then 10 ms in the program, and so on.

    Of 500 samples 375 are due, with a standard deviation of 10, as slices and samples are not in
    step: within 0.1 of three quarters.
    """
    if reason := lack(CORES):
        pytest.skip(reason)
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with Child((sys.executable, str(program)), tmp_path / "log", CORES) as child:
        samples = sample(child.pid, tmp_path, 2, CORES)
    parts = shares(parse(samples.stacks), user=1, system=0)
    assert samples.user_s / samples.seconds > 0.8
    assert parts["interpreter"] == pytest.approx(0.75, abs=0.1)
    assert parts["app"] == pytest.approx(0.25, abs=0.1)
    assert "program.py" in (tmp_path / FLAMES).read_text()
