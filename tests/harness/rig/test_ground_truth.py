"""The ground truth: its intended delays, the stamps on its answers, its freeze."""

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

from harness.rig.ground_truth import IntendedDelays
from harness.rig.upstream import MAX_MS
from tests.support.patience import PATIENCE_S
from tests.support.serving import PROJECT, Server, running

TRUTH = [sys.executable, "-m", "harness.rig.ground_truth", "--port={port}"]
SCRIPTS = PROJECT / "scripts"


@dataclass(frozen=True)
class Answer:
    """One request as client and server see it; points in time in s since the epoch."""

    sent: float
    received: float
    view_ms: float
    wait_ms: float
    entered: float

    @property
    def late_ms(self) -> float:
        """How much longer than intended the answer took."""
        return self.view_ms - self.wait_ms


class Request:
    """A request in flight on a connection of its own."""

    def __init__(self, server: Server, ms: int, stack: ExitStack) -> None:
        port = int(server.url.rpartition(":")[2])
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.client = stack.enter_context(closing(client))
        self.client.connect()
        self.sent = time.time()
        self.client.request("GET", f"/?ms={ms}")

    def answer(self) -> Answer:
        """Wait for the answer."""
        response = self.client.getresponse()
        assert response.read() == b'{"upstream": "ok"}'
        received = time.time()
        timing = response.getheader("Server-Timing") or ""
        stamps = {name: float(ms) for name, ms in re.findall(r"bench-(\w+);dur=([0-9.]+)", timing)}
        return Answer(self.sent, received, stamps["view"], stamps["wait"], stamps["entered"] / 1000)


def ask(server: Server, ms: int) -> Answer:
    """Ask once."""
    with ExitStack() as stack:
        return Request(server, ms, stack).answer()


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
def test_every_spread_has_the_mean_of_the_request(spread: str, deviation: float) -> None:
    """Rounded to whole milliseconds."""
    delays = IntendedDelays(spread, sigma=0.5, seed=1)
    draws_ms = [delays.draw_s(100) * 1000 for _ in range(20_000)]
    within = 4 * 100 * deviation / 20_000**0.5
    assert fmean(draws_ms) == pytest.approx(100, abs=within + 1e-9)
    assert all(abs(ms - round(ms)) < 1e-9 for ms in draws_ms)


def test_two_values_are_half_the_mean_and_eleven_times_that() -> None:
    """Nine in ten take 50 ms of 100, one takes 550; of 20,000 draws 0.9 +- 4 x 0.002 are short."""
    delays = IntendedDelays("two", sigma=0.5, seed=1)
    draws_ms = [round(delays.draw_s(100) * 1000) for _ in range(20_000)]
    assert set(draws_ms) == {50, 550}
    # The standard error of the share is sqrt(0.9 x 0.1 / 20,000) = 0.002.
    assert draws_ms.count(50) / 20_000 == pytest.approx(0.9, abs=0.008)


def test_the_stamps_hold_the_intended_delay_and_the_stay(truth: Server) -> None:
    """Draw the seed's sequence; no answer is early, and hardly any late."""
    delays = IntendedDelays("two", sigma=0.5, seed=3)
    answers = [ask(truth, 20) for _ in range(40)]
    assert [a.wait_ms for a in answers] == [round(delays.draw_s(20) * 1000) for _ in range(40)]
    assert min(a.late_ms for a in answers) >= 0
    assert median(a.late_ms for a in answers) < 3


def test_the_stamped_stay_lies_within_what_the_client_sees(truth: Server) -> None:
    """It arrives after it is sent and leaves before it is received, to within 0.1 ms."""
    for answer in [ask(truth, 10) for _ in range(20)]:
        assert answer.entered >= answer.sent - 1e-4
        assert answer.entered + answer.view_ms / 1000 <= answer.received + 1e-4


def test_a_request_without_a_delay_is_answered_at_once(truth: Server) -> None:
    """And takes no draw."""
    answer = ask(truth, 0)
    assert answer.wait_ms == 0
    assert answer.view_ms < 5


def test_a_freeze_delays_exactly_the_requests_that_it_meets(tmp_path: Path) -> None:
    """From 0.3 to 0.8 s: what is due then is late, what arrives then is read afterwards."""
    argv = [*TRUTH, "--freeze-at-s=0.3", "--freeze-s=0.5"]
    with running(argv, tmp_path / "log", SCRIPTS) as server, ExitStack() as stack:
        requests = [Request(server, ms, stack) for ms in (100, 400, 1000)]
        time.sleep(0.5)
        requests.append(Request(server, 50, stack))
        before, within, beyond, arriving = (request.answer() for request in requests)
        after = ask(server, 50)
    # Due 0.4 s after the first request, it leaves when the freeze ends 0.8 s after it.
    assert 390 <= within.late_ms < 450
    assert all(answer.late_ms < 50 for answer in (before, beyond, arriving, after))
    assert arriving.entered >= before.entered + 0.799
    assert arriving.entered - arriving.sent > 0.2
    assert after.entered - after.sent < 0.05


@pytest.mark.parametrize(
    "bad", ["--freeze-s=-1", f"--freeze-at-s={MAX_MS / 1000 + 1}", "--spread=three"]
)
def test_impossible_options_are_refused(bad: str) -> None:
    """With status 2 and the name of the option."""
    argv = [*TRUTH[:-1], bad]
    process = subprocess.run(argv, cwd=SCRIPTS, capture_output=True, text=True, timeout=PATIENCE_S)
    assert process.returncode == 2
    assert f"argument {bad.partition('=')[0]}:" in process.stderr
