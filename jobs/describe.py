"""Job `describe`: regenerate the descriptions of changed stories, and their missing coverage.

A description has headline, keywords, summary, pace, rank, agencies and entities.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.agency_credits import AgencyNames
from service.domain.articles.model import Article, ArticleId
from service.domain.stories.description import DescriptionContext, StoryContent, describe_story
from service.domain.stories.wording.headline import choose_headline_article
from service.embed.sentences import CachedSentences
from service.plugins.entities import load_recogniser
from service.store.articles import articles, copies, vectors
from service.store.counts.stored_missing import update_stored_missing
from service.store.database import locks
from service.store.stories import apply_plan, descriptions, gazetteers, stories, vocabularies

#: Maximum number of stories described in one transaction.
BATCH = 200
#: Number of nearest articles of other stories that keywords are contrasted with.
NEIGHBOURS = 16
#: The nearest articles include those of the story itself. The neighbour search returns up to this
#: many more, so that enough articles of other stories remain.
MAX_OWN_ARTICLES = 60

#: Stories whose missing coverage is stored in one transaction, and in one run.
MISSING_BATCH, MAX_MISSING = 10, 100


def describe(context: Context) -> Counts:
    """Describe all stories that changed since their last description."""
    done = 0
    recognise = load_recogniser(context.settings.entities.plugin)
    while not context.stop_requested() and _wait_for_reconcile(context):
        with context.sessions.begin() as session:
            stale = descriptions.load_stale(session, limit=BATCH)
            vocabulary = vocabularies.latest(session)
            if not stale or vocabulary is None:
                break
            members = stories.members(session, stale)
            article_ids = [key for ids in members.values() for key in ids]
            outlets = descriptions.load_outlet_index(session)
            shared = DescriptionContext(
                original_of=copies.load_originals(session, article_ids),
                families=outlets.families,
                outlet_names=outlets.names,
                agency_names=AgencyNames(outlets.names, outlets.agencies),
                vocabulary=vocabulary,
                gazetteer=gazetteers.load_or_rebuild(session, now=context.clock()),
                reported_at=dict[ArticleId, datetime](
                    articles.load_report_times(session, article_ids).items()
                ),
                encode=CachedSentences(context.encoder(), context.settings.embed.languages),
                recognise=recognise,
            )
            contents = _load_contents(session, context, members, shared.original_of)
            neighbours = _load_neighbours(session, context, contents)
            described = [
                describe_story(key, story, neighbours[key], shared, stale[key].last_reported_at)
                for key, story in sorted(contents.items())
            ]
            # Other writers update many stories in a different order; the lock prevents deadlocks.
            locks.lock_until_commit(session, apply_plan.LOCK)
            descriptions.save(session, described, stale)
            descriptions.mark_described(session, sorted(stale.keys() - contents.keys()), stale)
            stamp = apply_plan.new_stamp(session, context.clock(), "describe", context.run_id)
            apply_plan.refresh_derived(session, sorted(stale), stamp)
        done += len(stale)
        context.progress("describe", done, done)
    counts = {"stories": done, "missing_coverage": _store_missing_coverage(context)}
    return {name: count for name, count in counts.items() if count}


def _wait_for_reconcile(context: Context) -> bool:
    """Wait for a running reconcile; returns whether to describe stories.

    While reconcile runs, descriptions could not be saved, and both would need memory.
    """
    with context.sessions.begin() as session:
        if not descriptions.load_stale(session, limit=1):
            return False
        locks.lock_until_commit(session, apply_plan.LOCK)
    return not context.stop_requested()


def _store_missing_coverage(context: Context) -> int:
    """Store the missing coverage of due stories; the rest is stored by the next runs."""
    done = 0
    while done < MAX_MISSING and not context.stop_requested():
        with context.sessions.begin() as session:
            stored = update_stored_missing(session, limit=MISSING_BATCH)
        done += stored
        if stored < MISSING_BATCH:
            break
    return done


def _load_contents(
    session: Session,
    context: Context,
    members: Mapping[str, Sequence[int]],
    copies: Collection[ArticleId],
) -> dict[str, StoryContent]:
    """Load each story's articles and vectors, and choose its headline article."""
    encoder = context.encoder()
    article_ids = sorted(key for ids in members.values() for key in ids)
    model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
    values = vectors.load(session, model_id, encoder.model, article_ids)
    article_by_id = {int(article.id): article for article in articles.load(session, article_ids)}
    row_of = {key: row for row, key in enumerate(article_ids)}
    contents = {}
    for story, ids in members.items():
        own = [article_by_id[key] for key in ids]
        own_values = values[[row_of[key] for key in ids]]
        headline_article = choose_headline_article(own, own_values, copies)
        contents[story] = StoryContent(own, own_values, headline_article)
    return contents


def _load_neighbours(
    session: Session, context: Context, contents: Mapping[str, StoryContent]
) -> dict[str, list[Article]]:
    """Load the articles of other stories nearest to each story's headline article."""
    encoder = context.encoder()
    model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
    window = timedelta(days=context.settings.storylines.span_days)
    near: dict[str, set[int]] = {}
    for key, story in contents.items():
        own = {int(article.id) for article in story.articles}
        count = min(len(own), MAX_OWN_ARTICLES) + NEIGHBOURS
        headline_id = int(story.headline_article.id)
        near[key] = (
            vectors.find_nearest(session, model_id, [headline_id], count=count, window=window) - own
        )
    leads = articles.load_leads(session, {each for ids in near.values() for each in ids})
    article_by_id = {int(article.id): article for article in leads}
    return {key: [article_by_id[each] for each in sorted(ids)] for key, ids in near.items()}
