"""The execution models in words: tables and sentences of a run, and a page that quotes them. Pure.

A page has places, such as `<!-- models: waits -->` to `<!-- end -->`, that are filled in from a
run: no figure in it is typed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.core.execution_models import DRAWN_TASKS, Case, Repetition, Task, Work
from harness.core.labels import markdown_table
from harness.core.summary import Spread
from harness.core.units import count, milliseconds, significant
from harness.measure.execution_models import NAMES, Cell, cells, costs_ms
from harness.report.wording import over

PLURALS: dict[Work, str] = {"wait": "waits", "compute": "computations"}
SYMBOLS: dict[Work, str] = {"wait": "D", "compute": "C"}

PICTURES = {
    "lanes": "Who works when: a row for each worker",
    "times": "How long n tasks take, beside theory",
}
"""What each chart shows, keyed by the name of its file."""

PAGE = "models.md"

PLACE = re.compile(r"(<!-- models: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Run:
    """What is on disk of a run: its repetitions, the tasks that are drawn, the machine."""

    repetitions: tuple[Repetition, ...]
    drawn: tuple[Task, ...]
    facts: dict[str, str]

    @property
    def rounds(self) -> int:
        """Return how often each case was carried out."""
        return max(each.round for each in self.repetitions)


def parts(run: Run, pictures: str = "") -> dict[str, str]:
    """Return what a page may quote of a run, by place; `pictures` is the folder of the charts."""
    return {
        "machine": f"{_machine(run)} {_source(pictures)}\n",
        "lanes": f"{_picture('lanes', pictures)}\n{_lanes(run.drawn)} {_source(pictures)}\n",
        "times": _picture("times", pictures),
        **{PLURALS[work]: markdown_table(*table(run, work)) for work in PLURALS},
    }


def markdown(run: Run) -> str:
    """Return models.md: all that was measured."""
    return "# Execution models\n\n" + "\n".join(parts(run).values())


def fill(page: str, run: Run, pictures: str) -> str:
    """Return a page with each of its places filled in."""
    texts = parts(run, pictures)
    return PLACE.sub(lambda place: f"{place[1]}{texts[place[2]]}{place[3]}", page)


def table(run: Run, work: Work) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    """Return headings and a row for each model: what theory says, S, and the total time over n."""
    costs = costs_ms(run.repetitions)
    times = _times(run, work)
    numbers = _numbers(times)
    headings = ("model", "theory", "S", *map(_heading, numbers))
    return headings, [_row(row, costs[model], numbers) for model, row in times.items()]


def middles(run: Run, work: Work) -> Sequence[Mapping[str, str]]:
    """Return a row for each model by heading: the middle of each total time, and no more."""
    times = _times(run, work)
    return [
        {"model": model}
        | {
            _heading(number): milliseconds(row[number].took_ms.middle) if number in row else ""
            for number in _numbers(times)
        }
        for model, row in times.items()
    ]


def _times(run: Run, work: Work) -> dict[str, dict[int, Cell]]:
    """Return the cells of a kind of work, by model and number of tasks."""
    times: dict[str, dict[int, Cell]] = {}
    for cell in cells(run.repetitions):
        if cell.case.work == work:
            times.setdefault(cell.case.model, {})[cell.case.tasks] = cell
    return times


def _numbers(times: Mapping[str, Mapping[int, Cell]]) -> Sequence[int]:
    """Return how many tasks any model was measured with."""
    return sorted({number for row in times.values() for number in row})


def _heading(number: int) -> str:
    return f"n = {count(number)}"


def _picture(name: str, folder: str) -> str:
    return f"![{PICTURES[name]}]({folder}{name}.png)\n"


def _source(folder: str) -> str:
    """Return a link to the page of a run, which backs the figures of another page."""
    return f"([{PAGE}]({folder}{PAGE}))"


def _machine(run: Run) -> str:
    """Return where the run took place, and what is shown of it."""
    facts = ", ".join(f"{name} {text}" for name, text in run.facts.items())
    return f"Measured with {facts}; {over(run.rounds)}, each by a fresh process."


def _lanes(drawn: Sequence[Task]) -> str:
    """Return how long the tasks took that are drawn, by model, a paragraph for each kind."""
    return "\n\n".join(
        _ends(work, [task for task in drawn if task.work == work]) for work in PLURALS
    )


def _ends(work: Work, drawn: Sequence[Task]) -> str:
    """Return when the last task of each model had ended."""
    last_ms: dict[str, float] = {}
    for task in drawn:
        last_ms[task.model] = max(task.ended_ms, last_ms.get(task.model, 0))
    ends = [f"`{name}` {milliseconds(last_ms[name])}" for name in NAMES if name in last_ms]
    return f"The {DRAWN_TASKS} {PLURALS[work]} took {', '.join(ends)}."


def _row(row: Mapping[int, Cell], cost: Spread, numbers: Sequence[int]) -> tuple[str, ...]:
    """Return the row of a model; nothing stands where it was not measured."""
    case = next(iter(row.values())).case
    times = (_time(row[number].took_ms) if number in row else "" for number in numbers)
    return f"`{case.model}`", formula(case), milliseconds(cost.middle), *times


def _time(took_ms: Spread) -> str:
    """Return a time with its bounds, as far as there are several rounds."""
    middle = milliseconds(took_ms.middle)
    if took_ms.rounds == 1:
        return middle
    return f"{middle} ({significant(took_ms.low)} to {significant(took_ms.high)})"


def formula(case: Case) -> str:
    """Return what theory says of a model, in symbols: n D / 4 + n S."""
    return f"{_of_work(case)} + n S"


def _of_work(case: Case) -> str:
    """Return what the work alone takes, in symbols."""
    if case.work == "wait" and case.slots is None:
        return "D"
    at_once = case.slots if case.work == "wait" else case.cores
    symbol = SYMBOLS[case.work]
    return f"n {symbol}" if at_once == 1 else f"n {symbol} / {at_once}"
