"""What servers hold over memory, as drawn."""

from dataclasses import replace

import numpy as np

from harness.core.advice import Advice, Bracket, Case, Figures, Reach, Verification
from harness.core.plan import Objective
from harness.report.charts import registry
from harness.report.charts.frontier import points_of
from tests.support.builders import SMALL, summary

GTHREAD, UVICORN = SMALL.deployments
CASE = Case("wait", Objective(p95_ms=500), 600, "sync", 1, True, 8_192)


def server(name: str, users: float, memory_mib: float | None) -> Verification:
    """Build a server that held so many users with so much memory."""
    reach = Reach.over([Bracket(1, 2, share * users) for share in (0.9, 1, 1.2)])
    at = Figures(users=int(users), memory_mib=memory_mib)
    return Verification(name, name, "wsgi", "", 1, None, None, 1_000, reach, at)


ADVICE = Advice(
    case=CASE,
    ending="change",
    recommended=GTHREAD.name,
    limit=None,
    flip=None,
    demands=(),
    verifications=(
        replace(server("sync", 0, 80), at=None),
        server(GTHREAD.name, 860, 65),
        replace(server(UVICORN.name, 700, 60), flags=("steady",)),
        server("unmeasured", 700, None),
    ),
)


def test_each_server_that_held_something_is_a_point_with_its_range() -> None:
    """Hollow where trials were flagged; without memory it has no place."""
    points = points_of(ADVICE)
    assert [*points] == [GTHREAD.name, UVICORN.name]
    spread = points[GTHREAD.name].spread
    assert spread and (spread.middle, spread.low, spread.high) == (860, 774, 1_032)
    assert (points[GTHREAD.name].load, points[GTHREAD.name].doubted) == (65, False)
    assert points[UVICORN.name].doubted
    words = points[GTHREAD.name].words
    assert words and words.text == f"{GTHREAD.name}, 65 MiB: 860 (774 to 1,032) users"


def test_the_chart_opens_those_of_its_scenario_and_names_the_servers() -> None:
    """With the expected load as a line; without advice, or of nothing, it is not drawn."""
    figures = registry.draw(summary(), ADVICE)
    assert next(iter(figures)) == "wait.frontier"
    figure = figures["wait.frontier"]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == [GTHREAD.name, UVICORN.name]
    heights = [[*np.atleast_1d(line.get_ydata())] for line in figure.axes[0].lines]
    assert [CASE.users, CASE.users] in heights
    drawn = registry.drawings(summary(), {"wait.frontier": figure})["wait.frontier"]
    assert [key.name for key in drawn.keys] == names
    for nothing in (None, replace(ADVICE, verifications=ADVICE.verifications[:1])):
        assert "wait.frontier" not in registry.draw(summary(), nothing)
