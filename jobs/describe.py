"""The job `describe`: stories that changed get their headline, keywords and counts anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.context import Context, Counts
from service.domain.articles import Article, Vectors
from service.domain.coverage import coverage
from service.domain.headline import headline
from service.domain.keywords import keywords
from service.domain.lexicon import Lexicon
from service.domain.ranking import rank
from service.domain.slugs import slug
from service.store import (
    articles,
    copies,
    descriptions,
    lexicons,
    locks,
    plans,
    stories,
    vectors,
)
from service.store.descriptions import Description

#: Stories described in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beyond a story's own articles."""

    originals: Mapping[int, int]  #: of copies, by id
    families: Mapping[str, str]  #: of outlets, by slug
    lexicon: Lexicon


def describe(context: Context) -> Counts:
    """Describe all stories that changed since they were described last."""
    done = 0
    while not context.stopping() and (count := _describe_batch(context)):
        done += count
        context.progress("describe", done, done)
    return {"stories": done} if done else {}


def _describe_batch(context: Context) -> int:
    encoder = context.encoder
    with context.sessions.begin() as session:
        changed = descriptions.outdated(session, limit=BATCH)
        lexicon = lexicons.latest(session)
        if not changed or lexicon is None:
            return 0
        members = stories.members(session, changed)
        loaded = _load(session, encoder().model, encoder().dimensions, members)
        families = descriptions.families(session)
        originals = copies.originals(session, [key for ids in members.values() for key in ids])
        known = Known(originals, families, lexicon)
        made = [
            _description(key, *loaded[key], known, changed[key].last_reported_at)
            for key in sorted(loaded)
        ]
        # Whoever changes stories updates many at a time, in an order of its own.
        locks.serialise(session, plans.LOCK)
        descriptions.save(session, made, changed)
    return len(made)


def _load(
    session: Session, tag: str, dimensions: int, members: Mapping[str, Sequence[int]]
) -> dict[str, tuple[list[Article], Vectors]]:
    """Each story's articles with their vectors."""
    ids = sorted(key for found in members.values() for key in found)
    model = vectors.model_id(session, tag, dimensions)
    values = vectors.load(session, model, tag, ids)
    by_id = {int(article.id): article for article in articles.load(session, ids)}
    row_of = {key: row for row, key in enumerate(ids)}
    return {
        story: ([by_id[key] for key in found], values[[row_of[key] for key in found]])
        for story, found in members.items()
    }


def _description(
    story_id: str,
    found: Sequence[Article],
    values: Vectors,
    known: Known,
    last_reported_at: datetime,
) -> Description:
    best = headline(found, values, known.originals)
    counted = coverage(found, known.originals, known.families)
    return Description(
        story_id=story_id,
        slug=slug(best.title),
        headline=best.title,
        headline_article_id=int(best.id),
        keywords=keywords(found, known.lexicon),
        articles=len(found),
        coverage=counted,
        rank=rank(counted.independent, last_reported_at),
    )
