"""Order of a list in which the stories of one storyline stand together."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

Story = TypeVar("Story")


def keep_storylines_together(
    stories: Sequence[Story], group_of: Callable[[Story], Hashable | None]
) -> list[Story]:
    """Move each story behind the first story of its group; otherwise the order stays.

    A story without a group (None) keeps its place.
    """
    first: dict[Hashable, int] = {}
    positions = []
    for position, story in enumerate(stories):
        group = group_of(story)
        positions.append(position if group is None else first.setdefault(group, position))
    order = sorted(range(len(stories)), key=positions.__getitem__)
    return [stories[position] for position in order]
