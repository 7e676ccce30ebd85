"""The groups that new articles change, after a run of place or of reconcile."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from service.domain.articles.model import ArticleId
from service.domain.grouping.place import Placement
from service.domain.grouping.story_changes import ExistingStory


def groups_with_placements(
    stories: Iterable[ExistingStory], placements: Iterable[Placement]
) -> list[set[ArticleId]]:
    """Return a group for each story that got an article, and for each new story.

    `lineage.plan_update` matches the groups with the stories.
    """
    members = {story.id: story.members for story in stories}
    groups: dict[ArticleId, set[ArticleId]] = {}
    for placement in placements:
        if placement.story is not None:
            key: ArticleId = placement.story
            groups.setdefault(key, set(members[placement.story])).add(placement.article)
        else:
            key = placement.article if placement.founder is None else placement.founder
            groups.setdefault(key, set()).add(placement.article)
    return list(groups.values())


def select_affected_groups(
    groups: Iterable[Sequence[ArticleId]],
    new: Collection[ArticleId],
    story_of: Mapping[Any, str],
) -> list[Sequence[ArticleId]]:
    """Groups that contain a new article, and groups that share a story with such a group.

    Only these may change stories. All other stories stay as they are, even if a shifted window or
    new word weights would group them differently.
    """
    candidates = [tuple(group) for group in groups]
    grown = [group for group in candidates if any(key in new for key in group)]
    stories = {story_of[key] for group in grown for key in group if key in story_of}
    return [
        group
        for group in candidates
        if any(key in new or story_of.get(key) in stories for key in group)
    ]
