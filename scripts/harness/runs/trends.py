"""A history as lines over the runs: stretches of equal facts, levels within them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from statistics import median

from harness.core import units
from harness.core.errors import BenchError
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.summary import Spread
from harness.core.trial import CellKey
from harness.runs.changepoints import AVAILABLE, FALSE_ALARMS, MIN_RUNS, change_points
from harness.runs.entry import Cell, Entry, differences

# More points would hide each other in a panel.
NEWEST = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs `first` up to, but not including, `end` of equal facts; `changed` since those before."""

    first: int
    end: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """The median of the runs `first` to `last` without a doubt, and its ratio to the level before.

    `ratio` is None for the first level of its stretch.
    """

    first: int
    last: int
    middle: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one cell: a value per run, None where it was not measured, and its levels."""

    metric: str
    spreads: tuple[Spread | None, ...]
    doubted: tuple[bool, ...]
    levels: tuple[Level, ...]

    @property
    def newest(self) -> Spread | None:
        """Return the value of the newest run that has one without a doubt."""
        backwards = zip(reversed(self.spreads), reversed(self.doubted), strict=True)
        return next((spread for spread, doubted in backwards if spread and not doubted), None)


@dataclass(frozen=True, slots=True)
class Course:
    """A cell, as one of the runs has it, and a line over all of them for each metric."""

    cell: Cell
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """The runs of one plan in time: their names, days and stretches, the courses and the notes."""

    plan: str
    runs: tuple[str, ...]
    days: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    courses: tuple[Course, ...]
    notes: tuple[str, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """Return, in order of time, what changed: facts, and the levels of lines."""
        facts = ((s.first, f"facts changed: {', '.join(s.changed)}") for s in self.stretches[1:])
        shifts = (
            (level.first, f"{course.cell.label}: {_times(line.metric, level.ratio)}")
            for course in self.courses
            for line in course.lines
            for level in line.levels
            if level.ratio is not None
        )
        changes = sorted((*facts, *shifts), key=lambda change: change[0])
        return tuple(f"{self.days[run]}, run {self.runs[run]}: {text}" for run, text in changes)


def runs(number: int) -> str:
    """Return a number of runs in words: 1 run, 12 runs."""
    return "1 run" if number == 1 else f"{units.count(number)} runs"


def trend(history: Sequence[Entry], plan: str | None = None) -> Trend:
    """Return the trend of a plan, by default of the one that ran last, over its NEWEST runs.

    Raise BenchError where the history has none of them.
    """
    plan = plan or (history[-1].plan if history else "")
    every = [entry for entry in history if entry.plan == plan]
    if not every:
        what = f"no run of plan {plan}" if plan else "no run"
        raise BenchError(f"the history has {what}; each finished `make bench` adds one")
    entries = every[-NEWEST:]
    parts = stretches(entries)
    courses, omissions = _courses(entries, parts)
    return Trend(
        plan=plan,
        runs=tuple(entry.run for entry in entries),
        days=tuple(entry.started[:10] for entry in entries),
        stretches=parts,
        courses=courses,
        notes=(
            *_older_runs(len(every)),
            *(f"{climb}: not shown, every load is flagged in most runs." for climb in omissions),
            _on_change_points(parts[-1], sum(len(course.lines) for course in courses)),
        ),
    )


def _older_runs(every: int) -> list[str]:
    """Return the note that runs are left out; none where all are shown."""
    if every <= NEWEST:
        return []
    return [f"Only the newest {NEWEST} of {units.count(every)} runs are shown."]


def stretches(entries: Sequence[Entry]) -> tuple[Stretch, ...]:
    """Return the runs in stretches, cut where a fact or the meaning of the plan changed."""
    changes = {n: differences(*pair) for n, pair in enumerate(pairwise(entries), start=1)}
    cuts = [0, *(n for n, change in changes.items() if change), len(entries)]
    return tuple(Stretch(a, b, changes.get(a, ())) for a, b in pairwise(cuts))


def levels(
    spreads: Sequence[Spread | None], doubted: Sequence[bool], stretch: Stretch
) -> tuple[Level, ...]:
    """Return the levels of one stretch, by its runs without a doubt; none where they are few."""
    sound = {
        n: spread.middle
        for n in range(stretch.first, stretch.end)
        if (spread := spreads[n]) and not doubted[n]
    }
    if len(sound) < MIN_RUNS:
        return ()
    places = list(sound)
    values = list(sound.values())
    cuts = (0, *change_points(values), len(values))
    middles = [median(values[a:b]) for a, b in pairwise(cuts)]
    ratios = [None, *(b / a if a > 0 else None for a, b in pairwise(middles))]
    return tuple(
        Level(places[a], places[b - 1], middle, ratio)
        for (a, b), middle, ratio in zip(pairwise(cuts), middles, ratios, strict=True)
    )


def cell_at_highest_load(cells: Iterable[Cell]) -> Cell | None:
    """Return a cell at the highest load that at least half of its runs have without a doubt."""
    loads: dict[float, list[Cell]] = {}
    for cell in cells:
        loads.setdefault(cell.step, []).append(cell)
    sound = [each for each in loads.values() if 2 * sum(c.doubted for c in each) <= len(each)]
    return max((each[-1] for each in sound), key=lambda cell: cell.step, default=None)


def _courses(
    entries: Sequence[Entry], parts: Sequence[Stretch]
) -> tuple[tuple[Course, ...], tuple[str, ...]]:
    """Return a course for each deployment in each scenario, and the names of those without one."""
    courses = []
    omissions = []
    cells = [cell for entry in entries for cell in entry.cells]
    for climb in dict.fromkeys(cell.key.climb for cell in cells):
        cell = cell_at_highest_load(each for each in cells if each.key.climb == climb)
        if cell:
            runs = [_cell(entry, cell.key) for entry in entries]
            lines = tuple(_line(runs, metric.name, parts) for metric in metrics_at(Place.TREND))
            courses.append(Course(cell, lines))
        else:
            omissions.append(f"{climb.deployment}, {climb.scenario}")
    return tuple(courses), tuple(omissions)


def _cell(entry: Entry, key: CellKey) -> Cell | None:
    return next((cell for cell in entry.cells if cell.key == key), None)


def _line(runs: Sequence[Cell | None], metric: str, parts: Sequence[Stretch]) -> Line:
    spreads = tuple(cell.metrics.get(metric) if cell else None for cell in runs)
    doubted = tuple(cell is not None and cell.doubted for cell in runs)
    by_stretch = (levels(spreads, doubted, stretch) for stretch in parts)
    return Line(metric, spreads, doubted, tuple(chain.from_iterable(by_stretch)))


def _times(metric: str, ratio: float) -> str:
    return f"{METRICS[metric].title} {units.factor(ratio)} times"


def _on_change_points(newest: Stretch, lines: int) -> str:
    """Return how far change points can be trusted here, or why there are none."""
    if not AVAILABLE:
        return "There are no change points: ruptures has no release for this Python."
    runs = newest.end - newest.first
    if runs < MIN_RUNS:
        return (
            f"Change points need {MIN_RUNS} runs with equal facts, {MIN_RUNS - runs} more than "
            "there are since the last change of facts."
        )
    return (
        "A line that does not change shows a change point in at most "
        f"{units.significant(100 * FALSE_ALARMS, 1)}% of histories; there are {lines} lines."
    )
