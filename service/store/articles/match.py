"""Match an article that is not stored to a story, with the candidates and the rule of `place`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.articles.copies import Copy, find_copies
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.articles.tokenization import lead_words
from service.domain.grouping.place import Placement, place
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary, rarest_keys
from service.settings.sections.grouping import StorySettings
from service.store.articles import articles, candidates, vectors
from service.store.stories import stories, vocabularies
from service.store.tables import ModelRow, StoryRow

#: Id of the unstored article; no stored article has it.
UNSTORED_ID = 0


@dataclass(frozen=True, slots=True)
class MatchRequest:
    """An article that is not stored, its vector and its report time."""

    article: Article  #: with the id `UNSTORED_ID`
    vector: Vectors  #: one row
    at: datetime


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Placement of an article, and its original if it is a copy."""

    placement: Placement
    copy: Copy | None


def match(
    session: Session,
    request: MatchRequest,
    *,
    model: PairModel,
    settings: StorySettings,
    reach: timedelta,
) -> MatchResult | None:
    """Place one article as the job `place` would, read-only; None if no candidate exists.

    Unlike an arriving article, it may match a story that an editor locked. Hidden stories are
    excluded.
    """
    tag = request.vector.model
    model_id = session.scalar(select(ModelRow.id).where(ModelRow.tag == tag))
    vocabulary = vocabularies.latest(session, tag)
    near = _find_candidates(session, request, model_id, vocabulary, settings=settings, reach=reach)
    near_stories = set(stories.story_of(session, near).values())
    visible = select(StoryRow.id).where(StoryRow.id.in_(near_stories), ~StoryRow.hidden)
    ids = sorted(
        candidates.find_members_within(
            session, set(session.scalars(visible)), [request.at], reach=reach
        )
    )
    if not ids or vocabulary is None or model_id is None:
        return None
    members = stories.story_of(session, ids)
    stored = vectors.load(session, model_id, tag, ids)
    loaded = [request.article, *articles.load(session, ids)]
    [placement] = place(
        loaded,
        Vectors.concatenate([request.vector, stored]),
        [None, *(members[key] for key in ids)],
        vocabulary=vocabulary,
        model=model,
        settings=settings.grouping,
    )
    story_of = dict[ArticleId, str | None](members.items())
    story_of[UNSTORED_ID] = placement.story
    copies = find_copies(loaded, settings.copies, story_of)
    copy = next((each for each in copies if each.article == UNSTORED_ID), None)
    return MatchResult(placement, copy)


def _find_candidates(
    session: Session,
    request: MatchRequest,
    model_id: int | None,
    vocabulary: Vocabulary | None,
    *,
    settings: StorySettings,
    reach: timedelta,
) -> set[int]:
    """Find articles with near vectors or shared rare words."""
    limits, near = settings.candidates, set[int]()
    if model_id is not None and request.vector.values.any():
        near |= vectors.find_nearest_to_vector(
            session,
            model_id,
            request.vector.values[0],
            request.at,
            count=limits.neighbours,
            window=reach,
        )
    if vocabulary is not None:
        words = rarest_keys(lead_words(request.article), vocabulary, candidates.STORED_KEYS)
        near |= candidates.find_articles_with_shared_words(
            session, words, request.at, reach=reach, limit=limits.shared_words
        )
    return near
