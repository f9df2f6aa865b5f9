"""Say how long requests took with the best of either interface, by p95 itself. Pure.

Who serves the most may let the slowest wait longest, so the best by throughput is not asked here.
"""

from collections.abc import Sequence

from harness.core import units
from harness.core.labels import clients
from harness.core.summary import Comparison, Sample
from harness.report.wording import bounds, flag, label, per_slot
from harness.runs.leaders import Leader, leader, ranks

P95 = "latency_p95_ms"


def sentence(samples: Sequence[Sample], pairs: Sequence[Comparison]) -> str:
    """Return the p95 of both sides' best at the highest load that both have; empty without one."""
    best = at_the_top(samples)
    if best is None:
        return ""
    asgi, wsgi = best
    names = (asgi.sample.deployment, wsgi.sample.deployment, asgi.sample.users, P95)
    for pair in pairs:
        if (pair.top, pair.bottom, pair.users, pair.metric) == names:
            return _sentence(asgi, wsgi, pair)
    return ""


def at_the_top(samples: Sequence[Sample]) -> tuple[Leader, Leader] | None:
    """Return the best of ASGI and of WSGI at the highest load at which either has a p95."""
    measured = [sample for sample in samples if ranks(sample, P95)]
    for users in sorted({sample.users for sample in measured}, reverse=True):
        here = [sample for sample in measured if sample.users == users]
        asgi = leader(here, "asgi", P95)
        wsgi = leader(here, "wsgi", P95)
        if asgi and wsgi:
            return asgi, wsgi
    return None


def _sentence(asgi: Leader, wsgi: Leader, pair: Comparison) -> str:
    inconclusive = "inconclusive, " if pair.sign == "~" else ""
    return (
        f"the best p95 at {clients(pair.users)} was {p95(asgi)} with {label(asgi)} and "
        f"{p95(wsgi)} with {label(wsgi)}: ASGI took {units.factor(pair.ratio.middle)} times as "
        f"long ({inconclusive}{per_slot(wsgi.sample)}, {bounds(pair.ratio)}{flag(pair.doubts)})."
    )


def p95(best: Leader) -> str:
    return units.milliseconds(best.sample.metrics[P95].middle)
