"""Job `place`: add each new article to an existing story, or start a new story with it."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.copies import find_copies
from service.domain.articles.model import ArticleId
from service.domain.grouping import evidence
from service.domain.grouping.affected import groups_with_placements
from service.domain.grouping.lineage import plan_update
from service.domain.grouping.place import place as place_articles
from service.domain.pairs.features import window_vocabulary
from service.domain.pairs.vocabulary import Vocabulary
from service.store.articles import (
    articles,
    candidates,
    copies,
    model_choices,
    types,
    vectors,
)
from service.store.database import locks
from service.store.editing import marks
from service.store.stories import apply_plan, constraints, stories, vocabularies
from service.telemetry import process, tracing

#: Articles placed per transaction.
BATCH = 200


def place(context: Context) -> Counts:
    """Place all articles that have a vector and no story; revised articles keep their story.

    No article joins a locked story. Hidden articles and round-ups are not placed.
    """
    with context.sessions.begin() as session:
        waiting = len(articles.find_in_stage(session, "admitted"))
    total: Counter[str] = Counter()
    while waiting and not context.stop_requested():
        encoder, reach = context.encoder(), context.settings.window.reach
        with context.sessions.begin() as session:
            locks.lock_until_commit(session, apply_plan.LOCK)
            if not model_choices.is_in_use(session, encoder.model):
                break  # replaced since the start of the run; the next run uses the new model
            model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
            batch = vectors.find_unplaced(session, model_id, limit=BATCH)
            if not batch:
                break
            loaded = articles.load(session, list(batch))
            vocabulary = vocabularies.latest(session, encoder.model)
            if vocabulary is None:  # before the first reconcile under this embedding model
                values = vectors.load(session, model_id, encoder.model, [int(a.id) for a in loaded])
                vocabulary = window_vocabulary(loaded, values)
                vocabularies.save(session, vocabulary, now=context.clock())
            candidates.index_rare_words(session, loaded, vocabulary)
            excluded = set(stories.story_of(session, batch))
            excluded |= marks.find_hidden_articles(session, batch)
            excluded |= types.find_storyless(session, batch)
            arrivals = {key: at for key, at in batch.items() if key not in excluded}
            members = candidates.find_joinable_members(
                session, model_id, arrivals, limits=context.settings.candidates, reach=reach
            )
            counts = _place_arrivals(
                session, context, arrivals, members, model_id=model_id, vocabulary=vocabulary
            )
            _update_report_times(session, context, batch)
            articles.advance_stage(session, batch, before="admitted", after="placed")
            lags = articles.measure_lags(session, arrivals, now=context.clock())
        tracing.record_step("place", arrivals)
        for lag in lags:
            process.STORY_LAG.observe(lag.to_story)
            if lag.to_fetch is not None:
                process.PUBLICATION_LAG.observe(lag.to_fetch)
        total.update({"articles": len(batch), **counts})
        context.progress("place", total["articles"], max(waiting, total["articles"]))
    return total


def _update_report_times(session: Session, context: Context, batch: Collection[int]) -> None:
    """Update the stories of articles whose date arrived after they were placed."""
    story_ids = set(stories.story_of(session, batch).values())
    if changed := stories.find_with_changed_dates(session, story_ids):
        stamp = apply_plan.new_stamp(session, context.clock(), "place", context.run_id)
        stories.mark_changed(session, changed, stamp)
        apply_plan.refresh_derived(session, changed, stamp)


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
        groups_with_placements(existing, placements),
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
    placed = dict[ArticleId, str](stories.story_of(session, ids).items())
    all_copies = find_copies(loaded, context.settings.copies, placed)
    new_copies = [copy for copy in all_copies if copy.article in arrivals]
    copies.replace_copies(session, list(arrivals), new_copies, at=stamp.now)
    return counts
