"""The ground truth: the delays it means, the stamps it puts on answers, its freeze."""

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import pytest

from harness.rig.ground_truth import Intended
from tests.support.serving import PROJECT, Server, running

TRUTH = [sys.executable, "-m", "harness.rig.ground_truth", "--port={port}"]
SCRIPTS = PROJECT / "scripts"


@dataclass(frozen=True)
class Answer:
    """What client and server say about one request; times since the epoch in s, others in ms."""

    sent: float
    received: float
    view_ms: float
    wait_ms: float
    entered: float

    @property
    def late_ms(self) -> float:
        """How much longer the answer was kept than was meant."""
        return self.view_ms - self.wait_ms


class Asking:
    """One request under way on a connection of its own."""

    def __init__(self, server: Server, ms: int, stack: ExitStack) -> None:
        port = int(server.url.rpartition(":")[2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.client = stack.enter_context(closing(client))
        self.client.connect()
        self.sent = time.time()
        self.client.request("GET", f"/?ms={ms}")

    def answer(self) -> Answer:
        """Wait for the answer."""
        response = self.client.getresponse()
        assert response.read() == b'{"upstream": "ok"}'
        received, timing = time.time(), response.getheader("Server-Timing") or ""
        told = {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([0-9.]+)", timing)}
        entered = told["entered"] / 1000
        return Answer(self.sent, received, told["view"], told["wait"], entered)


def ask(server: Server, ms: int) -> Answer:
    """Ask once."""
    with ExitStack() as stack:
        return Asking(server, ms, stack).answer()


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a ground truth with two-valued delays."""
    log = tmp_path_factory.mktemp("truth") / "log"
    with running([*TRUTH, "--spread=two", "--seed=3"], log, SCRIPTS) as server:
        yield server


# The standard deviation over the mean: none; sqrt(0.9 x 0.5^2 + 0.1 x 4.5^2) = 1.5;
# sqrt(exp(0.5^2) - 1) = 0.53. The mean of 20,000 draws is within four standard errors of 100.
@pytest.mark.parametrize(
    ("spread", "deviation"), [("constant", 0), ("two", 1.5), ("lognormal", 0.53)]
)
def test_every_spread_has_the_mean_that_is_asked_for(spread: str, deviation: float) -> None:
    """Rounding to whole milliseconds included."""
    delays = Intended(spread, sigma=0.5, seed=1)
    drawn_ms = [delays.draw_s(100) * 1000 for _ in range(20_000)]
    within = 4 * 100 * deviation / 20_000**0.5
    assert fmean(drawn_ms) == pytest.approx(100, abs=within + 1e-9)
    assert all(abs(ms - round(ms)) < 1e-9 for ms in drawn_ms)


def test_two_values_are_half_the_mean_and_eleven_times_that() -> None:
    """Nine in ten take 50 ms of 100, one takes 550; of 20,000 draws 0.9 +- 4 x 0.002 are short."""
    delays = Intended("two", sigma=0.5, seed=1)
    drawn_ms = [round(delays.draw_s(100) * 1000) for _ in range(20_000)]
    assert set(drawn_ms) == {50, 550}
    # The standard error of the share is sqrt(0.9 x 0.1 / 20,000) = 0.002.
    assert drawn_ms.count(50) / 20_000 == pytest.approx(0.9, abs=0.008)


def test_the_stamps_tell_what_was_meant_and_what_came_of_it(truth: Server) -> None:
    """Draw the seed's sequence; no answer is early, and hardly any late."""
    delays = Intended("two", sigma=0.5, seed=3)
    answers = [ask(truth, 20) for _ in range(40)]
    assert [a.wait_ms for a in answers] == [round(delays.draw_s(20) * 1000) for _ in range(40)]
    assert min(a.late_ms for a in answers) >= 0
    assert median(a.late_ms for a in answers) < 3


def test_the_stamped_stay_lies_within_what_the_client_sees(truth: Server) -> None:
    """Arrive after sending, leave before receiving, by clocks that agree to 0.1 ms."""
    for answer in [ask(truth, 10) for _ in range(20)]:
        assert answer.entered >= answer.sent - 1e-4
        assert answer.entered + answer.view_ms / 1000 <= answer.received + 1e-4


def test_nothing_that_does_not_wait_is_drawn_for(truth: Server) -> None:
    """Answer at once where 0 ms are asked for."""
    answer = ask(truth, 0)
    assert answer.wait_ms == 0
    assert answer.view_ms < 5


def test_a_freeze_shows_in_exactly_the_requests_it_meets(tmp_path: Path) -> None:
    """Freeze from 0.3 to 0.8 s: what is due then is late, what arrives then is read afterwards."""
    argv = [*TRUTH, "--freeze-at-s=0.3", "--freeze-s=0.5"]
    with running(argv, tmp_path / "log", SCRIPTS) as server, ExitStack() as stack:
        before, within, beyond = (Asking(server, ms, stack) for ms in (100, 400, 1000))
        time.sleep(0.5)
        arriving = Asking(server, 50, stack)
        first, held, spared, queued = (a.answer() for a in (before, within, beyond, arriving))
        after = ask(server, 50)
    # Due 0.4 s after the first request, it leaves when the freeze ends 0.8 s after it.
    assert 390 <= held.late_ms < 450
    assert all(a.late_ms < 50 for a in (first, spared, queued, after))
    assert queued.entered >= first.entered + 0.799
    assert queued.entered - queued.sent > 0.2
    assert after.entered - after.sent < 0.05


@pytest.mark.parametrize("bad", ["--freeze-s=-1", "--freeze-at-s=61", "--spread=three"])
def test_what_cannot_be_is_refused(bad: str) -> None:
    """End with status 2 and name the option."""
    argv = [*TRUTH[:-1], bad]
    done = subprocess.run(argv, cwd=SCRIPTS, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert f"argument {bad.partition('=')[0]}:" in done.stderr
