"""The headline of a story: that of its most central original."""

import re
from collections.abc import Collection, Sequence

import numpy as np

from service.domain.articles.model import Article, ArticleId, Vectors, id_key

_ROLLING = re.compile(
    r"\b(live (updates?|blog|coverage|feed|stream)|as it happened|follow live|what we know|"
    r"(morning|evening|daily|news) (briefing|update|digest|roundup)|in pictures|podcast|quiz|"
    r"fact[- ]check|explainer|watch live)\b|^(live|watch|video|photos|analysis|opinion)\b\s*[:|–-]|"
    r"[-–|:]\s*live\b|\blive(:|\s+[–|-]\s)",
    re.IGNORECASE,
)
_FEWEST_WORDS = 3
_MOST_CHARACTERS = 140
#: A title with a larger share of capitals among its letters shouts.
_SHOUTED = 0.7


def headline(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> Article:
    """The article whose title stands for the story; `articles` holds at least one.

    Copies are passed over while there is an original, live blogs and titles in capitals while
    there is another title, very short and very long ones after that. Of the rest the one nearest
    to all originals wins, the earliest id of two.
    """
    originals = [row for row, each in enumerate(articles) if each.id not in copies]
    centre = vectors.values[originals or list(range(len(articles)))].sum(axis=0)
    central = np.round(vectors.values @ centre, 6)
    ranked = sorted(
        zip(articles, central.tolist(), strict=True),
        key=lambda each: (flaws(each[0], copies), -each[1], id_key(each[0].id)),
    )
    return ranked[0][0]


def flaws(article: Article, copies: Collection[ArticleId] = ()) -> int:
    """How much speaks against showing an article's title for its story; 0 if nothing does.

    A graver flaw weighs more than all lighter ones together.
    """
    title = article.title.strip()
    weights = {
        16: not title,
        8: article.id in copies,
        4: bool(_ROLLING.search(title)) or is_shouted(title),
        2: len(title.split()) < _FEWEST_WORDS and title.isascii(),
        1: len(title) > _MOST_CHARACTERS,
    }
    return sum(weight for weight, found in weights.items() if found)


def is_shouted(title: str) -> bool:
    """Whether a title is written in capitals, but for a word or two."""
    cased = [letter for letter in title if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in cased) > _SHOUTED * len(cased)
