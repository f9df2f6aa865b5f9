"""Say which share each deployment served in time, and which order held in every round. Pure."""

from collections.abc import Sequence
from itertools import groupby

from harness.core import units
from harness.core.labels import clients
from harness.core.summary import Sample
from harness.report.wording import flag, share_in_time
from harness.runs import in_time
from harness.runs.in_time import Order


def sentence(samples: Sequence[Sample]) -> str:
    """Return the shares at the highest load of a scenario with an objective, and their order.

    Only where several rounds repeat it: what one round shows is in the tables.
    """
    timed = [sample for sample in samples if sample.served and sample.model == "closed"]
    most = max((sample.users for sample in timed), default=0)
    ranked = in_time.ranked([sample for sample in timed if sample.users == most])
    pairs = in_time.orders(ranked)
    return f"{_shares(ranked)}.{_order(pairs)}" if pairs else ""


def _shares(ranked: Sequence[Sample]) -> str:
    first = ranked[0]
    shares = "; ".join(
        f"{share_in_time(sample)} by {sample.deployment}{_once(sample)}{flag(sample.doubts)}"
        for sample in ranked
    )
    return (
        f"at {clients(first.users)}, these shares were served within "
        f"{units.milliseconds(first.objective_ms or 0)}, from the lowest round to the highest: "
        f"{shares}"
    )


def _once(sample: Sample) -> str:
    return " (one round)" if sample.rounds == 1 else ""


def _order(pairs: Sequence[Order]) -> str:
    """Return which order held in every round, and which did not."""
    always = (pair for pair in pairs if pair.always)
    ahead = [
        f"{name} than {', '.join(pair.behind for pair in group)}"
        for name, group in groupby(always, key=lambda pair: pair.ahead)
    ]
    equal = [f"{pair.ahead} and {pair.behind}" for pair in pairs if pair.level == pair.rounds]
    varying = [_counted(pair) for pair in pairs if not pair.always and pair.level < pair.rounds]
    parts = {"More": ahead, "The same": equal}
    held = "".join(f" {word} in every round: {'; '.join(t)}." for word, t in parts.items() if t)
    return held + (f" Not in every round: {'; '.join(varying)}." if varying else "")


def _counted(pair: Order) -> str:
    level = f", level in {pair.level}" if pair.level else ""
    return f"{pair.ahead} more than {pair.behind} (in {pair.held} of {pair.rounds}{level})"
