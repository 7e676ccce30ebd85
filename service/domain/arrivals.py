"""What placements mean for the stories: each with its arrivals, and the new ones."""

from collections.abc import Iterable

from service.domain.articles import ArticleId
from service.domain.lineage import KnownStory
from service.domain.placing import Placement


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
