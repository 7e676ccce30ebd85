"""What placements mean for the stories: each with its arrivals, and the new ones."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from service.domain.articles.model import ArticleId
from service.domain.grouping.lineage import KnownStory
from service.domain.grouping.place import Placement


def grown(known: Iterable[KnownStory], placements: Iterable[Placement]) -> list[set[ArticleId]]:
    """The groups after placing, for `lineage.plan_update`: known stories that grew, and new ones."""
    members = {story.id: story.members for story in known}
    groups: dict[ArticleId, set[ArticleId]] = {}
    for placement in placements:
        if placement.story is not None:
            key: ArticleId = placement.story
            groups.setdefault(key, set(members[placement.story])).add(placement.article)
        else:
            key = placement.article if placement.founder is None else placement.founder
            groups.setdefault(key, set()).add(placement.article)
    return list(groups.values())


def affected(
    groups: Iterable[Sequence[ArticleId]],
    new: Collection[ArticleId],
    home: Mapping[Any, str],
) -> list[Sequence[ArticleId]]:
    """The groups that new articles have to do with: those they are in, and all that share a story.

    Only these may change stories. Where nothing new came, stories stay as they are, though the
    edge of the window, or new weights of words, would group them differently now.
    """
    found = [tuple(group) for group in groups]
    fresh = [group for group in found if any(key in new for key in group)]
    homes = {home[key] for group in fresh for key in group if key in home}
    return [group for group in found if any(key in new or home.get(key) in homes for key in group)]
