"""Choice of a story's headline: the title of its most central report with a plain title."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.article_types import ArticleType
from service.domain.articles.model import Article, ArticleId, Floats, Vectors, id_key
from service.domain.locales.codes import primary_subtag
from service.domain.stories.wording.figures import DatedText, LatestFigures
from service.domain.stories.wording.sentences.surnames import bare_surnames
from service.domain.stories.wording.title_flaws import HEAVY_FLAW, NOT_PLAIN, PLAIN_BELOW
from service.domain.stories.wording.title_parts import style_penalty
from service.domain.text.dates import NO_DATE

#: Types whose titles become a headline only in a story without any other type.
_NOT_NEWS = {ArticleType.SATIRE, ArticleType.SPONSORED}
#: Weight of the words that a title shares with other titles, against the cosine of the vectors.
_TITLE_WEIGHT = 0.5
#: Weight of the share of the story's names that a title contains, and the number of these names.
_NAME_WEIGHT, _MAX_NAMES = 0.2, 4
#: Weight of the share of a title's words that other articles have: teasers use words of their own.
_SUPPORT_WEIGHT = 0.12
#: Centrality subtracted for one unit of the penalty of a plain title, and for an outdated figure.
_SOFT_WEIGHT, _OLD_FIGURE_WEIGHT = 0.06, 0.3
#: Centrality subtracted for a surname alone if other titles add a given name or an office.
_BARE_NAME_WEIGHT = 0.1
_PREFIX = re.compile(r"^\W*(?P<name>[^\W\d_][\w.’'-]*(?: [^\W\d_][\w.’'-]*){0,2}): ")


@dataclass(frozen=True, slots=True)
class LocalHeadline:
    """The best title of a story in one language, an ISO 639-1 code."""

    lang: str
    article: ArticleId


def choose_headline_article(
    articles: Sequence[Article], vectors: Vectors, copies: Collection[ArticleId] = ()
) -> Article:
    """The article whose title becomes the headline; `articles` must not be empty.

    Articles without a serious flaw take precedence, then those with the lightest one. From light to
    heavy: a copy, a video or live page with a plain title, a title that is not plain (such as a
    question) or names its own outlet, no title, another type than report, satire or paid content.
    `title_parts.headline_text` returns the shown part of the title. Among the remaining articles
    the most central one is chosen; if several are equally central, that with the lowest id.

    Centrality is the sum of four parts: the similarity to the vectors of the originals, the words
    in common with their titles, the names that most articles have, and the words that other
    originals have. Slight flaws of the title, a surname without the given name, and figures that
    later titles changed reduce it.
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
    style = style_penalty(article.title, article.lang)
    is_video = article.type is ArticleType.MEDIA  # its title is plain more often than not
    is_live = article.type is ArticleType.LIVE and not style & NOT_PLAIN
    flaws = {
        256: article.type in _NOT_NEWS,
        128: not (article.type.is_independent_report or is_video or is_live),
        16: is_video or is_live,
        8: article.id in copies,
    }
    penalty = sum(weight for weight, applies in flaws.items() if applies)
    return penalty | style


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
    leads = [tokenization.lead(each) for each in articles]
    bare = bare_surnames([each.title for each in articles], leads)
    penalties = [
        # The title of a column is as flawed as a title with a label.
        title_penalty(each, copies)
        | (HEAVY_FLAW if _is_column(each, articles) else 0)
        | (NOT_PLAIN if _names_own_outlet(each, articles) else 0)
        for each in articles
    ]
    return sorted(
        range(len(articles)),
        key=lambda row: (
            penalties[row] // PLAIN_BELOW,
            _SOFT_WEIGHT * (penalties[row] % PLAIN_BELOW)
            + _BARE_NAME_WEIGHT * bare[row]
            + _OLD_FIGURE_WEIGHT * figures.supersede(articles[row].title, _time(articles[row]))
            - centrality[row],
            id_key(articles[row].id),
        ),
    )


def _centrality(articles: Sequence[Article], vectors: Vectors, originals: list[int]) -> list[float]:
    """Mean similarity of each article, and of its title, to the originals."""
    centroid = vectors.values[originals].sum(axis=0)
    titles = [set(tokenization.title_words(each)) - tokenization.STOP_WORDS for each in articles]
    names = _common_names([articles[row] for row in originals])
    named: Floats = np.array([len(title & names) / max(len(names), 1) for title in titles])
    shared: Floats = np.array(
        [sum(_overlap(title, titles[row]) for row in originals) for title in titles]
    )
    total = vectors.values @ centroid + _TITLE_WEIGHT * shared
    values = (
        total / len(originals)
        + _NAME_WEIGHT * named
        + _SUPPORT_WEIGHT * _support(articles, titles, originals)
    )
    return [round(value, 6) for value in values.tolist()]


def _support(
    articles: Sequence[Article], titles: Sequence[set[str]], originals: Sequence[int]
) -> Floats:
    """The share of the words of each title that the title or lead of another original has.

    Numbers do not count, because the latest toll is in few articles.
    """
    texts = {row: f"{articles[row].title}\n{tokenization.lead(articles[row])}" for row in originals}
    words = {row: set(tokenization.words(text)) for row, text in texts.items()}
    count = Counter(word for some in words.values() for word in some)
    shares = []
    for row, title in enumerate(titles):
        counted = [word for word in title if not word[0].isdigit()]
        supported = sum(count[word] > (word in words.get(row, ())) for word in counted)
        shares.append(supported / max(len(counted), 1))
    return np.array(shares)


def _common_names(articles: Sequence[Article]) -> set[str]:
    """The most common names of the titles; each occurs in most articles, at least two.

    A name never begins with a small letter in an article. In a script without capitals any word
    may be one.
    """
    count: Counter[str] = Counter()
    titled = {word for each in articles for word in tokenization.title_words(each)}
    for article in articles:
        lead = tokenization.lead(article)
        spelled = list(tokenization.spellings(f"{tokenization.compared_title(article)}\n{lead}"))
        small = {word for word, spelling in spelled if spelling[0].islower()}
        words = {
            word for word, _ in spelled if not word[0].isdigit() and not tokenization.is_dated(word)
        }
        count.update(words - small - tokenization.STOP_WORDS)
    enough = max(2, len(articles) / 2)
    common = sorted(word for word in titled if count[word] >= enough)
    return set(sorted(common, key=lambda word: -count[word])[:_MAX_NAMES])


def _is_column(article: Article, story: Sequence[Article]) -> bool:
    """Whether a title begins with a name and a colon, and the name occurs nowhere else.

    It is the name of a column or its author, not of a person or place of the event.
    """
    prefix = _PREFIX.match(article.title)
    if not prefix:
        return False
    words = set(tokenization.words(prefix["name"]))
    rest = article.title[prefix.end() :]
    texts = [
        rest,
        article.text,
        *(f"{each.title}\n{each.text}" for each in story if each != article),
    ]
    lead = tokenization.LEAD_CHARACTERS
    return not any(words & set(tokenization.words(text[:lead])) for text in texts)


def _names_own_outlet(article: Article, story: Sequence[Article]) -> bool:
    """Whether a title names its own outlet, and no title of another outlet names it.

    "Tells CBS News" is about the outlet's own interview.
    """
    name = re.sub(r"\W", "", article.outlet.lower())
    if not name or name not in _joined_words(article.title):
        return False
    others = (each.title for each in story if each.outlet != article.outlet)
    return not any(name in _joined_words(title) for title in others)


def _joined_words(title: str) -> set[str]:
    """Each word of a title, and each two or three adjacent ones, joined in lower case."""
    words = [re.sub(r"['’]s$|\W", "", word.lower()) for word in title.split()]
    return {"".join(words[at : at + n]) for at in range(len(words)) for n in (1, 2, 3)}


def _overlap(one: set[str], other: set[str]) -> float:
    """Dice coefficient of two sets of words."""
    return 2 * len(one & other) / (len(one) + len(other)) if one or other else 0.0


def _time(article: Article) -> datetime:
    return article.published or NO_DATE
