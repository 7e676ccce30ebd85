"""Detection of copies: articles that reuse the text of another one, even if cut or rearranged."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

import numpy as np

from service.domain.articles.model import HOURS_PER_DAY, Article, ArticleId, id_key
from service.domain.articles.shingles import (
    Shingles,
    candidate_rows,
    normalized_words,
    shared_words,
    title_similarity,
)
from service.domain.articles.tokenization import STOP_WORDS, TITLE_CHARACTERS, title_words
from service.settings.sections.grouping import CopySettings

#: Minimum share of the words of a title in a text about the subject of the title.
_MIN_TITLE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Copy:
    """An article that reprints another one; `share` (0 to 1) of the shorter is in the longer."""

    article: ArticleId
    original: ArticleId
    share: float


def find_copies(
    articles: Sequence[Article],
    settings: CopySettings,
    stories: Mapping[ArticleId, Hashable] | None = None,
) -> list[Copy]:
    """Return the copies among the articles, each with its original, sorted by id.

    Articles of agencies are processed first, then the others, each group by date. An article is a
    copy of the first original that it overlaps with enough. Without one it is an original, so an
    original is never a copy. `stories` maps articles to their stories: with it, an original is
    always in the story of its copies, and an article without a story is never a copy.
    """
    ranked = sorted(articles, key=original_first_key)
    texts = [Shingles.from_article(article, settings.shingle_words) for article in ranked]
    texts = [text if len(text) >= settings.min_shingles else Shingles.empty() for text in texts]
    copies: dict[int, Copy] = {}
    for late, earlier in candidate_rows(texts, settings.signature_size).items():
        for early in earlier:
            if early in copies or not _share_story(ranked[late], ranked[early], stories):
                continue
            share = overlap_coefficient(texts[late], texts[early])
            weight = min(texts[late].weight, texts[early].weight)
            if _is_copy(ranked[late], ranked[early], share, weight, settings):
                copies[late] = Copy(ranked[late].id, ranked[early].id, round(share, 4))
                break
    return sorted(copies.values(), key=lambda copy: id_key(copy.article))


def keep_within_stories(
    copies: Sequence[Copy],
    articles: Sequence[Article],
    settings: CopySettings,
    stories: Mapping[ArticleId, Hashable],
) -> list[Copy]:
    """Return `find_copies(articles, settings, stories)`, given `find_copies(articles, settings)`.

    Only the stories with an original elsewhere are searched again.
    """
    affected = {
        stories.get(each.article)
        for each in copies
        if stories.get(each.article) != stories.get(each.original)
    }
    kept = [each for each in copies if stories.get(each.article) not in affected]
    again = [each for each in articles if stories.get(each.id) in affected]
    second_pass = find_copies(again, settings, stories) if again else []
    return sorted([*kept, *second_pass], key=lambda copy: id_key(copy.article))


def _share_story(
    one: Article, other: Article, stories: Mapping[ArticleId, Hashable] | None
) -> bool:
    if stories is None:
        return True
    story = stories.get(one.id)
    return story is not None and story == stories.get(other.id)


def overlap_coefficient(one: Shingles, other: Shingles) -> float:
    """Return the weighted share of the shorter text that is also in the longer, 0 to 1."""
    shorter, longer = (one, other) if one.weight <= other.weight else (other, one)
    return shorter.share_in(longer)


def original_first_key(article: Article) -> tuple[bool, float, tuple[bool, ArticleId]]:
    """Sort key for likely originals first: agencies, then by date; undated articles last.

    An article whose date is known to the day comes after the others of that day.
    """
    # `hour` is noon if only the day is known; this is the end of the day.
    hour = article.hour + (HOURS_PER_DAY / 2 if article.day_only else 0.0)
    return not article.agency, float("inf") if np.isnan(hour) else hour, id_key(article.id)


def _is_copy(
    late: Article, early: Article, share: float, weight: float, settings: CopySettings
) -> bool:
    """Whether `share` is enough for a copy; `weight` is that of the shorter text."""
    return _is_enough(late, early, share, weight, settings) and _shares_subject(
        late, early, settings.shingle_words
    )


def _is_enough(
    late: Article, early: Article, share: float, weight: float, settings: CopySettings
) -> bool:
    brief = weight < settings.brief_weight
    if late.outlet and late.outlet == early.outlet:
        if _has_same_timestamp(late, early):
            return share >= settings.version_share
        return share >= settings.strict_share and not brief
    if brief:
        return share >= settings.strict_share
    if share < settings.share_same_title:
        return False
    if share >= settings.share:
        return True
    titles = [normalized_words(each.title[:TITLE_CHARACTERS]) for each in (late, early)]
    return title_similarity(*titles) >= settings.title_similarity


def _shares_subject(late: Article, early: Article, size: int) -> bool:
    """Whether the titles have words in common, or the shared text is about their subject.

    Text that an outlet appends to its articles has no words of their titles. A copy may have a
    title of its own, but the shared text is then about the title of the original.
    """
    if _mentions_title(set(title_words(late)), early):
        return True
    shared = shared_words(_whole_text(late), _whole_text(early), size)
    in_each = (_mentions_title(shared, each) for each in (late, early))
    return all(in_each) if late.outlet and late.outlet == early.outlet else any(in_each)


def _whole_text(article: Article) -> str:
    return f"{article.title[:TITLE_CHARACTERS]}\n{article.text}"


def _mentions_title(shared: Collection[str], article: Article) -> bool:
    """Whether enough words of an article's title are shared; True for a title without words."""
    title = {word for word in title_words(article) if word not in STOP_WORDS}
    shared_words = sum(word in shared for word in title)
    return not title or shared_words >= max(1, _MIN_TITLE_SHARE * len(title))


def _has_same_timestamp(one: Article, other: Article) -> bool:
    """Whether the dates are equal to the second; midnight means a date without a time."""
    if one.published is None or one.day_only or one.published.time() == time.min:
        return False
    return one.published == other.published and not other.day_only
