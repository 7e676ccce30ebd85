"""Date prior: log odds that two articles report one event, given only their dates.

Reports of an event arrive close together (`date_proximity`). The more articles a window has near
a date, the less likely a given one reports the same event (`WindowSizePrior`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from service.domain.articles.model import HOURS_PER_DAY, Flags, Floats

#: Decay of event coverage: most reports come within days, a share of them over weeks. Hours.
_FAST_HOURS, _SLOW_HOURS, _SLOW_SHARE = 36.0, 336.0, 0.2
_MIN_PROXIMITY = 1e-3
#: Mean log of competing articles on a usual day.
DEFAULT_LOG_COMPETITORS = 6.0
#: Weight of the default, in articles. Without it a small window would join articles too readily,
#: and reconcile would have to split them later.
PRIOR_ARTICLES = 50
#: Maximum number of time bins of a window, which bounds the work.
_MAX_BINS = 4096


def date_proximity(hours_apart: Floats) -> Floats:
    """Relative rate of further reports this many hours after a report; 1 at 0 hours.

    NaN (no date) stays NaN.
    """
    fast, slow = np.exp(-hours_apart / _FAST_HOURS), np.exp(-hours_apart / _SLOW_HOURS)
    proximity = (1 - _SLOW_SHARE) * fast + _SLOW_SHARE * slow
    return np.maximum(proximity, _MIN_PROXIMITY)


def hours_apart(
    hours: Floats, other_hours: Floats, day_only: Flags, other_day_only: Flags
) -> Floats:
    """Hours between articles; NaN without two dates; broadcasts.

    For a date known to the day, `hours` is the middle of the day. Each time of that day is equally
    likely, and the result is the expected distance. With d = |hours − other_hours| it is

    - one such date, d ≤ 12: (d² + 12²) / 24, the mean of a uniform distribution
    - two such dates, d ≤ 24: 8 + d² / 24 − d³ / 1728, the mean of a triangular distribution
    - otherwise: d
    """
    apart = np.abs(hours - other_hours)
    days = np.add(day_only, other_day_only, dtype=np.int64)
    if not days.any():
        return np.asarray(apart)
    half, day = HOURS_PER_DAY / 2, HOURS_PER_DAY
    one = np.where(apart < half, (apart**2 + half**2) / day, apart)
    two = np.where(apart < day, day / 3 + apart**2 / day - apart**3 / (3 * day**2), apart)
    return np.asarray(np.select([days == 0, days == 1], [apart, one], two))


@dataclass(frozen=True, slots=True)
class WindowSizePrior:
    """Estimated number of articles of a window that compete to join the story of an article.

    `log_competitors` is the mean over articles of ln(1 + summed proximity of all others), shrunk
    towards `DEFAULT_LOG_COMPETITORS`. `undated_proximity` replaces the proximity of a pair without
    two dates.
    """

    log_competitors: float
    undated_proximity: float

    @classmethod
    def fit(cls, hours: Floats) -> Self:
        """Estimate the prior of a window; `hours` is NaN for articles without a trusted date."""
        dated = hours[~np.isnan(hours)]
        if not len(dated):
            total = len(hours) * float(np.log(max(len(hours), 1)))
            return cls(_shrink(total, len(hours)), 1.0)
        bin_hours = max(1.0, float(np.ptp(dated)) / _MAX_BINS)
        bins, bin_counts = np.unique(np.floor(dated / bin_hours), return_counts=True)
        times, counts = bins * bin_hours, bin_counts.astype(np.float64)
        proximity = date_proximity(np.abs(times[:, None] - times[None, :]))
        summed = proximity @ counts
        undated_proximity = float(counts @ summed) / len(dated) ** 2
        undated = len(hours) - len(dated)
        of_dated = counts @ np.log(np.maximum(summed + undated * undated_proximity, 1))
        of_undated = undated * np.log(max(len(hours) * undated_proximity, 1))
        return cls(_shrink(float(of_dated + of_undated), len(hours)), undated_proximity)

    def log_odds(self, hours_apart: Floats) -> Floats:
        """Log odds, up to a constant, that two articles this far apart report one event."""
        proximity = date_proximity(hours_apart)
        proximity = np.where(np.isnan(proximity), self.undated_proximity, proximity)
        return np.log(proximity) - self.log_competitors


def _shrink(total: float, articles: int) -> float:
    return (total + DEFAULT_LOG_COMPETITORS * PRIOR_ARTICLES) / (articles + PRIOR_ARTICLES)
