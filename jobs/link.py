"""The job `link`: stories of one saga are linked into storylines, never merged."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.model import Article
from service.domain.grouping.lineage import plan_update
from service.domain.pairs.features import Channels, Readings
from service.domain.pairs.vocabulary import Lexicon
from service.domain.stories.keywords import keywords
from service.domain.stories.storylines import Summaries, storylines
from service.store.articles import articles, vectors
from service.store.database import locks
from service.store.stories import apply_plan, descriptions, stories, vocabulary

#: The latest stories that are compared; bounds the time of a run.
MOST = 4000
#: Words in a storyline's title.
WORDS = 4

Groups = Sequence[Sequence[str]]


def link(context: Context) -> Counts:
    """Link the latest stories of several articles; a storyline keeps its id while it grows."""
    since = context.clock() - timedelta(days=context.settings.storylines.span_days)
    with context.sessions.begin() as session:
        if not descriptions.tellable(session, since=since, limit=1):
            return {}
    encoder = context.encoder()  # before the lock: loading takes seconds
    with context.sessions.begin() as session:
        locks.serialise(session, apply_plan.LOCK)
        latest = descriptions.tellable(session, since=since, limit=MOST)
        lexicon = vocabulary.latest(session, encoder.model)
        if not latest or lexicon is None:
            return {}
        members = stories.members(session, latest)
        loaded = _load(session, members)
        groups = _linked(session, context, members, loaded, lexicon)
        storyline_of = _named(session, groups)
        titles = {
            storyline_of[group[0]]: _title(group, members, loaded, lexicon) for group in groups
        }
        descriptions.save_storylines(session, titles, now=context.clock())
        descriptions.assign(session, {story: storyline_of.get(story) for story in latest})
        lines = descriptions.known_storylines(session)
        told = {str(story) for line in lines if line.id in titles for story in line.members}
        stamp = apply_plan.stamp(session, context.clock(), "link", context.run_id)
        apply_plan.settle(session, told.union(latest), stamp)
    return {"storylines": len(groups), "linked": sum(map(len, groups))}


def _load(session: Session, members: Mapping[str, Sequence[int]]) -> dict[int, Article]:
    ids = [key for found in members.values() for key in found]
    return {int(article.id): article for article in articles.load(session, ids)}


def _linked(
    session: Session,
    context: Context,
    members: Mapping[str, Sequence[int]],
    loaded: Mapping[int, Article],
    lexicon: Lexicon,
) -> Groups:
    encoder = context.encoder()
    model = vectors.model_id(session, encoder.model, encoder.dimensions)
    values = vectors.load(session, model, encoder.model, list(loaded))
    channels = Channels.of(Readings.of(list(loaded.values()), values), lexicon)
    row_of = {key: row for row, key in enumerate(loaded)}
    rows = [np.array([row_of[key] for key in found]) for found in members.values()]
    return storylines(Summaries.of(list(members), rows, channels), context.settings.storylines)


def _named(session: Session, groups: Groups) -> dict[str, str]:
    """The storyline of each linked story: a known one as long as it lives on, else a new one."""
    known = descriptions.known_storylines(session)
    home = {str(story): line.id for line in known for story in line.members}
    plan = plan_update(known, groups)
    home |= {str(opened.article): opened.story for opened in plan.opened}
    return {story: home[story] for group in groups for story in group}


def _title(
    group: Sequence[str],
    members: Mapping[str, Sequence[int]],
    loaded: Mapping[int, Article],
    lexicon: Lexicon,
) -> str:
    told = [loaded[key] for story in group for key in members[story]]
    return ", ".join(keywords(told, lexicon, WORDS))
