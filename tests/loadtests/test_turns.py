"""The plug-in behind `make check`: users who ask only in their turn."""

import time
from pathlib import Path

from harness.core.plan import Load, Scenario
from harness.core.trial import Plateau
from harness.rig.generator import TAKING_TURNS, Generator, generate
from tests.loadtests.locusts import LOADTESTS
from tests.support.counting import counting
from tests.support.patience import PATIENCE_S
from tests.support.shop import shop

LOAD = Load(users=(4,), settle_s=0.1, measure_s=0.4, tail_s=0.5)
WAIT = Scenario(name="wait", locustfile=LOADTESTS / "wait.py", settings={"wait_ms": 20})


def turn(generator: Generator) -> Plateau:
    """Wait for the plateau of the turn under way."""
    deadline = time.monotonic() + PATIENCE_S
    while (plateau := generator.next_plateau()) is None:
        assert generator.child.exit_reason is None and time.monotonic() < deadline, (
            generator.child.tail()
        )
        time.sleep(0.01)
    return plateau


def three_turns(generator: Generator) -> list[Plateau]:
    """Return the plateaus of the first turn and of two more, with silence around those."""
    turns = [turn(generator)]
    for _ in range(2):
        time.sleep(0.3)
        generator.take_turn()
        turns.append(turn(generator))
    time.sleep(0.3)
    return turns


def test_users_ask_in_their_turns_alone(tmp_path: Path) -> None:
    """Unasked in the first, then once for each call; silent before and after."""
    with (
        counting(delay_s=0.02) as server,
        generate(WAIT, LOAD, "sync", server.url, tmp_path, (0,), TAKING_TURNS) as generator,
    ):
        turns = three_turns(generator)
        arrivals = list(server.arrivals)
    inside = [[t for t in arrivals if p.ramped <= t <= p.ended] for p in turns]
    # The first turn's users may ask while the last of them is being started.
    assert sum(map(len, inside[1:])) == sum(t > turns[0].ended for t in arrivals)
    # Four users in a cycle of 20 ms ask 80 times in a window of 0.4 s, fewer on a busy machine, and
    # half as often in the first one.
    assert len(inside[0]) > 20
    assert all(len(asked) > 40 for asked in inside[1:])
    assert 0.2 <= turns[0].closed - turns[0].opened < 0.4
    assert len(server.connections) == 4


def test_a_turn_is_measured_like_any_plateau(tmp_path: Path) -> None:
    """Open for its time, all users in it from different moments on, its requests on record."""
    with (
        counting(delay_s=0.02) as server,
        generate(WAIT, LOAD, "sync", server.url, tmp_path, (0,), TAKING_TURNS) as generator,
    ):
        turn(generator)
        generator.take_turn()
        plateau = turn(generator)
        requests = generator.requests(since_s=plateau.ramped)
    assert plateau.users == 4
    assert 0.4 <= plateau.closed - plateau.opened < 0.5
    assert plateau.unanswered == ()
    asked = requests[requests["start_s"] >= plateau.ramped]
    assert len(asked) == sum(t >= plateau.ramped for t in server.arrivals)
    first = sorted(asked["start_s"])[:4]
    assert first[-1] - first[0] > 0.001


def test_a_pause_before_a_turn_does_not_count_as_thinking(tmp_path: Path) -> None:
    """Users who waited 0.5 s for their turn thought for some 10 ms, and say so."""
    thinking = WAIT.model_copy(update={"settings": {"wait_ms": 20, "think_ms": 10}})
    with (
        counting(delay_s=0.02) as server,
        generate(thinking, LOAD, "sync", server.url, tmp_path, (0,), TAKING_TURNS) as generator,
    ):
        turn(generator)
        time.sleep(0.5)
        generator.take_turn()
        plateau = turn(generator)
        requests = generator.requests(since_s=plateau.ramped)
    asked = requests[requests["start_s"] >= plateau.ramped]
    assert 0 < asked["think_ms"].max() < 300


JOURNEY = """
import time
from locust import HttpUser, SequentialTaskSet, task

class Visitor(HttpUser):
    def on_start(self):
        self.client.get("/login/", name="login")

    @task
    class Buy(SequentialTaskSet):
        @task
        def look(self):
            for _ in range(3):
                self.client.get("/fixed/?ms=20", name="look")
                time.sleep(0.02)

        @task
        def leave(self):
            self.interrupt()
"""


def test_every_request_of_every_user_class_waits_for_the_turn(tmp_path: Path) -> None:
    """Also in the midst of a task: between turns nobody asks; set-ups come before the first."""
    path = tmp_path / "journey.py"
    path.write_text(JOURNEY)
    journey = Scenario(name="journey", locustfile=path)
    with (
        shop() as server,
        generate(journey, LOAD, "sync", server.url, tmp_path, (0,), TAKING_TURNS) as generator,
    ):
        turns = three_turns(generator)
        arrivals = [moment for moment, target in server.arrivals if target != "/login/"]
        logins = [moment for moment, target in server.arrivals if target == "/login/"]
    assert len(logins) == 4 and max(logins) < turns[0].ramped
    inside = [[t for t in arrivals if p.ramped <= t <= p.ended] for p in turns]
    assert sum(map(len, inside)) == len(arrivals)
    # Four users in a cycle of 40 ms ask 40 times in a window of 0.4 s, fewer on a busy machine.
    assert all(len(asked) > 20 for asked in inside)
