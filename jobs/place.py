"""Job `place`: add each new article to an existing story, or start a new story with it."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.copies import find_copies
from service.domain.articles.tokenization import lead_words
from service.domain.grouping import evidence
from service.domain.grouping.lineage import plan_update
from service.domain.grouping.place import place as place_articles
from service.domain.pairs.features import window_vocabulary
from service.domain.pairs.vocabulary import Vocabulary, rarest_keys
from service.domain.stories.arrivals import group_after_placement
from service.store.articles import articles, candidates, copies, vectors
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, stories, vocabularies

#: Articles placed per transaction.
BATCH = 200


def place(context: Context) -> Counts:
    """Place all articles that have a vector and no story; revised articles keep their story.

    No article joins a locked story, and hidden articles are not placed.
    """
    with context.sessions.begin() as session:
        waiting = len(articles.find_in_stage(session, "admitted"))
    total: dict[str, int] = {}
    while waiting and not context.stop_requested() and (counts := _place_batch(context)):
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
        context.progress("place", total["articles"], max(waiting, total["articles"]))
    return total


def _place_batch(context: Context) -> dict[str, int]:
    """Place one batch in one transaction; returns no counts if no article is waiting."""
    encoder, settings = context.encoder(), context.settings
    reach = settings.window.reach
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        batch = vectors.find_unplaced(session, model_id, limit=BATCH)
        if not batch:
            return {}
        vocabulary = _index_rare_words(session, context, model_id, batch)
        excluded = stories.story_of(session, batch).keys() | marks.find_hidden_articles(
            session, batch
        )
        arrivals = {key: at for key, at in batch.items() if key not in excluded}

        # The original of a copy is among the nearest vectors.
        near = vectors.find_nearest(
            session, model_id, arrivals, count=settings.candidates.neighbours, window=reach
        )
        limit = settings.candidates.shared_words
        for key, words in articles.load_word_keys(session, arrivals).items():
            near |= candidates.find_articles_with_shared_words(
                session, words, arrivals[key], reach=reach, limit=limit
            )
        near_stories = set(stories.story_of(session, near).values())
        near_stories -= marks.find_locked_stories(session, near_stories)
        members = candidates.find_members_within(
            session, near_stories, arrivals.values(), reach=reach
        )

        counts = _place_arrivals(
            session, context, arrivals, members, model_id=model_id, vocabulary=vocabulary
        )
        articles.advance_stage(session, batch, before="admitted", after="placed")
    return {"articles": len(batch), **counts}


def _index_rare_words(
    session: Session, context: Context, model_id: int, ids: Collection[int]
) -> Vocabulary:
    """Store the rare words of new articles, by which later articles find them as candidates.

    Returns the current vocabulary. Before the first reconcile under a model it is built from these
    articles.
    """
    tag = context.encoder().model
    loaded = articles.load(session, list(ids))
    vocabulary = vocabularies.latest(session, tag)
    if vocabulary is None:
        values = vectors.load(session, model_id, tag, [int(article.id) for article in loaded])
        vocabulary = window_vocabulary(loaded, values)
        vocabularies.save(session, vocabulary, now=context.clock())
    keys = {
        int(article.id): rarest_keys(lead_words(article), vocabulary, candidates.STORED_KEYS)
        for article in loaded
    }
    articles.save_word_keys(session, keys)
    return vocabulary


def _place_arrivals(
    session: Session,
    context: Context,
    arrivals: Mapping[int, datetime],
    members: Collection[int],
    *,
    model_id: int,
    vocabulary: Vocabulary,
) -> Counts:
    """Decide the story of each arrival among these members, and write the changes."""
    ids = sorted({*members, *arrivals})
    loaded = articles.load(session, ids)
    story_of = stories.story_of(session, members)
    placements = place_articles(
        loaded,
        vectors.load(session, model_id, context.encoder().model, ids),
        [story_of.get(int(article.id)) for article in loaded],
        vocabulary=vocabulary,
        model=context.pair_model,
        settings=context.settings.grouping,
        constraints=constraints.load_constraints(session, {int(each.id) for each in loaded}),
    )
    existing = stories.load_stories(session, story_of.values())
    plan = plan_update(
        existing,
        group_after_placement(existing, placements),
        is_taken=lambda key: stories.is_taken(session, key),
    )
    now = context.clock()
    stamp = apply_plan.new_stamp(session, now, "place", context.run_id)
    counts = apply_plan.apply_plan(
        session,
        plan,
        stamp,
        reported_at=arrivals,
        quiet_since=context.settings.lifecycle.quiet_since(now),
        reasons={each.article: evidence.explain_placement(each) for each in placements},
    )
    all_copies = find_copies(loaded, context.settings.copies)
    new_copies = [copy for copy in all_copies if copy.article in arrivals]
    copies.replace_copies(session, list(arrivals), new_copies, at=stamp.now)
    return counts
