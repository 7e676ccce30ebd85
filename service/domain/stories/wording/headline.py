"""Choice of a story's headline: the title of its most central report with a plain title."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId, Floats, Vectors, id_key
from service.domain.locales.codes import primary_subtag
from service.domain.stories.wording.figures import DatedText, LatestFigures
from service.domain.stories.wording.title_flaws import PLAIN_BELOW, style_penalty

#: Types whose titles become a headline only in a story without any other type.
_NOT_NEWS = {ArticleType.SATIRE, ArticleType.SPONSORED}
#: Weight of the words that a title shares with other titles, against the cosine of the vectors.
_TITLE_WEIGHT = 0.5
#: Centrality subtracted for one unit of the penalty of a plain title, and for an outdated figure.
_SOFT_WEIGHT, _OLD_FIGURE_WEIGHT = 0.06, 0.15
_NO_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LocalHeadline:
    """The best title of a story in one language, an ISO 639-1 code."""

    lang: str
    article: ArticleId


def choose_headline_article(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> Article:
    """The article whose title becomes the headline; `articles` must not be empty.

    Serious flaws are a type other than report, a title that is not plain (such as a question), and
    a copied text. Among the articles with the lightest serious flaws the most central one is
    chosen, then the lowest id. Centrality is the similarity to the sum of the original articles'
    vectors plus the share of words in common with their titles. Slight flaws, and figures that
    later titles changed, reduce it.
    """
    return articles[_rank(articles, vectors, copies)[0]]


def choose_local_headlines(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> list[LocalHeadline]:
    """The best title in each known language, in order of languages."""
    best: dict[str, Article] = {}
    for row in _rank(articles, vectors, copies):
        best.setdefault(primary_subtag(articles[row].lang), articles[row])
    return [LocalHeadline(lang, best[lang].id) for lang in sorted(best) if lang]


def title_penalty(article: Article, copies: Collection[ArticleId] = ()) -> int:
    """Penalty of an article's title as the headline of its story; 0 for a suitable title.

    Weights are powers of two: each flaw outweighs all lighter flaws together.
    """
    flaws = {
        256: article.type in _NOT_NEWS,
        128: not article.type.is_independent_report,
        8: article.id in copies,
    }
    penalty = sum(weight for weight, applies in flaws.items() if applies)
    return penalty + style_penalty(article.title, article.lang)


def is_plain_report(article: Article, copies: Collection[ArticleId] = ()) -> bool:
    """Whether an article is a report with a plain title and not a copy."""
    return title_penalty(article, copies) < PLAIN_BELOW


def _rank(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId]
) -> list[int]:
    """The rows of the articles, the best headline first."""
    figures = LatestFigures([DatedText(each.title, _time(each)) for each in articles])
    originals = [row for row, each in enumerate(articles) if each.id not in copies]
    rows = originals or list(range(len(articles)))
    centrality = _centrality(articles, vectors, rows)
    return sorted(
        range(len(articles)),
        key=lambda row: (
            title_penalty(articles[row], copies) // PLAIN_BELOW,
            _SOFT_WEIGHT * (title_penalty(articles[row], copies) % PLAIN_BELOW)
            + _OLD_FIGURE_WEIGHT * figures.supersede(articles[row].title, _time(articles[row]))
            - centrality[row],
            id_key(articles[row].id),
        ),
    )


def _centrality(articles: Sequence[Article], vectors: Vectors, originals: list[int]) -> list[float]:
    """Mean similarity of each article, and of its title, to the originals."""
    centroid = vectors.values[originals].sum(axis=0)
    titles = [set(tokenization.title_words(each)) - tokenization.STOP_WORDS for each in articles]
    shared: Floats = np.array(
        [sum(_overlap(title, titles[row]) for row in originals) for title in titles]
    )
    total = vectors.values @ centroid + _TITLE_WEIGHT * shared
    return [round(value, 6) for value in (total / len(originals)).tolist()]


def _overlap(one: set[str], other: set[str]) -> float:
    """Dice coefficient of two sets of words."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _time(article: Article) -> datetime:
    return article.published or _NO_TIME
