"""Choice of a story's headline: the title of its most central report that is no reprint."""

import re
from collections.abc import Collection, Sequence

import numpy as np

from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId, Vectors, id_key

_LIVE_OR_ROUNDUP = re.compile(
    r"\b(live (updates?|blog|coverage|feed|stream)|as it happened|follow live|what we know|"
    r"(morning|evening|daily|news) (briefing|update|digest|roundup)|in pictures|podcast|quiz|"
    r"fact[- ]check|explainer|watch live)\b|^(live|watch|video|photos|analysis|opinion)\b\s*[:|–-]|"
    r"[-–|:]\s*live\b|\blive(:|\s+[–|-]\s)",
    re.IGNORECASE,
)
#: Types whose titles become a headline only in a story without any other type.
_NOT_NEWS = {ArticleType.SATIRE, ArticleType.SPONSORED}
_MIN_WORDS = 3
_MAX_CHARACTERS = 140
#: A title with a larger share of capitals among its cased letters counts as all caps.
_MAX_UPPERCASE_SHARE = 0.7


def choose_headline_article(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> Article:
    """The article whose title becomes the headline; `articles` must not be empty.

    The lowest title penalty wins, then the highest similarity to the sum of all original
    articles' vectors, then the lowest id.
    """
    originals = [row for row, each in enumerate(articles) if each.id not in copies]
    centroid = vectors.values[originals or list(range(len(articles)))].sum(axis=0)
    centrality = np.round(vectors.values @ centroid, 6).tolist()
    best, _ = min(
        zip(articles, centrality, strict=True),
        key=lambda each: (title_penalty(each[0], copies), -each[1], id_key(each[0].id)),
    )
    return best


def title_penalty(article: Article, copies: Collection[ArticleId] = ()) -> int:
    """Penalty of an article's title as the headline of its story; 0 for a suitable title.

    Weights are powers of two: each flaw outweighs all lighter flaws together.
    """
    title = article.title.strip()
    flaws = {
        64: not title,
        32: article.type in _NOT_NEWS,
        16: not article.type.is_independent_report,
        8: article.id in copies,
        4: bool(_LIVE_OR_ROUNDUP.search(title)) or is_mostly_uppercase(title),
        2: len(title.split()) < _MIN_WORDS and title.isascii(),
        1: len(title) > _MAX_CHARACTERS,
    }
    return sum(weight for weight, applies in flaws.items() if applies)


def is_mostly_uppercase(title: str) -> bool:
    """Whether most letters of a title are capitals."""
    cased = [letter for letter in title if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in cased) > _MAX_UPPERCASE_SHARE * len(cased)
