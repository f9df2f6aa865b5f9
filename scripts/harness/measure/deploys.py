"""Count what became of requests around an event, by their numbers on both sides. Pure.

Clients number their requests from 1 on in the order in which they send them; the application notes
which numbers it has begun and ended. So nothing is taken on trust: a number without a row is in
flight, or astray.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import TypedDict

import pandas as pd

from harness.core.deploys import Case, Executions, Happening, Outcome
from harness.core.trial import Plateau

STATUSES = ("status", "database", "pool")


def outcome(
    case: Case,
    rows: pd.DataFrame,
    plateau: Plateau,
    executions: Executions,
    happening: Happening,
) -> Outcome:
    """Return what became of the requests of a plateau with an event in its middle.

    `rows` are all requests of the block that ended, by the columns of harness.core.request_row;
    each has its number as its name.
    """
    scenario, deployment, event = case.key
    rows = _timed(rows)
    asked = rows[rows["plateau"].notna()]
    at_s = happening.at_s or _first_end_s(asked, happening)
    before, after = asked[asked["end_s"] < at_s], asked[asked["end_s"] >= at_s]
    good, bad = after[after["error"] == ""], after[after["error"] != ""]
    unknown = _without_row(rows, asked)
    gaps = _gaps(rows, plateau)
    objective_ms = case.block.scenario.objective_ms or inf
    return Outcome(
        scenario=scenario,
        deployment=deployment,
        event=event,
        asked=len(asked) + len(plateau.unanswered),
        before=len(before),
        spoilt_before=int(((before["error"] != "") | (before["answered_ms"] > objective_ms)).sum()),
        answered=len(good),
        late=int((good["answered_ms"] > objective_ms).sum()),
        **_losses(bad, plateau, [*bad["number"], *unknown], executions),
        **_in_flight(after, plateau, at_s),
        twice=sum(times > 1 for times in executions.begun.values()),
        gap_before_ms=_longest_ms(gap for gap in gaps if gap[1] <= at_s),
        gap_ms=_longest_ms(gap for gap in gaps if gap[1] > at_s),
        took_over_s=_took_over_s(good, happening, at_s),
        stopped_s=None if happening.stopped_s is None else happening.stopped_s - at_s,
        reopened=_opened(after, at_s) if case.block.deployment.keep_alive else None,
        astray=_astray(rows, executions) + max(0, len(unknown) - len(plateau.unanswered)),
        lag_p99_ms=plateau.lag_p99_ms,
    )


class Losses(TypedDict):
    """Fields of Outcome: how requests were lost, and how far the application had come with them."""

    refused: int
    cut: int
    by_status: int
    otherwise: int
    unanswered: int
    lost_begun: int
    lost_ended: int


def _losses(
    bad: pd.DataFrame, plateau: Plateau, numbers: Sequence[int], executions: Executions
) -> Losses:
    """Return how the `bad` rows and the unanswered were lost, which have these `numbers`."""
    kinds = bad["error"]
    refused, cut = int((kinds == "connect").sum()), int((kinds == "reset").sum())
    by_status = int(kinds.isin(STATUSES).sum())
    return Losses(
        refused=refused,
        cut=cut,
        by_status=by_status,
        otherwise=len(bad) - refused - cut - by_status,
        unanswered=len(plateau.unanswered),
        lost_begun=sum(number in executions.begun for number in numbers),
        lost_ended=sum(number in executions.ended for number in numbers),
    )


class InFlight(TypedDict):
    """Fields of Outcome: what was in flight at the event."""

    in_flight: int
    in_flight_lost: int


def _in_flight(after: pd.DataFrame, plateau: Plateau, at_s: float) -> InFlight:
    """Return how many requests had been sent before the event, and how many of those were lost."""
    sent = after[after["start_s"] < at_s]
    never = sum(sent_s < at_s for sent_s in plateau.unanswered)
    lost = int((sent["error"] != "").sum())
    return InFlight(in_flight=len(sent) + never, in_flight_lost=lost + never)


def _timed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with number, end, and how long the answer took since it was due."""
    end_s = rows["start_s"] + rows["latency_ms"] / 1000
    since_s = rows["due_s"].fillna(rows["start_s"])
    return rows.assign(
        number=rows["name"].astype(int), end_s=end_s, answered_ms=(end_s - since_s) * 1000
    )


def _first_end_s(asked: pd.DataFrame, happening: Happening) -> float:
    """Return when the first worker to end by itself began its last request.

    The end of the load step where no worker of before has served in it.
    """
    served = asked[asked["process"].isin(happening.workers)]
    last_s = served.groupby("process")["entered_s"].max()
    return float(last_s.min() if len(last_s) else asked["end_s"].max())


def _without_row(rows: pd.DataFrame, asked: pd.DataFrame) -> list[int]:
    """Return the numbers sent within the load step that have no row.

    Those above its last row are of the drain, and in flight when it ended.
    """
    last = int(asked["number"].max()) if len(asked) else 0
    return sorted({*range(1, last + 1)} - {*rows["number"]})


def _astray(rows: pd.DataFrame, executions: Executions) -> int:
    """Return how many good answers are to requests that the application did not begin and end."""
    answered = rows.loc[rows["error"] == "", "number"]
    return sum(n not in executions.begun or n not in executions.ended for n in answered)


def _gaps(rows: pd.DataFrame, plateau: Plateau) -> Sequence[tuple[float, float]]:
    """Return from when to when no good answer came within the load step."""
    good_s = rows.loc[rows["error"] == "", "end_s"]
    within = good_s[good_s.between(plateau.opened, plateau.closed)]
    return tuple(pairwise([plateau.opened, *sorted(within), plateau.closed]))


def _longest_ms(gaps: Iterable[tuple[float, float]]) -> float:
    return max(((end_s - begin_s) * 1000 for begin_s, end_s in gaps), default=0.0)


def _took_over_s(good: pd.DataFrame, happening: Happening, at_s: float) -> float | None:
    """Return after how long a process that was not there before gave its first answer."""
    new = good[good["process"].notna() & ~good["process"].isin(happening.workers)]
    return float(new["end_s"].min() - at_s) if len(new) else None


def _opened(after: pd.DataFrame, at_s: float) -> int:
    """Return how many connections were made for requests sent from the event on."""
    sent = after[(after["start_s"] >= at_s) & (after["error"] != "connect")]
    return int(sent["connect_ms"].notna().sum())
