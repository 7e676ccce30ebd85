"""The headline of a story: that of its most central original."""

import re
from collections.abc import Collection, Sequence

import numpy as np

from service.domain.articles import Article, ArticleId, Vectors, id_key

_ROLLING = re.compile(
    r"\b(live (updates?|blog|coverage|feed|stream)|as it happened|follow live|what we know|"
    r"(morning|evening|daily|news) (briefing|update|digest|roundup)|in pictures|podcast|quiz|"
    r"fact[- ]check|explainer|watch live)\b|^(live|watch|video|photos|analysis|opinion)\b\s*[:|-]|"
    r"[-–|:]\s*live\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3
_MOST_CHARACTERS = 140


def headline(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> Article:
    """The article whose title stands for the story; `articles` holds at least one.

    Copies, live blogs, titles in capitals, very short and very long ones are passed over while
    there is another. Of the rest the one nearest to all articles wins, the earliest id of two.
    """
    central = np.round(vectors.values @ vectors.values.sum(axis=0), 6)
    ranked = sorted(
        zip(articles, central.tolist(), strict=True),
        key=lambda each: (flaws(each[0], copies), -each[1], id_key(each[0].id)),
    )
    return ranked[0][0]


def flaws(article: Article, copies: Collection[ArticleId] = ()) -> int:
    """How many reasons there are not to show an article's title for its story."""
    title = article.title.strip()
    reasons = (
        article.id in copies,
        bool(_ROLLING.search(title)),
        title.isupper(),
        len(title.split()) < _FEWEST_WORDS and title.isascii(),
        len(title) > _MOST_CHARACTERS,
    )
    return sum(reasons) + (not title) * len(reasons)
