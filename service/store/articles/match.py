"""Where an article that is not stored would be placed, by the candidates and the rule of `place`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.articles.copies import Copy
from service.domain.articles.copies import find_copies
from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import lead_words
from service.domain.grouping.place import Placement, place
from service.domain.pairs.score import PairModel
from service.domain.pairs.vocabularies import rarest_keys
from service.settings.grouping import StorySettings
from service.store.articles import articles, candidates, vectors
from service.store.stories import stories, vocabularies
from service.store.tables import ArticleUrlRow, ModelRow, StoryRow

#: Stands for the article that is asked about; no stored one has it.
ASKED = 0


@dataclass(frozen=True, slots=True)
class Asking:
    """An article that is not stored, its vector, and when it counts as reported."""

    article: Article  #: under the id `ASKED`
    vector: Vectors  #: one row
    at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """Where an article would go, and what it reprints."""

    placement: Placement
    copy: Copy | None


def match(
    session: Session,
    asking: Asking,
    *,
    model: PairModel,
    settings: StorySettings,
    reach: timedelta,
) -> Match | None:
    """Decide for one article as `place` would, and write nothing; None if nothing is near.

    Unlike an arrival, which joins no story that an editor locked, it may belong to one; hidden
    stories are left out.
    """
    found = _candidates(session, asking, settings, reach)
    homes = stories.story_of(session, found)
    open_ones = _shown(session, set(homes.values()))
    ids = sorted(candidates.members_within(session, open_ones, [asking.at], reach=reach))
    vocabulary = vocabularies.latest(session, asking.vector.model)
    number = _model(session, asking.vector.model)
    if not ids or vocabulary is None or number is None:
        return None
    members = stories.story_of(session, ids)
    stored = vectors.load(session, number, asking.vector.model, ids)
    gathered = [asking.article, *articles.load(session, ids)]
    [placement] = place(
        gathered,
        Vectors.concatenate([asking.vector, stored]),
        [None, *(members[key] for key in ids)],
        vocabulary=vocabulary,
        model=model,
        settings=settings.grouping,
    )
    reprints = find_copies(gathered, settings.copies)
    return Match(placement, next((each for each in reprints if each.article == ASKED), None))


def stored_under(session: Session, url: str) -> int | None:
    """The article that has a canonical URL."""
    key = articles.url_hash(url)
    statement = select(ArticleUrlRow.article_id).where(ArticleUrlRow.url_hash == key)
    return session.scalar(statement)


def _candidates(
    session: Session, asking: Asking, settings: StorySettings, reach: timedelta
) -> set[int]:
    """Nearest vectors, and sharers of rare words."""
    tag, wanted, found = asking.vector.model, settings.candidates, set[int]()
    number, vocabulary = _model(session, tag), vocabularies.latest(session, tag)
    if number is not None and asking.vector.values.any():
        found |= vectors.nearest_to(
            session,
            number,
            asking.vector.values[0],
            asking.at,
            count=wanted.neighbours,
            window=reach,
        )
    if vocabulary is not None:
        words = rarest_keys(lead_words(asking.article), vocabulary, candidates.KEYS)
        found |= candidates.sharers(session, words, asking.at, reach=reach, limit=wanted.shared_words)
    return found


def _model(session: Session, tag: str) -> int | None:
    return session.scalar(select(ModelRow.id).where(ModelRow.tag == tag))


def _shown(session: Session, story_ids: Collection[str]) -> set[str]:
    statement = select(StoryRow.id).where(StoryRow.id.in_(story_ids), ~StoryRow.hidden)
    return set(session.scalars(statement))
