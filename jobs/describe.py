"""The job `describe`: stories that changed are told of anew, in words of their articles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.coverage import coverage
from service.domain.articles.model import Article, Vectors
from service.domain.entities.gazetteer import Gazetteer
from service.domain.entities.story_entities import entities
from service.domain.pairs.vocabulary import Lexicon
from service.domain.stories.developments import developments
from service.domain.stories.headline import headline
from service.domain.stories.keywords import keywords
from service.domain.stories.pace import Report, delays, pace
from service.domain.stories.ranking import rank
from service.domain.stories.summary import summary
from service.domain.text.slugs import slug
from service.store.articles import articles, copies, vectors
from service.store.database import locks
from service.store.stories import apply_plan, descriptions, gazetteers, stories, vocabulary
from service.store.stories.descriptions import Description, Outlets
from service.store.stories.details import Details

#: Stories described in one transaction.
BATCH = 200
#: The latest articles, whose names make the gazetteer,
WINDOW = 5000
#: which is made anew after this time.
GAZETTEER_AGE = timedelta(hours=1)
#: Nearest articles of other stories, from which keywords set a story apart,
NEIGHBOURS = 16
#: found behind no more than so many of its own.
OWN = 60


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beyond a story's own articles."""

    originals: Mapping[int, int]  #: of copies, by id
    outlets: Outlets
    lexicon: Lexicon
    gazetteer: Gazetteer
    reported_at: Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class Told:
    """A story's articles with their vectors, and the one whose title is its headline."""

    articles: Sequence[Article]
    vectors: Vectors
    best: Article


def describe(context: Context) -> Counts:
    """Describe all stories that changed since they were described last."""
    done = 0
    while not context.stopping() and (count := _describe_batch(context)):
        done += count
        context.progress("describe", done, done)
    return {"stories": done} if done else {}


def _describe_batch(context: Context) -> int:
    with context.sessions.begin() as session:
        changed = descriptions.outdated(session, limit=BATCH)
        lexicon = vocabulary.latest(session)
        if not changed or lexicon is None:
            return 0
        members = stories.members(session, changed)
        known = _known(session, members, lexicon, context.clock())
        told = _load(session, context, members, known)
        near = _neighbours(session, context, told)
        made = [
            _description(key, told[key], near[key], known, changed[key].last_reported_at)
            for key in sorted(told)
        ]
        # Whoever changes stories updates many at a time, in an order of its own.
        locks.serialise(session, apply_plan.LOCK)
        descriptions.save(session, made, changed)
        descriptions.pass_over(session, sorted(changed.keys() - told.keys()), changed)
        stamp = apply_plan.stamp(session, context.clock(), "describe", context.run_id)
        apply_plan.settle(session, sorted(changed), stamp)
    return len(changed)


def _known(
    session: Session, members: Mapping[str, Sequence[int]], lexicon: Lexicon, now: datetime
) -> Known:
    ids = [key for found in members.values() for key in found]
    return Known(
        originals=copies.originals(session, ids),
        outlets=descriptions.outlets(session),
        lexicon=lexicon,
        gazetteer=_gazetteer(session, now),
        reported_at=articles.reported_at(session, ids),
    )


def _gazetteer(session: Session, now: datetime) -> Gazetteer:
    """The gazetteer of the latest articles; it is made anew from time to time."""
    found = gazetteers.latest(session, since=now - GAZETTEER_AGE)
    if found is None:
        ids = articles.latest(session, limit=WINDOW)
        found = Gazetteer.of_window(articles.leads(session, ids))
        gazetteers.save(session, found, now=now)
    return found


def _load(
    session: Session, context: Context, members: Mapping[str, Sequence[int]], known: Known
) -> dict[str, Told]:
    encoder = context.encoder()
    ids = sorted(key for found in members.values() for key in found)
    model = vectors.model_id(session, encoder.model, encoder.dimensions)
    values = vectors.load(session, model, encoder.model, ids)
    by_id = {int(article.id): article for article in articles.load(session, ids)}
    row_of = {key: row for row, key in enumerate(ids)}
    told = {}
    for story, keys in members.items():
        found, mine = [by_id[key] for key in keys], values[[row_of[key] for key in keys]]
        told[story] = Told(found, mine, headline(found, mine, known.originals))
    return told


def _neighbours(
    session: Session, context: Context, told: Mapping[str, Told]
) -> dict[str, list[Article]]:
    """The articles of other stories that are nearest to each story's headline."""
    encoder = context.encoder()
    model = vectors.model_id(session, encoder.model, encoder.dimensions)
    reach = timedelta(days=context.settings.storylines.span_days)
    near = {}
    for key, story in told.items():
        own = {int(article.id) for article in story.articles}
        count = min(len(own), OWN) + NEIGHBOURS
        best = [int(story.best.id)]
        near[key] = vectors.nearest(session, model, best, count=count, window=reach) - own
    loaded = {
        int(article.id): article
        for article in articles.leads(session, {each for ids in near.values() for each in ids})
    }
    return {key: [loaded[each] for each in sorted(ids)] for key, ids in near.items()}


def _description(
    story_id: str,
    story: Told,
    near: Sequence[Article],
    known: Known,
    last_reported_at: datetime,
) -> Description:
    counted = coverage(story.articles, known.originals, known.outlets.families)
    details = _details(story, known, counted.independent, last_reported_at)
    own = [each for each in story.articles if each.id not in known.originals] or story.articles
    return Description(
        story_id=story_id,
        slug=slug(story.best.title),
        headline=story.best.title,
        headline_article_id=int(story.best.id),
        keywords=keywords(own, known.lexicon, neighbours=near),
        articles=len(story.articles),
        coverage=counted,
        details=details,
    )


def _details(story: Told, known: Known, independent: int, last_reported_at: datetime) -> Details:
    found, reprints = story.articles, known.originals
    rows = _timed(found)
    at = [known.reported_at[int(found[row].id)] for row in rows]
    timed = [found[row] for row in rows]
    reports = [
        Report(each.outlet, moment, each.id in reprints)
        for each, moment in zip(timed, at, strict=True)
    ]
    speed = pace(reports)
    haste = speed.outlets_per_hour if speed else 0.0
    return Details(
        summary=tuple(summary(found, known.lexicon, reprints, story.best.lang)),
        entities=tuple(entities(found, known.gazetteer, reprints, known.outlets.names)),
        developments=tuple(developments(timed, story.vectors[rows], at, reprints)),
        pace=speed,
        delays=tuple(delays(reports)),
        rank=rank(independent, last_reported_at, haste),
    )


def _timed(found: Sequence[Article]) -> list[int]:
    """The rows of articles with a trusted date; all where none has one and arrival must do."""
    dated = [row for row, each in enumerate(found) if each.published is not None]
    return dated or list(range(len(found)))
