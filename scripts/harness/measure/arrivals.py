"""How requests arrived: independently of each other, or in bursts. Pure."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.core.record import Extra
from harness.core.statistics import Floats
from harness.core.trial import Plateau
from harness.core.units import percent

# Closer than this is "at the same moment": ten times what a request costs the generator.
MOMENT_S = 0.001

# With fewer requests the share of short gaps is an accident.
FEWEST_REQUESTS = 100

# With fewer long gaps to be expected too: at such a rate even strangers hardly leave any.
FEWEST_GAPS = 10

# Poisson arrivals have a share of 1; users with think time 0.8 to 1.3; users in step with each
# other, by pacing or because the server answers them together, below 0.5.
LEAST_GAPS = 0.5

MOMENT = f"{1000 * MOMENT_S:g} ms"


def gaps_share(starts_s: Floats) -> float | None:
    """Return the share of gaps longer than a moment over that of Poisson arrivals at this rate.

    1 is as independent as strangers; towards 0 requests come in bursts. In a Poisson stream of
    rate X a gap exceeds t with probability exp(-X t). None with too few requests, or with so many
    a second that no such gaps are to be expected.
    """
    if len(starts_s) < FEWEST_REQUESTS:
        return None
    gaps = np.diff(np.sort(starts_s))
    span_s = float(gaps.sum())
    if span_s <= 0:
        return 0.0
    expected = np.exp(-len(gaps) / span_s * MOMENT_S)
    if expected * len(gaps) < FEWEST_GAPS:
        return None
    return float((gaps > MOMENT_S).mean() / expected)


def crowd_share(requests: pd.DataFrame, plateau: Plateau) -> float | None:
    """Return the gaps_share() of the answers within the window of a closed loop; None in an open.

    What a server answers in bursts comes back in bursts. By the server's own stamps of when it was
    done, so that answers which the generator only reads together are not taken for a crowd; of a
    server without them, by when each client began to pause, which is when its answer was read.
    `requests` has the columns of harness.core.request_row.
    """
    if plateau.rate_rps is not None:
        return None
    done_s = requests["entered_s"] + requests["view_ms"] / 1000
    if done_s.isna().all():
        done_s = requests["start_s"] - requests["think_ms"] / 1000
    within = done_s.between(plateau.opened, plateau.closed, inclusive="left")
    return gaps_share(done_s[within].to_numpy())


def crowded(extra: Extra) -> bool:
    """Return whether requests came in bursts because the server answered in bursts."""
    bursts = extra.gaps_share is not None and extra.gaps_share < LEAST_GAPS
    return bursts and not any(bunched(extra))


def bunched(extra: Extra) -> Iterator[str]:
    """Yield a message where the load generator made bursts of what the server had not.

    Half the gaps of independent clients are enough, or half of those between the answers.
    """
    share = extra.gaps_share
    crowd = min(1.0, 1.0 if extra.crowd_share is None else extra.crowd_share)
    limit = LEAST_GAPS * crowd
    if share is not None and share < limit:
        yield (
            f"requests came in bursts, with {percent(share)} of the gaps over {MOMENT} that "
            f"independent clients leave (limit {percent(limit)}, half of those between the "
            "answers): give clients think time"
        )
