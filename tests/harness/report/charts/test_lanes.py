"""Request lanes as drawn: bars where the parts are, on one axis of time."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch

from harness.core.summary import Lane, Lanes, Summary
from harness.measure.lanes import ANSWER
from harness.report.charts import registry
from harness.report.charts.lanes import MARKS, MOST_WORKERS
from harness.report.charts.lanes import lanes as draw
from harness.report.charts.subjects import subjects
from tests.support.builders import DEPLOYMENTS, summary

WAITING = {"part_connect_ms": 1.0, "part_queue_ms": 9.0, "part_view_ms": 2.0, "part_wait_ms": 8.0}
FIRST, SECOND = (deployment.name for deployment in DEPLOYMENTS[1:3])


def drawn(name: str, ends: Sequence[float], at_once: int | None = 1) -> Lanes:
    """Return lanes of 20 ms before each of these ends, by one worker."""
    lanes = tuple(Lane(end - 20, WAITING, 1, failed=False) for end in ends)
    return Lanes("wait", name, 64, at_once, lanes)


def figure(*several: Lanes) -> Figure:
    """Draw the lanes of some deployments."""
    return picture(replace(summary(), lanes=several))


def picture(whole: Summary) -> Figure:
    """Draw the lanes of the only scenario."""
    (subject,) = subjects(whole)
    return draw(subject)


def bars(figure: Figure, panel: int = 0) -> Mapping[str, np.ndarray]:
    """Return the corners of each part's bars in a panel, keyed by the colour of the part."""
    shapes = [each for each in figure.axes[panel].patches if isinstance(each, PathPatch)]
    return {
        part: np.asarray(shape.get_path().vertices).reshape(-1, 5, 2)
        for part, shape in zip(WAITING, shapes, strict=True)
    }


def test_each_part_stands_after_the_one_before_it() -> None:
    """20 ms from 0 on: connect to 1, queue to 10, work to 12, wait to 20."""
    corners = bars(figure(drawn(FIRST, [20, 50])))
    assert {part: (bar[0, :, 0].min(), bar[0, :, 0].max()) for part, bar in corners.items()} == {
        "part_connect_ms": (0, 1),
        "part_queue_ms": (1, 10),
        "part_view_ms": (10, 12),
        "part_wait_ms": (12, 20),
    }
    tops = corners["part_wait_ms"][:, :, 1].min(axis=1)
    assert 0 < tops[0] < 1 < tops[1] < 2


def test_what_the_server_has_begun_is_broad_and_what_it_has_not_is_a_line() -> None:
    """So form tells the parts apart, and colour need not."""
    broad = {part for part, mark in MARKS.items() if mark.share > 0.8}
    assert broad == {"part_view_ms", "part_wait_ms"}
    assert MARKS["part_view_ms"].pale is not MARKS["part_wait_ms"].pale


def test_all_deployments_share_the_axis_of_time() -> None:
    """One takes 500 ms, the other 200: both axes go as far."""
    one, other = figure(drawn(FIRST, [20, 500]), drawn(SECOND, [20, 200], at_once=2)).axes
    assert one.get_xlim() == other.get_xlim()
    assert one.get_xlim()[1] == pytest.approx(505)
    assert one.get_title() == (
        f"{FIRST} at 64 clients: 2 requests in 500 ms, one in its view at a time"
    )
    assert other.get_title().endswith("up to 2 in their views at once")


def test_what_would_be_too_narrow_is_drawn_once_more() -> None:
    """50 ms beside 1,000: on an axis of its own within the panel, 0.69 x 1,000 / 50 = 14 times."""
    _, narrow = figure(drawn(FIRST, [1000]), drawn(SECOND, [20, 50])).axes
    (lens,) = narrow.child_axes
    assert lens.get_xlim()[1] == pytest.approx(50.5)
    assert [text.get_text() for text in narrow.texts] == ["the same,\n14 times\nas wide"]


def test_workers_are_named_beside_their_lanes_as_long_as_there_is_room() -> None:
    """Two of them; nine would be too many, one alone needs no name."""
    lanes = [Lane(0, WAITING, 1 + n % 2, failed=False) for n in range(4)]
    in_order = tuple(sorted(lanes, key=lambda lane: lane.worker or 0))
    (two,) = figure(replace(drawn(FIRST, [20]), lanes=in_order)).axes
    assert [tick.get_text() for tick in two.get_yticklabels()] == ["worker 1", "worker 2"]
    assert list(two.get_yticks()) == [1, 3]
    many = tuple(Lane(0, WAITING, 1 + n, failed=False) for n in range(MOST_WORKERS + 1))
    for alone in (drawn(FIRST, [20]), replace(drawn(FIRST, [20]), lanes=many)):
        assert not list(figure(alone).axes[0].get_yticks())


def test_a_failed_request_is_marked_at_its_end() -> None:
    """After 30 ms, in the second lane; the text below says what the mark is."""
    failed = Lane(10, {"part_connect_ms": 0.0, ANSWER: 20.0}, None, failed=True)
    drawing = figure(Lanes("wait", FIRST, 64, None, (Lane(0, WAITING, 1, False), failed)))
    (marks,) = drawing.axes[0].collections
    assert np.asarray(marks.get_offsets()).tolist() == [[30, 1.5]]
    (legend,) = drawing.legends
    assert "x = failed" in legend.get_title().get_text()
    assert "not told" in [text.get_text() for text in legend.get_texts()]


def test_forty_deployments_stand_in_two_columns() -> None:
    """Twenty rows, each with its lanes; a name of 80 characters is cut."""
    names = [f"{number:080}" for number in range(40)]
    whole = summary()
    samples = tuple(replace(whole.samples[0], deployment=name) for name in names)
    several = tuple(drawn(name, [20, 40]) for name in names)
    panels = picture(replace(whole, samples=samples, lanes=several)).axes
    assert len(panels) == 40
    assert len({axes.get_position().x0 for axes in panels}) == 2
    assert all("…" in axes.get_title() for axes in panels)


def moving(*several: Lanes) -> str:
    """Return the moving picture of some deployments."""
    return registry.draw_moving(replace(summary(), lanes=several))["wait.lanes-moving"]


def test_the_moving_picture_is_still_where_motion_is_not_wanted() -> None:
    """All that moves stands within the query of prefers-reduced-motion; no script, no network."""
    svg = moving(drawn(FIRST, [20, 1000]), drawn(SECOND, [20, 50]))
    style = svg[svg.index("<style>") : svg.index("</style>")]
    wanted = style.index("prefers-reduced-motion: no-preference")
    assert all(at.start() > wanted for at in re.finditer(r"animation", style))
    assert ".cover { transform: scaleX(0)" in style
    assert "<script" not in svg and "href" not in svg


def test_the_moving_picture_is_named_and_described_for_who_cannot_see_it() -> None:
    """By its title, and by what each panel is headed with."""
    root = ET.fromstring(moving(drawn("<evil>", [20, 1000]), drawn(SECOND, [20, 50])))
    described = {each.get("id"): each.text or "" for each in root if each.get("id")}
    assert root.get("role") == "img"
    assert set((root.get("aria-labelledby") or "").split()) == set(described)
    assert "<evil> at 64 clients: 2 requests in 1,000 ms" in described["reading"]


def test_the_moving_picture_plays_a_whole_number_of_times_slower() -> None:
    """1,000 ms in about 10 s: 10 times slower, and a fourth of that it stands still: 12.5 s."""
    svg = moving(drawn(FIRST, [20, 1000]))
    assert "10 times slower than it was" in svg
    assert "uncover 12.5s linear infinite" in svg
    assert "80.0%, to { transform: scaleX(0); }" in svg
