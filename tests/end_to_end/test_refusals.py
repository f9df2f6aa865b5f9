"""What no run begins with: faults of plan, machine, server and command line.

Each gets one clear line and exit status 2, and leaves no process, port or folder behind.
"""

import re
import subprocess
import sys

import pytest

from tests.support import verbs
from tests.support.bench import UVICORN, WAIT, Bench, plan


def failure(status: int, _: str, errors: str) -> str:
    """Return the one error of a plan that cannot be carried out, with the log's tail."""
    assert status == 2
    assert "Traceback" not in errors.splitlines()[0]
    assert errors.startswith("error: ")
    return errors.removeprefix("error: ").strip()


def test_an_unknown_key_is_named_with_file_and_nearest(bench: Bench) -> None:
    """Before anything starts."""
    message = failure(*bench.call(plan(UVICORN, WAIT, head="round = 3\n")))
    assert message == f"{bench.plan}: unknown key round; did you mean rounds?"
    assert not bench.results.exists()


def test_a_command_that_does_not_exist_is_named(bench: Bench) -> None:
    """Before anything starts."""
    text = plan(UVICORN.replace('"{python}", "-m", "uvicorn"', '"no-such-server"'), WAIT)
    message = failure(*bench.call(text))
    assert message.endswith(
        "deployment uvicorn: no program no-such-server; install it, or correct "
        "the first word of the command"
    )


def test_a_server_that_exits_at_start_shows_the_tail_of_its_log(bench: Bench) -> None:
    """With the status it ended with."""
    message = failure(*bench.run(plan(UVICORN.replace("--lifespan=off", "--lifespan=of"), WAIT)))
    first, *tail = message.splitlines()
    assert first.startswith("uvicorn ended with status 2 before it was ready; fix what its log")
    assert "'of' is not one of" in "\n".join(tail)


def test_a_server_that_never_becomes_ready_is_given_up(bench: Bench) -> None:
    """Once the answer stays the same, saying what it is."""
    message = failure(*bench.run(plan(UVICORN, WAIT, ready="/nothing/")))
    assert re.match(
        r"uvicorn was not ready after \d s: /nothing/ gave status 404; set application\.ready",
        message,
    )


def test_a_plan_too_large_for_the_machine_is_refused_before_anything_starts(bench: Bench) -> None:
    """With each limit, what raises it and the largest plan that fits."""
    text = plan(UVICORN, WAIT).replace("[1, 4]", "[1, 400000]")
    message = failure(*bench.call(text))
    assert message.startswith("400,000 users need ")
    assert re.search(
        r" need 400,256 descriptors per process, the limit is [\d,]+ \(ulimit", message
    )
    assert re.search(r"; raise what is short or plan at most [\d,]+ users$", message)
    assert not bench.results.exists()


def test_a_results_folder_that_cannot_be_written_is_named(bench: Bench) -> None:
    """A file stands in its place."""
    bench.results.write_text("in the way")
    message = failure(*bench.call(plan(UVICORN, WAIT)))
    assert "cannot be written (Not a directory); make it writable or name another" in message


def test_the_help_says_what_a_run_without_calibration_lacks() -> None:
    """The gate by its name, and that the report tells."""
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "--help"], capture_output=True, text=True, check=True
    )
    words = " ".join(done.stdout.split())
    assert "the gate envelope is then not judged, and the report says so" in words


SCRIPTS = (
    *("bench", "report", "open", "serve", "calibrate", "check"),
    *("baseline", "compare", "compare_runs", "trend"),
)


UNKNOWN = "error: unrecognized arguments: --nonsense; --help lists the options\n"


@pytest.mark.parametrize("script", SCRIPTS)
def test_an_unknown_argument_gets_one_line(script: str) -> None:
    """Not the whole usage, and no traceback."""
    assert verbs.call(script, "--nonsense") == (2, "", UNKNOWN)


@pytest.mark.long
@pytest.mark.parametrize("script", SCRIPTS)
def test_each_script_ends_with_that_status(script: str) -> None:
    """As make starts it, in a process of its own."""
    argv = [sys.executable, f"scripts/{script}.py", "--nonsense"]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", UNKNOWN)
