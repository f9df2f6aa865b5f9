"""A plug-in that loads in turns: `locust -f plain.py,_turns.py,_recorder.py --stairs 32`.

Two servers are compared by plateaus in turn, and starting a Locust for each would take longer than
the plateau. Here all users start, ask through a first plateau, which is half as long, and wait.
Each SIGUSR1 is a turn: one more plateau, reported as by _staircase.py, at whose close the users
stop asking.
"""

import signal
from itertools import chain, repeat

import gevent
from gevent.event import Event
from gevent.lock import Semaphore
from locust import events
from locust.env import Environment

from _books import books
from _staircase import Staircase, climb, watch_end

# A first turn is no measurement: it is as long as a server needs to get warm, and each start of
# both sides waits for it.
WARM_UP = 0.5


class Turns(Staircase):
    """Carry one Locust process from turn to turn, until it is ended."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.turn = books.turn = Event()
        self.called = Semaphore(0)
        gevent.signal_handler(signal.SIGUSR1, self.called.release)

    def climb(self) -> None:
        """Start all users, let them warm the server up in a first turn, then wait for each call."""
        users, _ = self.steps[-1]
        self.ramp(users)
        whole_s = self.measure_s
        for self.measure_s in chain([WARM_UP * whole_s], repeat(whole_s)):
            self.check_users()
            self.turn.set()
            self.measure(users, None)
            self.called.acquire()

    def wait_for_answers(self, opened: float, closed: float, rate: float) -> None:
        """Let nobody ask any more, then wait as at the end of any plateau."""
        self.turn.clear()
        super().wait_for_answers(opened, closed, rate)


# A turn is a plateau of its own: importing the staircase must not start one.
events.test_start.remove_listener(climb)


@events.test_start.add_listener
def take_turns(environment: Environment, **_: object) -> None:
    """Begin once Locust does."""
    turns = Turns(environment)
    watch_end(environment, turns)
    gevent.spawn(turns.climb)
