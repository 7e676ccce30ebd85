"""Reprints: which articles carry another one's words, whatever was cut, moved or put before them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Article, ArticleId, hours_since_epoch, id_key
from service.domain.articles.shingles import (
    Shingles,
    candidate_rows,
    normalized_words,
    title_similarity,
)
from service.settings.grouping import CopySettings


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that reprints another one; `share` of the shorter stands in the longer, 0 to 1."""

    article: ArticleId
    original: ArticleId
    share: float


def find_copies(articles: Sequence[Article], settings: CopySettings) -> list[Copy]:
    """The copies among some articles, each with its original, sorted by id.

    Articles are taken agencies first, then by date: each is a copy of the first original whose
    words it shares, or else an original itself. So no original is a copy.
    """
    ranked = sorted(articles, key=original_first_key)
    texts = [_shingles(article, settings) for article in ranked]
    found: dict[int, Copy] = {}
    for late, earlier in candidate_rows(texts, settings.signature_size).items():
        for early in earlier:
            if early in found:
                continue
            share = overlap_coefficient(texts[late], texts[early])
            weight = min(texts[late].weight, texts[early].weight)
            if _is_copy(ranked[late], ranked[early], share, weight, settings):
                found[late] = Copy(ranked[late].id, ranked[early].id, round(share, 4))
                break
    return sorted(found.values(), key=lambda copy: id_key(copy.article))


def overlap_coefficient(one: Shingles, other: Shingles) -> float:
    """The part of the shorter text that stands in the longer, 0 to 1."""
    shorter, longer = (one, other) if one.weight <= other.weight else (other, one)
    return shorter.share_in(longer)


def original_first_key(article: Article) -> tuple[bool, float, tuple[bool, ArticleId]]:
    """Sort key that puts likely originals first: agencies, then the earliest, undated last."""
    hour = hours_since_epoch(article.published)
    return not article.agency, float("inf") if np.isnan(hour) else hour, id_key(article.id)


def _shingles(article: Article, settings: CopySettings) -> Shingles:
    """The shingles of an article; none where they are too few to tell copies by."""
    found = Shingles.from_article(article, settings.shingle_words)
    return found if len(found) >= settings.min_shingles else Shingles.empty()


def _is_copy(
    late: Article, early: Article, share: float, weight: float, settings: CopySettings
) -> bool:
    """Whether so large a share of the shorter one, of that weight, says that one was copied."""
    brief = weight < settings.brief_weight
    if late.outlet and late.outlet == early.outlet:
        if _at_once(late, early):
            return share >= settings.version_share
        return share >= settings.whole_share and not brief
    if brief:
        return share >= settings.whole_share
    if share < settings.share_same_title:
        return False
    return share >= settings.share or _alike(late, early) >= settings.title_similarity


def _at_once(one: Article, other: Article) -> bool:
    """Whether two dates are the same to the second; one at midnight is a day, not a moment."""
    if one.published is None or one.published.time() == time.min:
        return False
    return one.published == other.published


def _alike(one: Article, other: Article) -> float:
    titles = [
        normalized_words(each.title[: tokenization.TITLE_CHARACTERS]) for each in (one, other)
    ]
    return title_similarity(*titles)
