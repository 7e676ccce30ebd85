"""Hysteresis: stable articles change stories only for a clear improvement.

Regrouping a window with a few new articles changes groups slightly everywhere, and readers follow
links to existing stories. So clustering decides freely about new articles, but stable articles
stay together as long as they meet the quorum.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.grouping.quorum import UnitScores, split_to_quorum
from service.settings.grouping import HysteresisSettings

#: Story number of a row, or unit, that is not stable.
UNSTABLE = -1


@dataclass(frozen=True, slots=True)
class StableStories:
    """The story number of each row, or unit; `UNSTABLE` for those that are not stable."""

    stories: Rows
    settings: HysteresisSettings

    @classmethod
    def select(
        cls,
        stories: Iterable[str | None],
        ages: Floats,
        window_size: int,
        settings: HysteresisSettings,
    ) -> Self:
        """Select the rows that are stable.

        `stories` are the current stories of the rows, `ages` the hours since each article arrived,
        `window_size` the number of articles in the window.
        """
        numbers: dict[str, int] = {}
        numbered = np.array(
            [
                UNSTABLE if story is None else numbers.setdefault(story, len(numbers))
                for story in stories
            ],
            dtype=np.int64,
        )
        recent = ages <= settings.min_age_hours
        large_enough = window_size >= settings.min_window_articles
        numbered[recent if large_enough else slice(None)] = UNSTABLE
        return cls(numbered, settings)

    def subset(self, rows: Rows) -> Self:
        """Select rows, in the given order."""
        return replace(self, stories=self.stories[rows])

    def by_unit(self, members: list[list[int]]) -> Self:
        """The story of each unit: the most frequent one of its stable rows; ties go to the first."""
        stories = np.full(len(members), UNSTABLE, dtype=np.int64)
        for unit, rows in enumerate(members):
            stable = self.stories[rows]
            stable = stable[stable != UNSTABLE]
            if len(stable):
                numbers, counts = np.unique(stable, return_counts=True)
                stories[unit] = numbers[np.argmax(counts)]
        return replace(self, stories=stories)


def chain_pairs(stories: Rows) -> Rows:
    """Pairs that connect the stable units of each story in a chain, shape (m, 2)."""
    chains = [
        link
        for story in np.unique(stories[stories != UNSTABLE])
        for link in pairwise(np.flatnonzero(stories == story).tolist())
    ]
    return np.array(chains, dtype=np.int64).reshape(-1, 2)


def apply_hysteresis(
    proposed: list[Rows], units: UnitScores, stable: StableStories, *, quorum: float
) -> list[Rows]:
    """Adjust proposed groups of units so that stable stories stay together.

    The stable units of a story form a block while its parts meet the quorum with each other,
    whichever groups they were proposed for. A block goes to the group that most of it was proposed
    for. Blocks of one group merge only above `merge_score`, and unstable units join the nearest
    block only above `join_score`. Every resulting group meets the quorum. Deterministic; without
    stable units the proposal is returned unchanged.
    """
    stories = stable.stories
    if (stories == UNSTABLE).all():
        return proposed
    group_of = np.empty(len(units), dtype=np.int64)
    for number, members in enumerate(proposed):
        group_of[members] = number
    blocks: dict[int, list[Rows]] = {}
    for story in np.unique(stories[stories != UNSTABLE]):
        members = np.flatnonzero(stories == story)
        parts = [members[group_of[members] == number] for number in np.unique(group_of[members])]
        for merged in _merge_nearest(parts, units, quorum):
            for block in _enforce_quorum(merged, units, quorum):
                weights = np.bincount(group_of[block], weights=units.sizes[block])
                blocks.setdefault(int(np.argmax(weights)), []).append(block)
    groups = [
        group
        for number, members in enumerate(proposed)
        for group in _attach_arrivals(
            blocks.get(number, []), members[stories[members] == UNSTABLE], units, stable.settings
        )
    ]
    return [part for group in groups for part in _enforce_quorum(group, units, quorum)]


def _attach_arrivals(
    blocks: list[Rows], arrivals: Rows, units: UnitScores, settings: HysteresisSettings
) -> list[Rows]:
    """Groups formed of the blocks and the unstable units of one proposed group."""
    groups = _merge_nearest(blocks, units, settings.merge_score)
    if not groups:
        return [arrivals] if len(arrivals) else []
    unassigned = list(arrivals)
    while unassigned:
        singles = [np.array([unit]) for unit in unassigned]
        scores = units.mean_scores_between([*groups, *singles])[len(groups) :, : len(groups)]
        first, best = np.unravel_index(int(np.argmax(scores)), scores.shape)
        if scores[first, best] < settings.join_score:
            break
        groups[best] = np.append(groups[best], unassigned.pop(int(first)))
    return [*groups, np.array(unassigned)] if unassigned else groups


def _merge_nearest(parts: list[Rows], units: UnitScores, min_score: float) -> list[Rows]:
    """Merge parts two by two, nearest first, while their mean pair score is at least this."""
    parts = list(parts)
    while len(parts) > 1:
        means = units.mean_scores_between(parts)
        means[np.tril_indices(len(parts))] = -1
        first, second = np.unravel_index(int(np.argmax(means)), means.shape)
        if means[first, second] < min_score:
            break
        parts[first] = np.concatenate([parts[first], parts.pop(int(second))])
    return parts


def _enforce_quorum(group: Rows, units: UnitScores, quorum: float) -> list[Rows]:
    """The group itself if it meets the quorum, else the parts of it that do."""
    group = np.sort(group)
    members = units.subset(group)
    if len(group) == 1 or members.meets_quorum(quorum):
        return [group]
    return [group[part] for part in split_to_quorum(members, quorum)]
