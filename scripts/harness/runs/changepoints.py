"""The places where the level of a series changed, by ruptures. Pure; see docs/decisions/0010."""

from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np
from scipy.special import chdtri

# No release of it runs on the newest Pythons; there a trend is drawn without change points.
AVAILABLE = find_spec("ruptures") is not None

# With fewer runs even two levels without any overlap are too likely an accident.
MIN_RUNS = 10

# One or two runs are no level but outliers.
MIN_LEVEL = 3

# How often a series that stays as it is may show a change.
FALSE_ALARMS = 0.05


def change_points(values: Sequence[float]) -> tuple[int, ...]:
    """Return the places at which a new level begins, in order; none of fewer than MIN_RUNS values.

    Levels differ in their ranks (Lung-Yut-Fong et al. 2015), so that neither the size nor the shape
    of the noise matters, nor whether the values are logarithms; places are found by PELT (Killick
    et al. 2012).
    """
    if len(values) < MIN_RUNS or not AVAILABLE:
        return ()
    from ruptures import Pelt

    search = Pelt(model="rank", min_size=MIN_LEVEL, jump=1).fit(np.asarray(values))
    return tuple(map(int, search.predict(pen=penalty(len(values)))[:-1]))


def penalty(runs: int) -> float:
    """Return what a change must gain before it is believed.

    Where nothing changes, a change at a given place gains about a chi-squared of one degree of
    freedom (Kruskal & Wallis 1952). There are so many places, of which none may gain by accident
    (Bonferroni).
    """
    places = runs - 2 * MIN_LEVEL + 1
    return float(chdtri(1, FALSE_ALARMS / places))
