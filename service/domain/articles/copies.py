"""Reprints: which articles carry another one's words, whatever was cut, moved or put before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article, ArticleId, hours, id_key
from service.domain.articles.shingles import Shingles, headline_likeness, sharing, written_words


@dataclass(frozen=True, slots=True)
class CopySettings:
    """When an article reprints another.

    A share is the part of the shorter article's shingles, title and text, that the longer holds.
    """

    share: float  #: asked of articles of two outlets,
    share_under_one_headline: float  #: or this where their headlines are alike,
    headline: float  #: which they are from this likeness on
    share_of_version: float  #: asked of one outlet's articles of the very same moment
    share_of_whole: float  #: asked of one outlet's other articles, and of two outlets' brief ones
    brief: float  #: articles of less weight are brief; a shingle weighs 1, a quoted one half
    shortest: int  #: articles with fewer shingles are never copies
    shingle: int  #: words per shingle
    sample: int  #: shingles of an article that others look it up by


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that reprints another one; `share` of the shorter stands in the longer, 0 to 1."""

    article: ArticleId
    original: ArticleId
    share: float


def copies(articles: Sequence[Article], settings: CopySettings) -> list[Copy]:
    """The copies among some articles, each with its original, sorted by id.

    Articles are taken agencies first, then by date: each is a copy of the first original whose
    words it shares, or else an original itself. So no original is a copy.
    """
    ranked = sorted(articles, key=precedence)
    texts = [_shingles(article, settings) for article in ranked]
    found: dict[int, Copy] = {}
    for late, earlier in sharing(texts, settings.sample).items():
        for early in earlier:
            if early in found:
                continue
            share = exact_share(texts[late], texts[early])
            weight = min(texts[late].weight, texts[early].weight)
            if _is_copy(ranked[late], ranked[early], share, weight, settings):
                found[late] = Copy(ranked[late].id, ranked[early].id, round(share, 4))
                break
    return sorted(found.values(), key=lambda copy: id_key(copy.article))


def exact_share(one: Shingles, other: Shingles) -> float:
    """The part of the shorter text that stands in the longer, 0 to 1."""
    shorter, longer = (one, other) if one.weight <= other.weight else (other, one)
    return shorter.share_in(longer)


def precedence(article: Article) -> tuple[bool, float, tuple[bool, ArticleId]]:
    """Sort key that puts likely originals first: agencies, then the earliest, undated last."""
    hour = hours(article.published)
    return not article.agency, float("inf") if np.isnan(hour) else hour, id_key(article.id)


def _shingles(article: Article, settings: CopySettings) -> Shingles:
    """The shingles of an article; none where they are too few to tell copies by."""
    found = Shingles.of(article, settings.shingle)
    return found if len(found) >= settings.shortest else Shingles.none()


def _is_copy(
    late: Article, early: Article, share: float, weight: float, settings: CopySettings
) -> bool:
    """Whether so large a share of the shorter one, of that weight, says that one was copied."""
    brief = weight < settings.brief
    if late.outlet and late.outlet == early.outlet:
        if _at_once(late, early):
            return share >= settings.share_of_version
        return share >= settings.share_of_whole and not brief
    if brief:
        return share >= settings.share_of_whole
    if share < settings.share_under_one_headline:
        return False
    return share >= settings.share or _alike(late, early) >= settings.headline


def _at_once(one: Article, other: Article) -> bool:
    """Whether two dates are the same to the second; one at midnight is a day, not a moment."""
    if one.published is None or one.published.time() == time.min:
        return False
    return one.published == other.published


def _alike(one: Article, other: Article) -> float:
    titles = [written_words(each.title[: tokenization.TITLE_CHARACTERS]) for each in (one, other)]
    return headline_likeness(*titles)
