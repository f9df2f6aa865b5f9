"""How requests arrived: independently of each other, or in bursts. Pure."""

import numpy as np

from harness.core.statistics import Floats

# Closer than this is "at the same moment": ten times what a request costs the generator.
MOMENT_S = 0.001

# With fewer requests the share of short gaps is an accident.
FEWEST_REQUESTS = 100

# With fewer long gaps to be expected too: at such a rate even strangers hardly leave any.
FEWEST_GAPS = 10


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
