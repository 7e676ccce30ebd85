"""Job `link`: link related stories into storylines, without merging them."""

from datetime import timedelta

import numpy as np

from jobs.running.context import Context, Counts
from service.domain.grouping.lineage import plan_update
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.stories.keywords import extract_keywords
from service.domain.stories.storylines import StoryProfiles, link_storylines
from service.store.articles import articles, vectors
from service.store.database import locks
from service.store.stories import apply_plan, descriptions, stories, vocabularies

#: Maximum number of stories per run, the latest ones; bounds the duration.
MAX_STORIES = 4000
#: Keywords in a storyline's title.
TITLE_KEYWORDS = 4


def link(context: Context) -> Counts:
    """Link the latest stories with several articles; a growing storyline keeps its id."""
    since = context.clock() - timedelta(days=context.settings.storylines.span_days)
    with context.sessions.begin() as session:
        if not descriptions.find_linkable_stories(session, since=since, limit=1):
            return {}
    encoder = context.encoder()  # before the lock: loading takes seconds
    with context.sessions.begin() as session:
        locks.lock_until_commit(session, apply_plan.LOCK)
        latest = descriptions.find_linkable_stories(session, since=since, limit=MAX_STORIES)
        vocabulary = vocabularies.latest(session, encoder.model)
        if not latest or vocabulary is None:
            return {}
        members = stories.members(session, latest)
        ids = [key for keys in members.values() for key in keys]
        loaded = {int(article.id): article for article in articles.load(session, ids)}
        model_id = vectors.ensure_model(session, encoder.model, encoder.dimensions)
        values = vectors.load(session, model_id, encoder.model, list(loaded))
        tokenised = TokenisedArticles.build(list(loaded.values()), values)
        row_of = {key: row for row, key in enumerate(loaded)}
        rows = [np.array([row_of[key] for key in keys]) for keys in members.values()]
        features = Features.build(tokenised, vocabulary)
        profiles = StoryProfiles.from_features(list(members), rows, features)
        groups = link_storylines(profiles, context.settings.storylines)

        existing = descriptions.load_storylines(session)
        storyline_ids = {str(story): line.id for line in existing for story in line.members}
        opened = plan_update(existing, groups).opened
        storyline_ids |= {str(membership.article): membership.story for membership in opened}
        storyline_of = {story: storyline_ids[story] for group in groups for story in group}
        titles = {}
        for group in groups:
            group_articles = [loaded[key] for story in group for key in members[story]]
            keywords = extract_keywords(group_articles, vocabulary, TITLE_KEYWORDS)
            titles[storyline_of[group[0]]] = ", ".join(keywords)

        descriptions.save_storylines(session, titles, now=context.clock())
        descriptions.assign_storylines(
            session, {story: storyline_of.get(story) for story in latest}
        )
        lines = descriptions.load_storylines(session)
        linked = {str(story) for line in lines if line.id in titles for story in line.members}
        stamp = apply_plan.new_stamp(session, context.clock(), "link", context.run_id)
        apply_plan.refresh_derived(session, linked.union(latest), stamp)
    return {"storylines": len(groups), "linked": sum(map(len, groups))}
