"""Two sides in turn, with a fake server and a fake Locust that write down what happens."""

import os
import sys
from math import isfinite, nan
from pathlib import Path

import psutil
import pytest

from harness.checks.interleave import duel
from harness.checks.revisions import Revision
from harness.checks.starts import COUNTS, value
from harness.checks.turn import PAIRS_PER_START, Pair
from harness.core.errors import BenchError
from harness.core.plan import Application
from harness.core.plan_file import parse
from harness.core.schedule import blocks
from harness.host.machine import Cores
from harness.rig import generator
from harness.rig.family import COLUMNS, Family
from tests.support.fakes import SERVER

LOCUST = """
import json, os, signal, sys, time

flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:] if "=" in flag)
side, port = os.path.basename(os.getcwd()), flags["host"].rpartition(":")[2]

def journal(line):
    with open(os.environ["JOURNAL"], "a") as file:
        print(line, file=file)

def turn(error="", answers=150):
    journal(f"{side} begins")
    exec(os.environ.get("IN_TURN", ""))
    opened = time.time()
    time.sleep(0.03)
    with open(flags["requests"], "a") as file:
        for n in range(answers):
            fields = os.environ.get("FIELDS", "10.0,9.0,8.0,,0.0")
            file.write(f"{opened + n / 1e4},{fields},{error},2,,,,\\n")
    plateau = dict(users=2, ramped=opened, opened=opened, closed=opened + 0.03, answered=150)
    plateau |= dict(ended=opened + 0.03, pausing=[], unanswered=[], lag_p99_ms=0.1)
    journal(f"{side} ends")
    with open(flags["plateaus"], "a") as file:
        file.write(json.dumps(plateau) + "\\n")

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
with open(flags["requests"], "w") as file:
    columns = "start_s,latency_ms,view_ms,wait_ms,connect_ms,think_ms,error,plateau"
    file.write(columns + ",entered_s,due_s,process,nth\\n")
turn(os.environ.get("FIRST_ERROR", ""))
while True:
    signal.sigwait({signal.SIGUSR1})
    turn(answers=int(os.environ.get("ANSWERS", "150")))
"""

PLAN = """
name = "fake"

[application]
directory = "{folder}"

[[deployments]]
name = "fake"
interface = "wsgi"
views = "sync"
command = ["{{python}}", "{folder}/server.py", "server", "{{port}}"]

[[scenarios]]
name = "wait"
locustfile = "loadtests/wait.py"

[load]
users = [2]
settle_s = 0
measure_s = 0.03
"""


class Fake:
    """A duel of fake children, and what they wrote down."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "server.py").write_text(SERVER)
        self.plan = parse(PLAN.format(folder=folder), "fake.toml")
        (self.block,) = blocks(self.plan)
        application = Application(directory=folder)
        self.sides = (Revision("BASE", "old", application), Revision("HEAD", "new", application))

    def run(self, base_first: bool = True) -> list[Pair]:
        """Carry out a duel."""
        cores, folder = Cores((0,), (1,)), self.folder / "logs"
        return list(duel(self.sides, self.plan, self.block, base_first, cores, folder))

    @property
    def lines(self) -> list[str]:
        """What happened, in order."""
        return (self.folder / "journal").read_text().splitlines()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give a duel with the fakes in place of the real ones."""
    (tmp_path / "locust.py").write_text(LOCUST)
    monkeypatch.setattr(generator, "LOCUST", (sys.executable, str(tmp_path / "locust.py")))
    monkeypatch.setenv("JOURNAL", str(tmp_path / "journal"))
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, cores: None)
    return Fake(tmp_path)


def test_one_side_is_under_load_at_a_time(fake: Fake) -> None:
    """Once both are warm every turn ends before the next begins, and all are reaped at the end."""
    fake.run()
    assert fake.lines.count("server starts") == fake.lines.count("server stops") == 2
    measured = [line for line in fake.lines if "server" not in line][4:]
    assert len(measured) == PAIRS_PER_START * 2 * 2
    for begins, ends in zip(measured[::2], measured[1::2], strict=True):
        assert begins.split()[0] == ends.split()[0]
        assert (begins.split()[1], ends.split()[1]) == ("begins", "ends")


@pytest.mark.parametrize("base_first", [True, False])
def test_each_side_is_first_as_often_as_second(fake: Fake, base_first: bool) -> None:
    """Who is first in the first pair is second in the next; the pairs say so, and it was."""
    found = fake.run(base_first)
    measured = [line for line in fake.lines if line.endswith("begins")][2:]
    assert [pair.base_first for pair in found] == [base_first, not base_first]
    assert [line == "base begins" for line in measured[::2]] == [base_first, not base_first]
    assert [line == "base begins" for line in measured[1::2]] == [not base_first, base_first]


def test_both_sides_start_in_the_same_slot(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither has ended its first turn before the other has begun its own."""
    monkeypatch.setenv("IN_TURN", "time.sleep(0.5)")
    fake.run()
    first = [line for line in fake.lines if "server" not in line][:4]
    assert sorted(first[:2]) == ["base begins", "head begins"]


def test_all_are_measured_on_the_same_cores(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    """One side starts crosswise; in the end both servers are on core 0, both Locusts on core 1."""
    places: dict[int, list[str]] = {}

    def note(pid: int, cores: tuple[int, ...]) -> None:
        words = ""
        while not words:  # it has none for a moment, while setpriv becomes what it starts
            words = " ".join(psutil.Process(pid).cmdline())
        name = next(name for name in ("server.py", "locust.py") if name in words)
        places.setdefault(pid, []).append(f"{name} on {cores[0]}")

    monkeypatch.setattr(os, "sched_setaffinity", note)
    fake.run()
    began = sorted(where[0] for where in places.values())
    ended = sorted(where[-1] for where in places.values())
    assert began == ["locust.py on 0", "locust.py on 1", "server.py on 0", "server.py on 1"]
    assert ended == ["locust.py on 1", "locust.py on 1", "server.py on 0", "server.py on 0"]


@pytest.mark.parametrize("fields", [",9.0,8.0,,0.0", "10.0,,,,", ",,,,"])
def test_what_is_no_number_is_not_measured(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, fields: str
) -> None:
    """Rows with empty fields, of servers that nothing could be read of: turns come."""
    monkeypatch.setenv("FIELDS", fields)
    monkeypatch.setattr(Family, "read", lambda family: (nan,) * len(COLUMNS))
    turns = [turn for pair in fake.run() for turn in (pair.base, pair.head)]
    values = [value(name, [turn]) for name in COUNTS for turn in turns]
    numbers = [each for each in values if each is not None]
    assert len(turns) == 2 * PAIRS_PER_START
    assert None in values
    assert all(map(isfinite, numbers))


def test_a_turn_has_a_value_for_each_metric(fake: Fake) -> None:
    """CPU and memory are the server's own, of the whole turn."""
    pair, _ = fake.run()
    for turn in (pair.base, pair.head):
        assert None not in [value(name, [turn]) for name in COUNTS]
        assert value("latency_p50_ms", [turn]) == 10
        assert (turn.counts.asked, turn.counts.served, turn.counts.failed) == (150, 150, 0)
        assert 5 < (turn.counts.rss_ready_mib or 0) <= (turn.counts.rss_after_mib or 0) < 100
        assert turn.counts.served_so_far == 300
        assert 0 <= (turn.counts.cpu_ms or 0) < 150


def test_a_turn_keeps_the_latencies_of_its_window(fake: Fake) -> None:
    """All 150 of 10 ms, none of the turn before; the turn that came first is in front."""
    for pair in fake.run():
        for turn in (pair.base, pair.head):
            assert turn.latencies_ms.tolist() == [10] * 150
            assert turn.closed - turn.opened == pytest.approx(0.03)
        first, second = pair.in_order
        assert first.closed <= second.opened
        assert (first is pair.base) == pair.base_first


def test_a_base_that_answers_nothing_rightly_is_no_base(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the view that is asked for came later; nothing is measured."""
    monkeypatch.setenv("FIRST_ERROR", "status")
    with pytest.raises(BenchError, match=r"BASE \(old\) answers nothing that scenario wait asks"):
        fake.run()
    assert fake.lines.count("server stops") == 2


def test_a_side_that_dies_under_load_ends_the_check_with_its_name(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is reaped."""
    monkeypatch.setenv(
        "IN_TURN",
        "import psutil\n"
        "for process in psutil.process_iter(['cmdline']):\n"
        "    if side == 'head' and (process.info['cmdline'] or [''])[-1] == port:\n"
        "        process.kill()\n"
        "        time.sleep(9)",
    )
    with pytest.raises(BenchError, match=r"fake of HEAD \(new\) was killed by SIGKILL under load"):
        fake.run()
    assert fake.lines.count("server stops") == 1
