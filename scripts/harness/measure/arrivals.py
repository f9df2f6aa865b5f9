"""How requests came: independently of each other, or in bursts. Pure."""

import numpy as np

from harness.core.statistics import Floats

# Closer than this is "at the same moment": ten times what a request costs the generator.
MOMENT_S = 0.001

# Of fewer requests the share of short gaps is an accident.
FEWEST_REQUESTS = 100

# Nor of requests so many a second that strangers would hardly ever leave a moment between them.
FEWEST_GAPS = 10


def gaps_share(starts_s: Floats) -> float | None:
    """Give the share of gaps longer than a moment over what Poisson arrivals of this rate have.

    1 is as independent as strangers; towards 0 requests come in bursts. In a Poisson stream of
    rate X a gap exceeds t with probability exp(-X t). None of too few requests, or of so many a
    second that no such gaps are to be expected.
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
