"""The charts as drawn: what is hollow, what is written at the axes, the same bytes every time."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Annotation

from harness.core.cpu_profile import CpuProfile, Part
from harness.core.gate import Doubt, GateName
from harness.core.metrics import Measurement
from harness.core.record import Extra, Record
from harness.core.summary import HeatMap, LoadStep, Spread, Stop, Summary, Timeline
from harness.report.charts import registry
from harness.report.charts.line_names import LINE_OF_TEXT, named
from harness.report.charts.subjects import subjects
from harness.runs import summarise
from harness.runs.bridges import KINDS
from tests.support.builders import DEPLOYMENTS, SCENARIOS, deployment, plan, records

MACHINE = {"server_cores": "1"}
SMALL = plan(users=(1, 16, 1024), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])


def flagged(record: Record) -> Record:
    """Flag the highest load of uvicorn."""
    trial = record.trial
    doubts = (
        (Doubt(GateName.GENERATOR, "busy"),)
        if (trial.users, trial.interface) == (1024, "asgi")
        else ()
    )
    return replace(record, doubts=doubts)


def summary() -> Summary:
    """Condense two deployments at three loads, one of them flagged."""
    return summarise.summarise(
        "run", SMALL, MACHINE, [flagged(record) for record in records(SMALL)]
    )


@cache
def charts() -> dict[str, Figure]:
    """Draw that summary's charts once for all tests that only look at them."""
    return registry.draw(summary())


def texts(figure: Figure) -> str:
    """Read what stands on a figure's axes, at its lines and in its legend."""
    figure.draw_without_rendering()
    words = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        words += [axes.get_xlabel(), axes.get_ylabel()]
        ticks = (*axes.get_xticklabels(), *axes.get_yticklabels())
        words += [tick.get_text() for tick in ticks]
        words += [text.get_text() for text in axes.texts]
    return " | ".join(words)


def test_each_scenario_has_every_chart_that_it_has_the_figures_for() -> None:
    """Those that tell most first; others need an objective, names, failures, rows, all views."""
    figures = registry.draw(summarise.summarise("run", plan(), MACHINE, records(plan())))
    lacking = (
        "served",
        "timeline",
        "names",
        "bridges",
        "streams",
        "errors",
        "lanes",
        "cpu",
        "scaling",
        "heat-map",
    )
    names = [chart for chart in registry.CHARTS if chart not in lacking]
    assert list(figures) == [f"{s.name}.{chart}" for s in SCENARIOS for chart in names]


def test_a_scenario_with_an_objective_shows_who_is_served_in_time() -> None:
    """The share in percent, and how the clients of one block arrived."""
    whole = summary()
    share = Spread(0.5, 0.4, 0.6, 3, "range")
    samples = [replace(s, objective_ms=300.0, served=share) for s in whole.samples]
    story = Timeline("wait", "uvicorn", (0, 1, 2), (0, 5, 5), (0, 5, 0), (0, 0, 5))
    figures = registry.draw(replace(whole, samples=tuple(samples), timelines=(story,)))
    assert "served within 300 ms" in figures["wait.served"].get_suptitle()
    assert "served in time (% of requests)" in texts(figures["wait.served"])
    assert "uvicorn" in figures["wait.timeline"].get_suptitle()
    assert "answers per second" in texts(figures["wait.timeline"])


def test_streams_are_drawn_by_first_event_gap_and_memory() -> None:
    """A panel each; a load without a figure has no point, a flagged one is hollow."""
    figures = {"first_event_p95_ms": 5.0, "event_gap_p95_ms": 1000.0, "streams_per_mib": 4.0}
    spreads = {name: Spread(value, value, value, 3, "range") for name, value in figures.items()}
    whole = summary()
    samples = [replace(s, streams=spreads if s.users > 1 else {}) for s in whole.samples]
    figure = registry.draw(replace(whole, samples=tuple(samples)))["wait.streams"]
    axes = ("p95 time to the first event (ms)", "p95 gap between events (ms)")
    labels = [each.get_ylabel() for each in figure.axes]
    assert labels == [*axes, "live streams (per MiB)"]
    for panel, value in zip(figure.axes, figures.values(), strict=True):
        points = [c for c in panel.collections if isinstance(c, PathCollection)]
        offsets = [np.asarray(each.get_offsets()).tolist() for each in points]
        assert [each for each in offsets if each] == 2 * [[[16, value], [1024, value]]]


def test_stops_of_the_servers_process_are_shaded_in_both_panels() -> None:
    """One of 900 ms, from second 1 on; the key names it."""
    story = Timeline("wait", "uvicorn", (0, 1, 2), (0, 5, 5), (0, 5, 0), (0, 0, 5))
    quiet = registry.draw(replace(summary(), timelines=(story,)))["wait.timeline"]
    stopped = replace(story, stops=(Stop(1.0, 900.0, True),))
    shaded = registry.draw(replace(summary(), timelines=(stopped,)))["wait.timeline"]
    assert [len(axes.patches) for axes in quiet.axes] == [0, 0]
    assert [len(axes.patches) for axes in shaded.axes] == [1, 1]
    assert "the server's process stood still" in texts(shaded)


def test_the_ratio_over_slots_has_each_deployment_with_slots_and_what_theory_predicts() -> None:
    """One WSGI deployment, a line and a dotted curve; users per slot on the axis."""
    (axes,) = charts()["wait.slots"].axes
    lines = [line for line in axes.get_lines() if len(np.asarray(line.get_xdata())) > 2]
    bars = [line for line in lines if line.get_alpha() == 0.35]
    assert len(lines) - len(bars) == 2
    assert axes.get_xlabel() == "users per slot of the WSGI deployment"


def test_views_of_both_kinds_under_both_interfaces_are_drawn_two_by_two() -> None:
    """A panel for each metric with four cells; an adapted one has what that added."""
    kinds = [
        deployment(f"{interface}-{views}", interface, slots=64, views=views)
        for interface, views in KINDS
    ]
    square = plan(users=(16,), deployments=kinds, scenarios=SCENARIOS[:1])
    costs = {each.name: 1.0 + number / 2 for number, each in enumerate(kinds)}
    figures = registry.draw(summarise.summarise("run", square, MACHINE, records(square, costs)))
    panels = figures["wait.bridges"].axes
    assert [len(axes.patches) for axes in panels] == [4, 4]
    # WSGI takes 1 and 1.5 ms, so its bridge 0.5; ASGI 2 for sync and 2.5 for async: -0.5.
    words = [text.get_text().split(" ms")[0] for text in panels[0].texts]
    assert words == ["1.00", "1.50", "+0.5", "2.50", "2.00", "-0.5"]


def test_profiles_are_bars_side_by_side_that_add_up_to_all_of_the_time() -> None:
    """A bar of seven parts for each deployment; a part of 4% or more has its number on it."""
    shares: dict[Part, float] = {"app": 0.10, "framework": 0.3, "threads": 0.03, "server": 0.07}
    shares |= {"interpreter": 0.0, "kernel": 0.1, "idle": 0.4}
    profiles = tuple(
        CpuProfile("wait", each.name, "closed", 64, 500, shares, f"profiles/{each.name}.svg")
        for each in DEPLOYMENTS[1:3]
    )
    whole = replace(summary(), profiles=profiles)
    figures = registry.draw(whole)
    (axes,) = figures["wait.cpu"].axes
    bars = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert [round(bar.get_width()) for bar in bars] == 2 * [10, 30, 3, 7, 0, 10, 40]
    assert [text.get_text() for text in axes.texts] == 2 * ["10", "30", "7", "10", "40"]
    assert "gunicorn-gthread-64 | uvicorn" in texts(figures["wait.cpu"])
    assert "Django (or other framework)" in texts(figures["wait.cpu"])
    (panel,) = registry.drawings(whole, {"wait.cpu": figures["wait.cpu"]})["wait.cpu"].panels
    assert panel.words[1].text == "gunicorn-gthread-64, 64 clients: Django (or other framework) 30%"


def test_a_heat_map_is_the_darker_the_larger_the_share_of_its_second() -> None:
    """8, 1 and 1 of 10 requests: cells of one shade that touch are one; 0 is no cell."""
    steps = (LoadStep(0.0, 16), LoadStep(2.0, 64))
    counts = ((8, 1, 1), (0, 0, 0), (0, 0, 3))
    heat = HeatMap("wait", "uvicorn", 1, (1, 2, 4, 8), counts, (1.5, None, 5.0), steps)
    whole = replace(summary(), heat_maps=(heat,))
    figures = registry.draw(whole)
    (axes,) = figures["wait.heat-map"].axes
    (legend,) = figures["wait.heat-map"].legends
    keys = [text.get_text() for text in legend.get_texts()]
    assert keys == ["from 50%", "from 20%", "from 5%", "from 1%", "fewer"]
    shapes = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
    bounds = [shape.get_path().get_extents().bounds for shape in shapes]
    # 80% from 1 to 2 ms in the first second and 100% from 4 to 8 ms in the third; 10% from 2 to 8.
    assert bounds == [(0, 1, 3, 7), (0, 2, 1, 6)]
    (panel,) = registry.drawings(whole, {"wait.heat-map": figures["wait.heat-map"]})[
        "wait.heat-map"
    ].panels
    assert [each.text for each in panel.words] == [
        "uvicorn, 0 s: median 1.50 ms",
        "uvicorn, 2 s: median 5.00 ms",
    ]


def test_one_interface_alone_has_no_ratio() -> None:
    """There is nothing to divide by."""
    alone = plan(deployments=DEPLOYMENTS[:2], scenarios=SCENARIOS[:1])
    figures = registry.draw(summarise.summarise("run", alone, MACHINE, records(alone)))
    assert "wait.ratio" not in figures
    assert "wait.throughput" in figures


def test_axes_name_their_units_and_print_plain_numbers() -> None:
    """1,024 and not 10^3; every deployment stands at its line or in the key."""
    for name, unit in (("throughput", "requests/s"), ("latency", "ms")):
        words = texts(charts()[f"wait.{name}"])
        assert unit in words
        assert "1,024" in words
        assert "uvicorn" in words
        assert "$" not in words


def test_a_deployment_that_a_scenario_does_not_run_against_is_in_no_key() -> None:
    """Nothing of it is drawn there."""
    partial = SCENARIOS[0].model_copy(update={"deployments": ("uvicorn",)})
    both = plan(users=(1, 16), deployments=DEPLOYMENTS[1:3], scenarios=(partial, SCENARIOS[1]))
    figures = registry.draw(summarise.summarise("run", both, MACHINE, records(both)))
    assert "gunicorn-gthread-64" not in texts(figures["wait.throughput"])
    assert "gunicorn-gthread-64" in texts(figures["plain.throughput"])


def test_what_the_model_predicts_is_drawn_behind_the_points_and_named_below() -> None:
    """Of both deployments, in the chart of throughput and in each panel of latency."""
    steady = [
        replace(record, extra=replace(record.extra, drift_share=0.0)) for record in records(SMALL)
    ]
    predicted = registry.draw(summarise.summarise("run", SMALL, MACHINE, steady))
    for name in ("throughput", "latency"):
        for axes in predicted[f"wait.{name}"].axes:
            pale = [line for line in axes.get_lines() if line.get_alpha() == 0.25]
            others = [line for line in axes.get_lines() if line not in pale]
            assert [len(np.asarray(line.get_xdata())) > 30 for line in pale] == [True, True]
            assert max(e.get_zorder() for e in pale) < min(e.get_zorder() for e in others)
        assert "predicted from the CPU time per request" in title(predicted[f"wait.{name}"])
        assert "predicted" not in title(charts()[f"wait.{name}"])


def title(figure: Figure) -> str:
    """Read how a chart is to be read, above its key."""
    (legend,) = figure.legends
    return legend.get_title().get_text()


def test_a_chart_of_errors_is_drawn_where_a_request_failed() -> None:
    """In percent; where none failed there is nothing to see."""
    share = Spread(0.25, 0.2, 0.3, 3, "range")
    whole = summary()
    failing = [replace(s, metrics=s.metrics | {"error_share": share}) for s in whole.samples]
    figures = registry.draw(replace(whole, samples=tuple(failing)))
    assert "errors (% of requests)" in texts(figures["wait.errors"])
    assert "wait.errors" not in charts()


def test_a_line_breaks_where_loads_are_far_apart_and_at_a_lower_bound() -> None:
    """1 to 16 and 16 to 1,024 clients are; 16 to 64 are not, but 64 is a lower bound."""
    (axes,) = charts()["wait.throughput"].axes
    line = measured(axes)
    assert np.isnan(np.asarray(line.get_ydata(), float)).tolist() == [False, True] * 2 + [False]
    close = plan(users=(16, 64), deployments=DEPLOYMENTS[1:3], scenarios=SCENARIOS[:1])
    whole = summarise.summarise("run", close, MACHINE, records(close))
    least = [replace(s, lower_bounds=("latency_p50_ms",) * (s.users == 64)) for s in whole.samples]
    figure = registry.draw(replace(whole, samples=tuple(least)))["wait.latency"]
    first = measured(figure.axes[0])
    assert np.isnan(np.asarray(first.get_ydata(), float)).tolist() == [False, True]
    arrows = [text.arrow_patch for text in figure.axes[0].texts if isinstance(text, Annotation)]
    assert len(arrows) == 2


def test_latency_over_throughput_is_labelled_by_users_and_has_no_line_over_a_wide_gap() -> None:
    """4 to 62 requests/s are 16 times apart, 62 to 247 are 4; both deployments share a label."""
    (axes,) = charts()["wait.trade-off"].axes
    assert np.isnan(np.asarray(measured(axes).get_ydata(), float)).tolist() == [0, 1, 0, 0]
    labels = [text.get_text() for text in axes.texts]
    assert labels.count("1") == labels.count("16") == 1
    assert labels.count("1,024") == 2


def measured(axes: Axes) -> Line2D:
    """Return the line of the first deployment; what theory allows and predicts is pale."""
    lines = (line for line in axes.get_lines() if line.get_gid() == "d0")
    return next(line for line in lines if line.get_alpha() is None)


def test_names_at_the_ends_of_lines_do_not_hide_each_other() -> None:
    """Five deployments, several of them level; from nine on there is a key instead."""
    five = plan(users=(16, 64), scenarios=SCENARIOS[:1])
    whole = summarise.summarise("run", five, MACHINE, records(five))
    (axes,) = registry.draw(whole)["wait.throughput"].axes
    names = [text for text in axes.texts if isinstance(text, Annotation)]
    heights = sorted(text.get_position()[1] for text in names)
    assert len(heights) == 5
    assert all(b - a > 0.99 * LINE_OF_TEXT for a, b in pairwise(heights))
    (subject,) = subjects(whole)
    assert named(subject, "12345678")
    assert not named(subject, "123456789")


def test_doubted_points_are_hollow() -> None:
    """White inside at the flagged load, filled at the others."""
    (axes,) = charts()["wait.throughput"].axes
    paths = [c for c in axes.collections if isinstance(c, PathCollection)]
    markers = [path for path in paths if np.asarray(path.get_offsets()).size]
    hollow = [np.all(np.asarray(c.get_facecolor())[:, :3] == 1, axis=1).tolist() for c in markers]
    assert hollow == [[False, False, False], [False, False, True]]


def test_a_run_in_which_everything_failed_can_be_drawn(tmp_path: Path) -> None:
    """Each failed load is crossed, and no warning is given."""
    failed = [replace(record, measurement=Measurement()) for record in records(SMALL)]
    figures = registry.draw(summarise.summarise("run", SMALL, MACHINE, failed))
    (axes,) = figures["wait.throughput"].axes
    crossed = [np.asarray(c.get_offsets()).shape[0] for c in axes.collections]
    assert sum(crossed) == 2 * 3
    registry.save(figures, tmp_path)


def test_at_a_single_load_deployments_stand_in_a_row_with_their_names() -> None:
    """At the axis, each below its own point; the load is said once."""
    single = plan(users=(8,), scenarios=SCENARIOS[:1])
    figure = registry.draw(summarise.summarise("run", single, MACHINE, records(single)))
    (axes,) = figure["wait.throughput"].axes
    assert axes.get_xlabel() == "at 8 clients"
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names == [each.name for each in DEPLOYMENTS]
    points = [c for c in axes.collections if isinstance(c, PathCollection)]
    places = [np.asarray(c.get_offsets())[0, 0] for c in points if len(np.asarray(c.get_offsets()))]
    assert places == pytest.approx(list(axes.get_xticks()))


@pytest.mark.parametrize("rounds", [1, 2])
def test_a_single_load_and_few_rounds_can_be_drawn(tmp_path: Path, rounds: int) -> None:
    """The smallest plans have one load, or one round."""
    tiny = plan(rounds=rounds, users=(8,), scenarios=SCENARIOS[:1])
    registry.save(registry.draw(summarise.summarise("run", tiny, MACHINE, records(tiny))), tmp_path)
    assert (tmp_path / "wait.throughput.png").stat().st_size > 0


def test_the_same_summary_gives_the_same_files(tmp_path: Path) -> None:
    """No date, no random ids; the text of an SVG stays text."""
    for folder in ("one", "two"):
        registry.save(registry.draw(summary()), tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(files) == 2 * len(charts())
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    svg = (tmp_path / "one" / "wait.throughput.svg").read_text()
    assert ">gunicorn-gthread-64</text>" in svg
    assert "dc:date" not in svg


def stacks(figure: Figure) -> list[list[list[Rectangle]]]:
    """Give the bars of each panel of a figure, by where they stand, from the bottom up."""
    panels = []
    for axes in figure.axes:
        bars: dict[float, list[Rectangle]] = {}
        for patch in axes.patches:
            assert isinstance(patch, Rectangle)
            bars.setdefault(round(patch.get_x(), 3), []).append(patch)
        panels.append(list(bars.values()))
    return [each for each in panels if each]


def test_the_parts_of_each_cell_are_stacked_to_100_percent() -> None:
    """A panel per deployment, a bar per load, a colour per part; 250 of 259 ms are wait."""
    panels = stacks(charts()["wait.parts"])
    assert [len(panel) for panel in panels] == [3, 3]
    for bars in panels:
        for bar in bars:
            assert sum(part.get_height() for part in bar) == pytest.approx(100)
            assert len({part.get_facecolor()[:3] for part in bar if part.get_height()}) == 5
    record = next(r for r in records(SMALL) if r.trial.users == 1)
    latency_ms = record.measurement.latency_p50_ms or 0
    assert max(part.get_height() for part in panels[0][0]) == pytest.approx(
        100 * 250 / latency_ms, rel=0.02
    )


def test_doubted_parts_are_pale_and_marked_and_each_bar_tells_its_whole() -> None:
    """Only the highest load of uvicorn; gthread takes 1,024 / 64 x 0.25 s = 4.1 s there."""
    figure = charts()["wait.parts"]
    pale = [[{part.get_alpha() for part in bar} for bar in bars] for bars in stacks(figure)]
    assert pale == [[{1}] * 3, [{1}, {1}, {0.45}]]
    gthread, uvicorn = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert [text.startswith("○") for text in uvicorn] == [False, False, True]
    assert 4_000 <= float(gthread[-1].replace(",", "")) <= 4_300


def test_without_times_from_the_server_there_are_no_parts() -> None:
    """Not an empty chart."""
    untold = [replace(record, extra=Extra()) for record in records(SMALL)]
    figures = registry.draw(summarise.summarise("run", SMALL, MACHINE, untold))
    assert "wait.parts" not in figures
    assert "wait.latency" in figures


def test_in_an_open_loop_parts_stand_over_the_offered_rate() -> None:
    """A rate that is unknown, as the capacity it is a share of, is no reason to leave it out."""
    opened = tuple(
        replace(sample, model="open", rate_rps=None if sample.users == 1 else 2.0 * sample.users)
        for sample in summary().samples
    )
    figure = registry.draw(replace(summary(), samples=opened, comparisons=()))["wait.parts"]
    words = texts(figure)
    assert "offered requests/s" in words
    assert "? | 32 | 2,048" in words


def test_many_loads_and_deployments_get_the_room_they_need() -> None:
    """Nine loads: two panels beside each other, three rows for five deployments."""
    many = plan(users=tuple(4**n for n in range(9)), scenarios=SCENARIOS[:1])
    figure = registry.draw(summarise.summarise("run", many, MACHINE, records(many)))["wait.parts"]
    assert len(figure.axes) == 6
    assert figure.get_figheight() > figure.get_figwidth()


def test_the_price_is_a_line_through_a_point_per_trial() -> None:
    """60 MiB and 1/32 MiB = 32 KiB each: 92 MiB at 1,024; the three doubted trials are hollow."""
    figure = charts()["wait.price"]
    (axes,) = figure.axes
    ends = [np.asarray(line.get_xydata()).ravel().tolist() for line in axes.lines]
    assert ends == [pytest.approx([0, 60, 1024, 92])] * 2
    gthread, uvicorn = [c for c in axes.collections if isinstance(c, PathCollection)]
    assert len(np.asarray(gthread.get_offsets())) == len(np.asarray(uvicorn.get_offsets())) == 9
    white = np.all(np.asarray(uvicorn.get_facecolor())[:, :3] == 1, axis=1)
    assert (white == (np.asarray(uvicorn.get_offsets())[:, 0] == 1024)).all()
    assert "uvicorn: 32.0 KiB each" in texts(figure)


def test_two_levels_have_no_chart_of_a_price() -> None:
    """Not an empty one."""
    two = plan(users=(1, 16), scenarios=SCENARIOS[:1])
    figures = registry.draw(summarise.summarise("run", two, MACHINE, records(two)))
    assert "wait.price" not in figures
