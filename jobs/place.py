"""The job `place`: each new article joins a story or starts one, soon after it came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.pairs.vocabularies import Vocabulary, rarest_keys
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.copies import find_copies
from service.domain.articles.model import Article, Vectors
from service.domain.articles.tokenization import lead_words
from service.domain.grouping import evidence
from service.domain.grouping.lineage import plan_update
from service.domain.grouping.place import place as decide
from service.domain.pairs.features import TokenisedArticles
from service.domain.stories.arrivals import groups_after_placement
from service.store.articles import articles, candidates, copies, vectors
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, stories, vocabularies

#: Articles placed in one transaction.
BATCH = 200


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A batch of articles to place, and all articles whose stories they may join."""

    moments: Mapping[int, datetime]  #: of the arrivals, by id
    articles: Sequence[Article]
    vectors: Vectors
    homes: Mapping[int, str]  #: the story of each article that has one
    vocabulary: Vocabulary


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
        vocabulary = _index(session, context, model, list(batch))
        homes = stories.story_of(session, batch)
        out = homes.keys() | marks.hidden_articles(session, batch)
        moments = {key: moment for key, moment in batch.items() if key not in out}
        arrivals = _gather(session, context, model, moments, vocabulary)
        counts = _settle(session, context, arrivals)
        articles.advance(session, batch, before="admitted", after="placed")
    return {"articles": len(batch), **counts}


def _index(session: Session, context: Context, model: int, ids: Sequence[int]) -> Vocabulary:
    """Write the rare words by which articles are found; the lexicon they are rare by."""
    loaded = articles.load(session, ids)
    vocabulary = vocabularies.latest(session, context.encoder().model)
    vocabulary = vocabulary or _first_lexicon(session, context, model, loaded)
    keys = {int(a.id): rarest_keys(lead_words(a), vocabulary, candidates.KEYS) for a in loaded}
    articles.set_word_keys(session, keys)
    return vocabulary


def _first_lexicon(
    session: Session, context: Context, model: int, loaded: Sequence[Article]
) -> Vocabulary:
    """Before the first reconcile under a model, what is usual is what is usual among the first arrivals."""
    tag = context.encoder().model
    values = vectors.load(session, model, tag, [int(article.id) for article in loaded])
    vocabulary = TokenisedArticles.build(loaded, values).vocabulary()
    vocabularies.save(session, vocabulary, now=context.clock())
    return vocabulary


def _gather(
    session: Session,
    context: Context,
    model: int,
    moments: Mapping[int, datetime],
    vocabulary: Vocabulary,
) -> Arrivals:
    """The arrivals with the members, within the window, of the stories they may join."""
    reach = context.settings.window.reach
    found = _candidates(session, context, model, moments)
    near_stories = set(stories.story_of(session, found).values())
    near_stories -= marks.locked_among(session, near_stories)
    within = candidates.members_within(session, near_stories, moments.values(), reach=reach)
    ids = sorted(within | moments.keys())
    return Arrivals(
        moments=moments,
        articles=articles.load(session, ids),
        vectors=vectors.load(session, model, context.encoder().model, ids),
        homes=stories.story_of(session, within),
        vocabulary=vocabulary,
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
            session, words, moments[key], reach=reach, limit=settings.shared_words
        )
    return found


def _settle(session: Session, context: Context, arrivals: Arrivals) -> Counts:
    """Decide for each arrival, and write what follows."""
    homes = [arrivals.homes.get(int(article.id)) for article in arrivals.articles]
    placements = decide(
        arrivals.articles,
        arrivals.vectors,
        homes,
        vocabulary=arrivals.vocabulary,
        model=context.pair_model,
        settings=context.settings.grouping,
        constraints=constraints.load_constraints(
            session, {int(each.id) for each in arrivals.articles}
        ),
    )
    known = stories.load_stories(session, arrivals.homes.values())
    plan = plan_update(
        known,
        groups_after_placement(known, placements),
        is_taken=lambda key: stories.is_taken(session, key),
    )
    now = context.clock()
    why = {placement.article: evidence.of_placement(placement) for placement in placements}
    stamp = apply_plan.new_stamp(session, now, "place", context.run_id)
    counts = apply_plan.apply_plan(
        session,
        plan,
        stamp,
        reported_at=arrivals.moments,
        quiet_since=context.settings.lifecycle.quiet_since(now),
        reasons=why,
    )
    reprints = find_copies(arrivals.articles, context.settings.copies)
    new = [copy for copy in reprints if copy.article in arrivals.moments]
    copies.replace(session, list(arrivals.moments), new, at=stamp.now)
    return counts
