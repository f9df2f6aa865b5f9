"""What there is to see of a run while it runs: which lines, how wide, how long is left."""

import os
import pty
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.schedule import block_seconds, blocks
from harness.rig import live
from harness.rig.live import LiveFigures
from harness.terminal import bench
from harness.terminal.progress import Progress, View, bar, shortened, wrapped
from tests.support import builders
from tests.support.histories import finished_run

PLAN = builders.plan(rounds=1, users=(1, 256), deployments=builders.DEPLOYMENTS[1:3])
ORDER = blocks(PLAN)
TRIALS = [trial for block in ORDER for trial in block.trials]


def record(number: int) -> Record:
    """Build the record of a trial."""
    return Record(TRIALS[number], "", Measurement(), Extra(), ())


class Clock:
    """A clock that a test sets."""

    now_s = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands at 100 s."""
    return Clock()


@pytest.fixture
def progress(tmp_path: Path, clock: Clock) -> Progress:
    """Return the progress of a run of four sessions with two load steps each."""
    return Progress(finished_run(tmp_path, "it"), ORDER, clock)


def view(figures: LiveFigures | None) -> View:
    """Build a view of the second load step of the third session."""
    return View(3, 4, ORDER[0].trials[1], 2, 2, figures, left_s=65)


def test_a_person_reads_session_step_users_rate_latency_failures_and_time() -> None:
    """In that order, each with its unit."""
    server, scenario = ORDER[0].deployment.name, ORDER[0].scenario.name
    assert view(LiveFigures(249, 827.6, 304, 0)).fields == (
        "session 3 of 4",
        server,
        scenario,
        "round 1",
        "load step 2 of 2: 256 clients",
        "249 running",
        "828 requests/s",
        "p95 304 ms",
        "0 failed",
        "1 min 05 s left",
    )


def test_before_the_load_begins_the_session_is_starting() -> None:
    """And where nobody was answered in the last seconds, there is no p95."""
    assert view(None).fields[-2:] == ("starting", "1 min 05 s left")
    assert "p95 -" in view(LiveFigures(249, 0.0, None, 3)).fields


@pytest.mark.parametrize("width", [10, 20, 40, 80, 132])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Nothing is lost but the middle of what is too long, and no line is empty."""
    fields = (*view(LiveFigures(10_000, 1234.5, 20_500, 17)).fields, "n" * 80)
    lines = wrapped(fields, width)
    assert all(0 < len(line) <= width for line in lines)
    shown = [field for line in lines for field in line.split("  ")]
    assert shown == [shortened(field, width) for field in fields]


def test_eighty_columns_have_room_for_a_usual_session_in_two_lines() -> None:
    """Names of this suite's own length."""
    fields = view(LiveFigures(249, 827.6, 304, 0)).fields
    assert len(wrapped(fields, 80)) == 2


def test_a_name_that_is_too_long_keeps_both_ends() -> None:
    """What tells two names apart often stands at the end."""
    assert shortened("gunicorn-gthread-400", 20) == "gunicorn-gthread-400"
    assert shortened("gunicorn-gthread-400", 11) == "gunic…d-400"


def test_a_bar_tells_what_is_done_without_colour() -> None:
    """A quarter of eight cells; more than all, where a run is behind, is no more than all."""
    assert bar(0.25, 8) == "━━──────"
    assert bar(-0.1, 4) == "────"
    assert bar(1.2, 4) == "━━━━"


def test_time_left_is_that_of_the_plan_and_goes_down_every_second(
    progress: Progress, clock: Clock
) -> None:
    """A session that takes longer than planned leaves that of the others."""
    seconds = [block_seconds(block) for block in ORDER]
    assert progress.left_s == pytest.approx(sum(seconds))
    clock.now_s += 3
    assert progress.left_s == pytest.approx(sum(seconds) - 3)
    clock.now_s += 10 * seconds[0]
    assert progress.left_s == pytest.approx(sum(seconds[1:]))


def test_time_left_follows_the_pace_of_the_sessions_that_ended(
    progress: Progress, clock: Clock
) -> None:
    """The first took twice as long as planned: so will the others."""
    seconds = [block_seconds(block) for block in ORDER]
    clock.now_s += 2 * seconds[0]
    progress.add(record(0))
    progress.add(record(1))
    assert progress.left_s == pytest.approx(2 * sum(seconds[1:]))


def test_a_session_has_a_line_once_its_last_trial_has_come(progress: Progress) -> None:
    """The last of all has no time left."""
    lines = [progress.add(record(number)) for number in range(len(TRIALS))]
    assert lines[0] is None and lines[1] is not None
    assert lines[1].startswith(f"1/4 {ORDER[0].slug}: 2 trials, none flagged  ")
    assert lines[1].endswith(" left")
    assert lines[-1] == f"4/4 {ORDER[3].slug}: 2 trials, none flagged"
    assert progress.view is None


def test_figures_are_those_of_the_session_under_way(progress: Progress) -> None:
    """Which are in its folder: once the first has ended, those of the second."""
    line = '{"users": %d, "throughput_rps": 10, "latency_p95_ms": 5, "failed": 0}\n'
    for users, block in enumerate(ORDER, 1):
        (progress.run.block_folder(block) / live.FILE).write_text(line % users)
    for number, users in ((0, 1), (1, 1), (2, 2)):
        assert (now := progress.view) and now.figures and now.figures.users == users
        progress.add(record(number))


def test_ctrl_c_leaves_a_terminal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cursor is back, what was shown is gone, and no line was wider than the terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    master, slave = pty.openpty()

    def stopped() -> Iterator[Record]:
        yield record(0)
        yield record(1)
        raise KeyboardInterrupt

    with os.fdopen(slave, "w") as file:
        screen = Console(file=file, width=40, height=24, highlight=False, soft_wrap=True)
        monkeypatch.setattr(bench, "PROGRESS", screen)
        with pytest.raises(KeyboardInterrupt):
            bench.follow(finished_run(tmp_path, "it"), ORDER, stopped())
        file.flush()
        printed = os.read(master, 100_000).decode()
    os.close(master)
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert printed.count(hidden) == 1 and printed.index(hidden) < printed.index(shown)
    assert "1/4 " in printed and "session 1 of 4" in printed
    up_and_clear = "\x1b[1A\x1b[2K"
    assert printed.endswith(up_and_clear)
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed).replace("\r", "\n").splitlines()
    assert max(map(len, lines[1:])) <= 40  # the first has the name of the run
