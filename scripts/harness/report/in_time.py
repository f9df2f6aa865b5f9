"""Say which share each deployment served in time, and which order held in every round. Pure."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients
from harness.core.summary import Sample
from harness.report.wording import flag, share_in_time
from harness.runs.in_time import Order, orders


def sentences(samples: Iterable[Sample]) -> tuple[str, ...]:
    """Return the shares at the highest load of each scenario with an objective, and their order.

    Only where several rounds repeat it: what one round shows is in the tables.
    """
    texts: list[str] = []
    for _, group in groupby(samples, key=lambda sample: sample.scenario):
        timed = [sample for sample in group if sample.served and sample.model == "closed"]
        most = max((sample.users for sample in timed), default=0)
        highest = [sample for sample in timed if sample.users == most]
        pairs = orders(highest)
        if pairs:
            texts += [_shares(highest), *_order(highest[0].scenario, pairs)]
    return tuple(texts)


def _shares(samples: Sequence[Sample]) -> str:
    first = samples[0]
    shares = ", ".join(
        f"{share_in_time(sample)} by {sample.deployment}{flag(sample.doubts)}" for sample in samples
    )
    return (
        f"For `{first.scenario}`, at {clients(first.users)}, served within "
        f"{units.milliseconds(first.objective_ms or 0)}, from the lowest to the highest of the "
        f"rounds: {shares}."
    )


def _order(scenario: str, pairs: Sequence[Order]) -> tuple[str, ...]:
    """Return which order held in every round, and which did not."""
    always = (pair for pair in pairs if pair.always)
    ahead = [
        f"{name} than {', '.join(pair.behind for pair in group)}"
        for name, group in groupby(always, key=lambda pair: pair.ahead)
    ]
    varying = [_counted(pair) for pair in pairs if not pair.always]
    return (
        *([f"For `{scenario}`, more in time in every round: {'; '.join(ahead)}."] if ahead else []),
        *([f"For `{scenario}`, not in every round: {'; '.join(varying)}."] if varying else []),
    )


def _counted(pair: Order) -> str:
    level = f", level in {pair.level}" if pair.level else ""
    return f"{pair.ahead} more than {pair.behind} (in {pair.held} of {pair.rounds}{level})"
