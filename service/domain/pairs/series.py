"""Columns, live pages, puzzles: what an outlet prints again and again under one headline."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from service.domain.articles import tokenization
from service.domain.articles.model import Article, Floats
from service.domain.pairs.vocabulary import word_key

#: A headline that its outlet uses again so many hours later names a series; updates of one report
#: under one headline come sooner.
_AGAIN = 18.0
_DAY = 24.0

#: A number for the series of each article, 0 where there is none. Shape (n,).
Names = NDArray[np.int64]


def names(articles: Sequence[Article]) -> Names:
    """What each article's series would be called: its outlet and its headline without dates."""
    found = [
        [article.outlet, *tokenization.undated_words(article)] if article.outlet else []
        for article in articles
    ]
    return np.array(
        [word_key("\t".join(parts)) if len(parts) > 1 else 0 for parts in found], dtype=np.int64
    )


def instalments(names: Names, hours: Floats) -> Names:
    """The names of those articles whose headline spans long enough to be that of a series."""
    named = (names != 0) & ~np.isnan(hours)
    keys, at = np.unique(names[named], return_inverse=True)
    first, last = np.full(len(keys), np.inf), np.full(len(keys), -np.inf)
    np.minimum.at(first, at, hours[named])
    np.maximum.at(last, at, hours[named])
    found = np.zeros_like(names)
    found[named] = np.where(last - first >= _AGAIN, keys, 0)[at]
    return found


def apart(one: Names, other: Names, hours: Floats, others: Floats) -> NDArray[np.bool_]:
    """Whether two articles are instalments of one series on two days (UTC); broadcasts."""
    days = np.floor(hours / _DAY) != np.floor(others / _DAY)
    return np.asarray((one == other) & (one != 0) & days)
