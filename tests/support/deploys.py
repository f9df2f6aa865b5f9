"""An event against a server, built by hand: clients that ask once every tenth of a second."""

from math import nan
from pathlib import Path

from harness.core.deploys import Case, Happening
from harness.core.plan import Deployment, Event, Load, Scenario
from harness.core.trial import Block, Plateau

OPENED = 100.0
CLOSED = 110.0
AT = 105.0
OLD, NEW = 40, 41
"""The process that served before the event, and the one after it."""


def case(keep_alive: bool = True) -> Case:
    """Build a reload of a server, asked at 10 requests/s; over 500 ms is late."""
    deployment = Deployment(
        name="server", interface="wsgi", command=("serve",), keep_alive=keep_alive
    )
    scenario = Scenario(name="wait", locustfile=Path("numbered.py"), objective_ms=500)
    load = Load(rates_rps=(10,), clients=4, settle_s=1, measure_s=10)
    return Case(Block(deployment, scenario, load, 1), Event(name="reload", signal="SIGHUP"))


def plateau(unanswered: tuple[float, ...] = ()) -> Plateau:
    """Build a plateau of ten seconds."""
    return Plateau(
        users=4,
        ramped=OPENED - 1,
        opened=OPENED,
        closed=CLOSED,
        ended=CLOSED + 1,
        answered=0,
        pausing=(),
        unanswered=unanswered,
        lag_p99_ms=1.0,
    )


def happening(at_s: float | None = AT, stopped_s: float | None = None) -> Happening:
    """Build an event in the middle of it, before which one process served."""
    return Happening(frozenset((OLD,)), at_s, stopped_s)


class Requests:
    """Requests that are due every tenth of a second, each answered after 50 ms, but for some.

    The first hundred are of the plateau. Number n is due at OPENED + (n - 1) / 10. Those sent
    before AT are answered by the old process, later ones by the new one.
    """

    def __init__(self, requests: int = 100) -> None:
        self.rows = {number: self._row(number) for number in range(1, requests + 1)}
        self.begun = dict.fromkeys(self.rows, 1)
        self.ended = dict.fromkeys(self.rows, 1)

    @staticmethod
    def _row(number: int) -> dict[str, object]:
        due_s = OPENED + (number - 1) / 10
        return {
            "name": str(number),
            "start_s": due_s,
            "due_s": due_s,
            "latency_ms": 50.0,
            "error": "",
            "plateau": 10.0 if due_s < CLOSED else nan,
            "entered_s": due_s + 0.001,
            "process": OLD if due_s < AT else NEW,
            "connect_ms": nan,
        }

    def fail(self, number: int, error: str, begun: bool, ended: bool = False) -> None:
        """Let a request fail, as far as the application had come with it."""
        self.rows[number] |= {"error": error, "process": nan, "entered_s": nan}
        for done, counts in ((begun, self.begun), (ended, self.ended)):
            if not done:
                del counts[number]

    def leave(self, number: int, begun: bool) -> None:
        """Let a request stay without an answer."""
        self.fail(number, "", begun)
        del self.rows[number]
