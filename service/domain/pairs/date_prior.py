"""How probable one story is for two articles before a word is read: their dates among the others'.

Articles of one event arrive close together, and the more others arrive with them, the smaller
is the chance that it is this one. `nearness` is the first, `Crowd` counts the second.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from service.domain.articles.model import Floats

#: Coverage of an event: most within days, some for weeks. Hours, and the share of the slow part.
_FAST, _SLOW, _SLOW_SHARE = 36.0, 336.0, 0.2
_LEAST = 1e-3
#: The log of how many articles compete on a usual day, and how many articles it counts for in a
#: small window: what joins too readily while there are few would have to be parted later.
USUAL, WORTH = 6.0, 50
#: A window's moments are counted in so many bins at most, which bounds the work.
_BINS = 4096


def nearness(apart: Floats) -> Floats:
    """Rate at which an event is reported so many hours after another report of it, 1 at once.

    A missing distance stays missing (NaN).
    """
    near = (1 - _SLOW_SHARE) * np.exp(-apart / _FAST) + _SLOW_SHARE * np.exp(-apart / _SLOW)
    return np.maximum(near, _LEAST)


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many articles of a window compete for being another one's story.

    `rivals` is the mean over its articles of the natural log of 1 + the summed nearness of all
    others, drawn to `USUAL` where there are few; `undated` is the nearness of a pair without two
    dates.
    """

    rivals: float
    undated: float

    @classmethod
    def of(cls, hours: Floats) -> Self:
        """Count a window; `hours` holds NaN for articles without a trusted date."""
        dated = hours[~np.isnan(hours)]
        if not len(dated):
            return cls(_drawn(len(hours) * float(np.log(max(len(hours), 1))), len(hours)), 1.0)
        moments, counts = _binned(dated)
        near = nearness(np.abs(moments[:, None] - moments[None, :]))
        summed = near @ counts
        undated = float(counts @ summed) / len(dated) ** 2
        lost = len(hours) - len(dated)
        with_dates = counts @ np.log(np.maximum(summed + lost * undated, 1))
        without = lost * np.log(max(len(hours) * undated, 1))
        return cls(_drawn(float(with_dates + without), len(hours)), undated)

    def chance(self, apart: Floats) -> Floats:
        """Log odds, up to a constant, that two articles so many hours apart tell one story."""
        near = nearness(apart)
        return np.log(np.where(np.isnan(near), self.undated, near)) - self.rivals


def _drawn(summed: float, articles: int) -> float:
    return (summed + USUAL * WORTH) / (articles + WORTH)


def _binned(hours: Floats) -> tuple[Floats, Floats]:
    """Moments in bins of an hour or more, and how many articles are in each."""
    width = max(1.0, float(np.ptp(hours)) / _BINS)
    bins, counts = np.unique(np.floor(hours / width), return_counts=True)
    return bins * width, counts.astype(np.float64)
