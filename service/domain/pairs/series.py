"""Series detection: columns, live pages and puzzles that an outlet repeats under one headline."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import tokenization
from service.domain.articles.model import HOURS_PER_DAY, Article, Floats
from service.domain.pairs.vocabulary import word_key

#: An outlet that reuses a headline over at least this many hours publishes a series; updates of
#: one report under one headline come sooner.
_MIN_SERIES_HOURS = 18.0

#: Key of each article's series, 0 without one. Shape (n,).
SeriesKeys = NDArray[np.int64]


def series_keys(articles: Sequence[Article]) -> SeriesKeys:
    """Key of each article's possible series: its outlet and its headline without dates."""
    keys = (_series_key(each.outlet, each.title) if each.outlet else 0 for each in articles)
    return np.fromiter(keys, dtype=np.int64, count=len(articles))


@lru_cache(maxsize=16_384)  # the job fetch compares the headlines of a week at each fetch
def _series_key(outlet: str, title: str) -> int:
    words = tokenization.undated_words(Article(0, title))
    return word_key("\t".join([outlet, *words])) if words else 0


def detect_series(keys: SeriesKeys, hours: Floats) -> SeriesKeys:
    """Keep the keys of articles whose headline was used over the time span of a series."""
    usable = (keys != 0) & ~np.isnan(hours)
    unique, at = np.unique(keys[usable], return_inverse=True)
    first, last = np.full(len(unique), np.inf), np.full(len(unique), -np.inf)
    np.minimum.at(first, at, hours[usable])
    np.maximum.at(last, at, hours[usable])
    series = np.zeros_like(keys)
    series[usable] = np.where(last - first >= _MIN_SERIES_HOURS, unique, 0)[at]
    return series


def recurring_articles(articles: Sequence[Article]) -> NDArray[np.bool_]:
    """Whether the outlet of each article repeats its headline on other days. Shape (n,).

    `articles` are those of a window, in any order. Numbers, months and weekdays are ignored.
    """
    hours = np.array([article.hour for article in articles], dtype=np.float64)
    known = hours[~np.isnan(hours)]
    if not known.size or np.ptp(known) < _MIN_SERIES_HOURS:
        return np.zeros(len(articles), dtype=np.bool_)
    return np.asarray(detect_series(series_keys(articles), hours) != 0)


def are_different_instalments(
    one: SeriesKeys, other: SeriesKeys, hours: Floats, other_hours: Floats
) -> NDArray[np.bool_]:
    """Whether two articles are instalments of one series on different UTC days; broadcasts."""
    different_days = np.floor(hours / HOURS_PER_DAY) != np.floor(other_hours / HOURS_PER_DAY)
    return np.asarray((one == other) & (one != 0) & different_days)
