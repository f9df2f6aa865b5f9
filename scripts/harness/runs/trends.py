"""Lay a history out as lines over the runs: stretches of equal facts, levels within them. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from harness.core import units
from harness.core.errors import BenchError
from harness.core.metrics import METRICS, Place, metrics_at
from harness.core.summary import Spread
from harness.core.trial import CellKey
from harness.runs.changepoints import AVAILABLE, FALSE_ALARMS, MIN_RUNS, change_points
from harness.runs.entry import Cell, Entry, differences

# More points would hide each other in a panel, and what changed before is history.
NEWEST = 100


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs `first` up to, but not including, `end` of equal facts; `changed` since those before."""

    first: int
    end: int
    changed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """The median of the runs `first` to `last` without a doubt; `ratio` to the level before.

    None where it is the first of its stretch.
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
        """Give the value of the newest run that has one without a doubt."""
        told = zip(reversed(self.spreads), reversed(self.doubted), strict=True)
        return next((spread for spread, doubted in told if spread and not doubted), None)


@dataclass(frozen=True, slots=True)
class Course:
    """One cell over the runs, as one of them has it, and a line for each metric."""

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
        """Tell in time what changed: facts, and the levels of lines."""
        facts = ((s.first, f"facts changed: {', '.join(s.changed)}") for s in self.stretches[1:])
        shifts = (
            (level.first, f"{course.cell.label}: {_times(line.metric, level.ratio)}")
            for course in self.courses
            for line in course.lines
            for level in line.levels
            if level.ratio is not None
        )
        told = sorted((*facts, *shifts), key=lambda change: change[0])
        return tuple(f"{self.days[run]}, run {self.runs[run]}: {said}" for run, said in told)


def runs(many: int) -> str:
    """Print a number of runs: 1 run, 12 runs."""
    return "1 run" if many == 1 else f"{units.count(many)} runs"


def trend(history: Sequence[Entry], plan: str | None = None) -> Trend:
    """Follow the runs of the named plan, or of that which ran last, at most the newest 100."""
    plan = plan or (history[-1].plan if history else "")
    every = [entry for entry in history if entry.plan == plan]
    if not every:
        named = f"no run of plan {plan}" if plan else "no run"
        raise BenchError(f"the history has {named}; each finished `make bench` adds one")
    entries = every[-NEWEST:]
    found = stretches(entries)
    courses, silent = _courses(entries, found)
    left_out = f"Shown are the newest {NEWEST} of {units.count(len(every))} runs."
    return Trend(
        plan=plan,
        runs=tuple(entry.run for entry in entries),
        days=tuple(entry.started[:10] for entry in entries),
        stretches=found,
        courses=courses,
        notes=(
            *([left_out] if len(every) > NEWEST else []),
            *(f"{cell}: not shown, every load is doubted in most runs." for cell in silent),
            _changes(found[-1], sum(len(course.lines) for course in courses)),
        ),
    )


def stretches(entries: Sequence[Entry]) -> tuple[Stretch, ...]:
    """Cut the runs where a fact or the meaning of the plan changed."""
    changed = {n: differences(*pair) for n, pair in enumerate(pairwise(entries), start=1)}
    cuts = [0, *(n for n, named in changed.items() if named), len(entries)]
    return tuple(Stretch(a, b, changed.get(a, ())) for a, b in pairwise(cuts))


def levels(
    spreads: Sequence[Spread | None], doubted: Sequence[bool], stretch: Stretch
) -> tuple[Level, ...]:
    """Find the levels of one stretch, from runs without a doubt; none where those are too few."""
    known = {
        n: spread.middle
        for n in range(stretch.first, stretch.end)
        if (spread := spreads[n]) and not doubted[n]
    }
    if len(known) < MIN_RUNS:
        return ()
    places, values = list(known), list(known.values())
    cuts = (0, *change_points(values), len(values))
    middles = [median(values[a:b]) for a, b in pairwise(cuts)]
    ratios = [None, *(b / a if a > 0 else None for a, b in pairwise(middles))]
    return tuple(
        Level(places[a], places[b - 1], middle, ratio)
        for (a, b), middle, ratio in zip(pairwise(cuts), middles, ratios, strict=True)
    )


def highest(cells: Iterable[Cell]) -> Cell | None:
    """Give a cell at the highest load that at least half of its runs have without a doubt."""
    loads: dict[float, list[Cell]] = {}
    for cell in cells:
        loads.setdefault(cell.step, []).append(cell)
    sound = [each for each in loads.values() if 2 * sum(c.doubted for c in each) <= len(each)]
    return max((each[-1] for each in sound), key=lambda cell: cell.step, default=None)


def _courses(
    entries: Sequence[Entry], found: Sequence[Stretch]
) -> tuple[tuple[Course, ...], tuple[str, ...]]:
    """Give a course for each deployment in each scenario, and name those that have no load."""
    courses, silent = [], []
    cells = [cell for entry in entries for cell in entry.cells]
    for climb in dict.fromkeys(cell.key.climb for cell in cells):
        cell = highest(each for each in cells if each.key.climb == climb)
        if cell:
            runs = [_cell(entry, cell.key) for entry in entries]
            lines = tuple(_line(runs, metric.name, found) for metric in metrics_at(Place.TREND))
            courses.append(Course(cell, lines))
        else:
            silent.append(f"{climb.deployment}, {climb.scenario}")
    return tuple(courses), tuple(silent)


def _cell(entry: Entry, key: CellKey) -> Cell | None:
    return next((cell for cell in entry.cells if cell.key == key), None)


def _line(runs: Sequence[Cell | None], metric: str, found: Sequence[Stretch]) -> Line:
    spreads = tuple(cell.metrics.get(metric) if cell else None for cell in runs)
    doubted = tuple(cell is not None and cell.doubted for cell in runs)
    told = (level for stretch in found for level in levels(spreads, doubted, stretch))
    return Line(metric, spreads, doubted, tuple(told))


def _times(metric: str, ratio: float) -> str:
    return f"{METRICS[metric].title} {units.factor(ratio)} times"


def _changes(newest: Stretch, lines: int) -> str:
    """Say what change points are worth here."""
    if not AVAILABLE:
        return "Change points are not sought: ruptures has no release for this Python."
    runs = newest.end - newest.first
    if runs < MIN_RUNS:
        return (
            f"Change points take {MIN_RUNS} runs with equal facts, {MIN_RUNS - runs} more than "
            "there are since the last change of facts."
        )
    return (
        "A line that stays as it is shows a change point in at most "
        f"{units.significant(100 * FALSE_ALARMS, 1)}% of histories; there are {lines} lines."
    )
