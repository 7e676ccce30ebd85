"""Job `link`: storylines, round-ups, and the surroundings of the latest stories.

It links related stories into storylines, and round-ups to the stories they mention. It places the
stories of the day on the map, and finds the outlets that do not report them.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.domain.articles.model import Article, Vectors
from service.domain.grouping.lineage import plan_update
from service.domain.grouping.story_changes import ExistingStory
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.vocabulary import Vocabulary
from service.domain.stories.missing_coverage import find_absent
from service.domain.stories.roundup_mentions import find_roundup_mentions
from service.domain.stories.story_map import project
from service.domain.stories.storylines import StoryProfiles, link_storylines
from service.domain.stories.wording.storyline_names import name_storyline
from service.store.articles import articles, vectors
from service.store.database import locks
from service.store.stories import (
    apply_plan,
    descriptions,
    mentions,
    stories,
    surroundings,
    vocabularies,
)
from service.store.stories.surroundings import Surroundings

#: Maximum number of stories per run, the latest ones; bounds the duration.
MAX_STORIES = 4000
#: Round-ups are compared with stories for this time after their publication.
ROUNDUP_SPAN = timedelta(days=1)
#: The map shows the stories of several outlets of this time before the latest report, but at least
#: and at most this number of stories.
MAP_SPAN, MIN_ON_MAP, MAX_ON_MAP = timedelta(days=1), 30, 80
#: Stories whose absent outlets are stored, the latest ones.
MAX_WITH_SURROUNDINGS = 500
#: An outlet without an article in this time before the latest report is not absent: its feed may
#: have failed.
RECENT_SPAN = timedelta(days=2)
#: Maximum number of round-ups per run, the latest ones.
MAX_ROUNDUPS = 100
#: A round-up is compared with the reports from this time before it to this time after it.
MENTION_SPAN = timedelta(hours=36)
#: Maximum number of reports of a story that a round-up is compared with.
MAX_REPORTS = 5


def link(context: Context) -> Counts:
    """Link the latest stories with several articles; a growing storyline keeps its id.

    Round-ups of the last day are linked to those of the stories that they mention.
    """
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
        profiles = _build_profiles(members, loaded, values, vocabulary)
        groups = link_storylines(profiles, context.settings.storylines)

        storyline_of = _assign_storylines(descriptions.load_storylines(session), groups)
        titles = {}
        for group in groups:
            group_articles = [[loaded[key] for key in members[story]] for story in group]
            titles[storyline_of[group[0]]] = name_storyline(group_articles, vocabulary)

        descriptions.save_storylines(session, titles, now=context.clock())
        descriptions.assign_storylines(
            session, {story: storyline_of.get(story) for story in latest}
        )
        lines = descriptions.load_storylines(session)
        linked = {str(story) for line in lines if line.id in titles for story in line.members}
        stamp = apply_plan.new_stamp(session, context.clock(), "link", context.run_id)
        apply_plan.refresh_derived(session, linked.union(latest), stamp)
    with context.sessions.begin() as session:  # without the lock: no story row changes
        mentioned = _link_roundups(session, context, members, loaded, vocabulary)
        _update_surroundings(session, members, loaded, profiles)
    return {
        "storylines": len(groups),
        "linked": sum(map(len, groups)),
        **({"mentions": mentioned} if mentioned else {}),
    }


def _assign_storylines(
    existing: Sequence[ExistingStory], groups: Sequence[Collection[str]]
) -> dict[str, str]:
    """The storyline of each grouped story.

    Storylines continue by the rules of `plan_update`: its articles are stories here, and its
    stories storylines.
    """
    storylines = {str(story): line.id for line in existing for story in line.members}
    started = plan_update(existing, groups).started
    storylines |= {str(membership.article): membership.story for membership in started}
    return {story: storylines[story] for group in groups for story in group}


def _update_surroundings(
    session: Session,
    members: Mapping[str, Sequence[int]],
    loaded: Mapping[int, Article],
    profiles: StoryProfiles,
) -> None:
    """Store the map of the latest stories, and the outlets that do not report them."""
    reported_at = articles.load_report_times(session, loaded)
    last = {story: max(reported_at[key] for key in keys) for story, keys in members.items()}
    outlets = {
        story: frozenset(loaded[key].outlet for key in keys) for story, keys in members.items()
    }
    shared = [story for story in members if len(outlets[story]) > 1]
    latest = sorted(shared, key=lambda story: last[story], reverse=True)
    if not latest:
        return
    day = [story for story in latest if last[latest[0]] - last[story] <= MAP_SPAN]
    shown = latest[: max(len(day), MIN_ON_MAP)][:MAX_ON_MAP]
    row_of = {story: row for row, story in enumerate(profiles.stories)}
    places = project(profiles.centroids.values[[row_of[story] for story in shown]])
    active = surroundings.find_active_outlets(session, since=last[latest[0]] - RECENT_SPAN)
    absent = find_absent(outlets, latest[:MAX_WITH_SURROUNDINGS], active)
    place_of = {
        story: (round(float(x), 4), round(float(y), 4))
        for story, (x, y) in zip(shown, places, strict=True)
    }
    surroundings.replace_surroundings(
        session,
        {story: Surroundings(place_of.get(story), names) for story, names in absent.items()},
    )


def _build_profiles(
    members: Mapping[str, Sequence[int]],
    loaded: Mapping[int, Article],
    values: Vectors,
    vocabulary: Vocabulary,
) -> StoryProfiles:
    """Average the features of each story's reports; `values` are in the order of `loaded`.

    Other types, such as live pages about several events, count only in a story without a report.
    """
    tokenised = TokenisedArticles.build(list(loaded.values()), values)
    row_of = {key: row for row, key in enumerate(loaded)}
    reports_or_all = (
        [key for key in keys if loaded[key].type.is_independent_report] or keys
        for keys in members.values()
    )
    rows = [np.array([row_of[key] for key in keys]) for keys in reports_or_all]
    features = Features.build(tokenised, vocabulary)
    return StoryProfiles.from_features(list(members), rows, features)


def _link_roundups(
    session: Session,
    context: Context,
    members: Mapping[str, Sequence[int]],
    loaded: Mapping[int, Article],
    vocabulary: Vocabulary,
) -> int:
    """Link recent round-ups to the stories that they mention; returns the number of links."""
    since = context.clock() - ROUNDUP_SPAN
    roundups = articles.load(
        session, mentions.find_roundups(session, since=since, limit=MAX_ROUNDUPS)
    )
    reported_at = articles.load_report_times(session, [*loaded, *(int(a.id) for a in roundups)])
    mentioned = {}
    for roundup in roundups:
        at = reported_at[int(roundup.id)]
        near = {
            story: [loaded[key] for key in keys if abs(reported_at[key] - at) <= MENTION_SPAN]
            for story, keys in members.items()
        }
        candidates = {story: near[story][:MAX_REPORTS] for story in near if near[story]}
        new_mentions = find_roundup_mentions([roundup], candidates, vocabulary)[roundup.id]
        mentioned[int(roundup.id)] = {each.story for each in new_mentions}
    mentions.replace_mentions(session, mentioned)
    return sum(map(len, mentioned.values()))
