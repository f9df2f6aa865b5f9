"""The rows of ratios: every ASGI deployment over every WSGI one, beside users per slot. Pure."""

from harness.core import units
from harness.core.metrics import METRICS
from harness.core.summary import Comparison, Summary
from harness.report.tables import bounds_text, users_per_slot
from harness.report.wording import marked
from harness.runs.leaders import ranks

METRICS_COMPARED = ("throughput_rps", "latency_p95_ms")

WORDS = (
    "ASGI / WSGI at each load: above 1, ASGI served more, or took longer. Users per slot are those "
    "of the WSGI deployment; empty where its slots are unbounded. ○ = rests on flagged trials, "
    "~ = inconclusive. Empty = not compared: no round of both, failed requests beyond the gate, or "
    "a latency that is a lower bound."
)


def headings(summary: Summary, scenario: str) -> tuple[str, ...]:
    """Return the columns of rows(): a pair of them for each ASGI deployment."""
    shorts = [METRICS[name].short for name in METRICS_COMPARED]
    columns = (f"{name}: {short}" for name in _tops(summary, scenario) for short in shorts)
    return ("users", "over", "users per slot", *columns)


def rows(summary: Summary, scenario: str) -> tuple[tuple[str, ...], ...]:
    """Return a row for each load of each WSGI deployment; none where nothing is compared."""
    here = [each for each in summary.comparisons if each.scenario == scenario]
    ratios = {(each.users, each.top, each.bottom, each.metric): each for each in here}
    samples = [sample for sample in summary.samples if sample.scenario == scenario]
    cells = {(sample.users, sample.deployment): sample for sample in samples}
    compared = {(each.users, each.bottom) for each in here}
    lines = sorted((cell for cell in cells if cell in compared), key=lambda cell: cell[0])

    def text(users: int, top: str, wsgi: str, metric: str) -> str:
        ratio = ratios.get((users, top, wsgi, metric))
        # What is only a lower bound has no ratio.
        known = ratio and all(ranks(cells[users, name], metric) for name in (top, wsgi))
        return ratio_text(ratio, summary.rounds) if ratio and known else ""

    return tuple(
        (
            units.count(users),
            wsgi,
            users_per_slot(cells[users, wsgi]),
            *(
                text(users, top, wsgi, metric)
                for top in _tops(summary, scenario)
                for metric in METRICS_COMPARED
            ),
        )
        for users, wsgi in lines
    )


def _tops(summary: Summary, scenario: str) -> list[str]:
    """Return the ASGI deployments that are compared, in the order of the plan."""
    tops = {each.top for each in summary.comparisons if each.scenario == scenario}
    return [name for name in dict.fromkeys(s.deployment for s in summary.samples) if name in tops]


def ratio_text(ratio: Comparison, rounds: int) -> str:
    """Return a ratio with its marks and its bounds: ○ ~ 0.99 (0.95 to 1.19)."""
    repeated = ratio.ratio.rounds > 1
    bounds = bounds_text(ratio.ratio, units.factor, rounds) if repeated else "one round"
    text = f"{units.factor(ratio.ratio.middle)} ({bounds})"
    return marked(text, flagged=bool(ratio.doubts), inconclusive=ratio.sign == "~")
