"""The job `place`: each new article joins a story or starts one, soon after it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.copies import copies as find_copies
from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import lead_words
from service.domain.grouping import evidence
from service.domain.grouping.lineage import plan_update
from service.domain.grouping.place import place as decide
from service.domain.pairs.features import Readings
from service.domain.pairs.vocabulary import Lexicon, rarest_keys
from service.domain.stories.arrivals import grown
from service.store.articles import articles, candidates, copies, vectors
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, stories, vocabulary

#: Articles placed in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A batch of articles to place, and all articles whose stories they may join."""

    moments: Mapping[int, datetime]  #: of the arrivals, by id
    articles: Sequence[Article]
    vectors: Vectors
    homes: Mapping[int, str]  #: the story of each article that has one
    lexicon: Lexicon


def place(context: Context) -> Counts:
    """Place all articles that have a vector and no story; revised ones stay where they are.

    Nothing joins a story that an editor locked, and hidden articles are left alone.
    """
    with context.sessions.begin() as session:
        waiting = len(articles.in_stage(session, "admitted"))
    total: dict[str, int] = {}
    while waiting and not context.stopping() and (counts := _place_batch(context)):
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
        context.progress("place", total["articles"], max(waiting, total["articles"]))
    return total


def _place_batch(context: Context) -> dict[str, int]:
    encoder = context.encoder()
    with context.sessions.begin() as session:
        locks.serialise(session, apply_plan.LOCK)
        model = vectors.model_id(session, encoder.model, encoder.dimensions)
        batch = vectors.awaiting_place(session, model, limit=BATCH)
        if not batch:
            return {}
        lexicon = _index(session, context, model, list(batch))
        homes = stories.story_of(session, batch)
        out = homes.keys() | marks.hidden_articles(session, batch)
        moments = {key: moment for key, moment in batch.items() if key not in out}
        arrivals = _gather(session, context, model, moments, lexicon)
        counts = _settle(session, context, arrivals)
        articles.advance(session, batch, before="admitted", after="placed")
    return {"articles": len(batch), **counts}


def _index(session: Session, context: Context, model: int, ids: Sequence[int]) -> Lexicon:
    """Write the rare words by which articles are found; the lexicon they are rare by."""
    loaded = articles.load(session, ids)
    lexicon = vocabulary.latest(session, context.encoder().model)
    lexicon = lexicon or _first_lexicon(session, context, model, loaded)
    keys = {int(a.id): rarest_keys(lead_words(a), lexicon, candidates.KEYS) for a in loaded}
    articles.set_word_keys(session, keys)
    return lexicon


def _first_lexicon(
    session: Session, context: Context, model: int, loaded: Sequence[Article]
) -> Lexicon:
    """Before the first reconcile under a model, what is usual is what is usual among the first arrivals."""
    tag = context.encoder().model
    values = vectors.load(session, model, tag, [int(article.id) for article in loaded])
    lexicon = Readings.of(loaded, values).lexicon()
    vocabulary.save(session, lexicon, now=context.clock())
    return lexicon


def _gather(
    session: Session,
    context: Context,
    model: int,
    moments: Mapping[int, datetime],
    lexicon: Lexicon,
) -> Arrivals:
    """The arrivals with the members, within the window, of the stories they may join."""
    reach = context.settings.window.reach
    found = _candidates(session, context, model, moments)
    near_stories = set(stories.story_of(session, found).values())
    near_stories -= marks.locked(session, near_stories)
    within = candidates.members_within(session, near_stories, moments.values(), reach=reach)
    ids = sorted(within | moments.keys())
    return Arrivals(
        moments=moments,
        articles=articles.load(session, ids),
        vectors=vectors.load(session, model, context.encoder().model, ids),
        homes=stories.story_of(session, within),
        lexicon=lexicon,
    )


def _candidates(
    session: Session, context: Context, model: int, moments: Mapping[int, datetime]
) -> set[int]:
    """Nearest vectors, a copy's original among them, and sharers of rare words."""
    settings = context.settings.candidates
    reach = context.settings.window.reach
    found = vectors.nearest(session, model, moments, count=settings.neighbours, window=reach)
    for key, words in articles.word_keys(session, moments).items():
        found |= candidates.sharers(
            session, words, moments[key], reach=reach, limit=settings.sharing
        )
    return found


def _settle(session: Session, context: Context, arrivals: Arrivals) -> Counts:
    """Decide for each arrival, and write what follows."""
    homes = [arrivals.homes.get(int(article.id)) for article in arrivals.articles]
    placements = decide(
        arrivals.articles,
        arrivals.vectors,
        homes,
        lexicon=arrivals.lexicon,
        model=context.pair_model,
        settings=context.settings.grouping,
        constraints=constraints.active(session, {int(each.id) for each in arrivals.articles}),
    )
    known = stories.known(session, arrivals.homes.values())
    plan = plan_update(
        known, grown(known, placements), is_taken=lambda key: stories.is_taken(session, key)
    )
    now = context.clock()
    why = {placement.article: evidence.of_placement(placement) for placement in placements}
    stamp = apply_plan.stamp(session, now, "place", context.run_id)
    counts = apply_plan.apply(
        session,
        plan,
        stamp,
        reported_at=arrivals.moments,
        quiet_since=context.settings.life.quiet_since(now),
        reasons=why,
    )
    reprints = find_copies(arrivals.articles, context.settings.copies)
    new = [copy for copy in reprints if copy.article in arrivals.moments]
    copies.replace(session, list(arrivals.moments), new, at=stamp.now)
    return counts
