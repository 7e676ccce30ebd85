"""What stood stays: settled articles leave or join others only for a good reason.

A window grouped anew, with a few articles more, comes out a little different everywhere. Readers
who followed a link yesterday should not pay for that. So the grouping may propose what it likes of
articles that just arrived; those that have settled keep their company as long as it holds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.grouping.quorum import UnitScores, split_to_quorum
from service.settings.grouping import HysteresisSettings

#: In place of a story: a row, or unit, that has not settled.
UNSTABLE = -1


@dataclass(frozen=True, slots=True)
class StableStories:
    """The story of each row, or unit, as a number; `UNSETTLED` where it has not settled."""

    stories: Rows
    settings: HysteresisSettings

    @classmethod
    def among(
        cls, homes: Iterable[str | None], ages: Floats, window: int, settings: HysteresisSettings
    ) -> Self:
        """The rows of `homes`, their stories, that are old enough.

        `ages` are the hours since each arrived; `window` is the number of articles that they
        were compared with.
        """
        numbers: dict[str, int] = {}
        stories = np.array(
            [
                UNSTABLE if home is None else numbers.setdefault(home, len(numbers))
                for home in homes
            ],
            dtype=np.int64,
        )
        fresh = ages <= settings.hours
        stories[fresh if window >= settings.articles else slice(None)] = UNSTABLE
        return cls(stories, settings)

    def of(self, rows: Rows) -> Self:
        """Some of them."""
        return replace(self, stories=self.stories[rows])

    def of_units(self, members: list[list[int]]) -> Self:
        """The story of each unit: that of most of its settled rows, the first of two."""
        found = np.full(len(members), UNSTABLE, dtype=np.int64)
        for unit, rows in enumerate(members):
            known = self.stories[rows]
            known = known[known != UNSTABLE]
            if len(known):
                numbers, counts = np.unique(known, return_counts=True)
                found[unit] = numbers[np.argmax(counts)]
        return replace(self, stories=found)


def chain_pairs(stories: Rows) -> Rows:
    """Pairs that chain the settled units of each story, shape (m, 2)."""
    chains = [
        link
        for story in np.unique(stories[stories != UNSTABLE])
        for link in pairwise(np.flatnonzero(stories == story).tolist())
    ]
    return np.array(chains, dtype=np.int64).reshape(-1, 2)


def settle(
    proposed: list[Rows], peers: UnitScores, settled: StableStories, *, quorum: float
) -> list[Rows]:
    """The groups of some units, given those proposed for them and the stories of settled ones.

    The settled units of a story stay together while their parts score the quorum with each other,
    wherever the proposal puts them; their block goes where most of it was proposed. Blocks proposed
    together become one only when they are near, and what has not settled joins the nearest block,
    if it is near enough. Every group holds its quorum. Deterministic; where nothing has settled,
    the proposal stands.
    """
    stories = settled.stories
    if (stories == UNSTABLE).all():
        return proposed
    label = np.empty(len(peers), dtype=np.int64)
    for number, units in enumerate(proposed):
        label[units] = number
    blocks: dict[int, list[Rows]] = {}
    for story in np.unique(stories[stories != UNSTABLE]):
        for block in _blocks(np.flatnonzero(stories == story), label, peers, quorum):
            blocks.setdefault(_home(label[block], peers.sizes[block]), []).append(block)
    groups = [
        group
        for number, units in enumerate(proposed)
        for group in _beside(
            blocks.get(number, []), units[stories[units] == UNSTABLE], peers, settled.settings
        )
    ]
    return [part for group in groups for part in _holding(group, peers, quorum)]


def _blocks(story: Rows, label: Rows, peers: UnitScores, quorum: float) -> list[Rows]:
    """The settled units of a story, parted only where its parts are strangers to each other."""
    parts = [story[label[story] == number] for number in np.unique(label[story])]
    together = _joined(parts, peers, quorum)
    return [part for block in together for part in _holding(block, peers, quorum)]


def _home(labels: Rows, sizes: Floats) -> int:
    """The proposed group that most of a block's articles are in, the first of two."""
    return int(np.argmax(np.bincount(labels, weights=sizes)))


def _beside(
    blocks: list[Rows], arrivals: Rows, peers: UnitScores, settings: HysteresisSettings
) -> list[Rows]:
    """Groups of blocks and arrivals that were proposed as one."""
    groups = _joined(blocks, peers, settings.merge)
    if not groups:
        return [arrivals] if len(arrivals) else []
    waiting = list(arrivals)
    while waiting:
        singles = [np.array([unit]) for unit in waiting]
        near = peers.between([*groups, *singles])[len(groups) :, : len(groups)]
        first, best = np.unravel_index(int(np.argmax(near)), near.shape)
        if near[first, best] < settings.enter:
            break
        groups[best] = np.append(groups[best], waiting.pop(int(first)))
    return [*groups, np.array(waiting)] if waiting else groups


def _joined(parts: list[Rows], peers: UnitScores, least: float) -> list[Rows]:
    """Parts joined two by two, the nearest first, while their mean pair score is at least this."""
    parts = list(parts)
    while len(parts) > 1:
        means = peers.between(parts)
        means[np.tril_indices(len(parts))] = -1
        first, second = np.unravel_index(int(np.argmax(means)), means.shape)
        if means[first, second] < least:
            break
        parts[first] = np.concatenate([parts[first], parts.pop(int(second))])
    return parts


def _holding(group: Rows, peers: UnitScores, quorum: float) -> list[Rows]:
    """The group itself, or the parts of it that hold their quorum."""
    group = np.sort(group)
    found = peers.of(group)
    if len(group) == 1 or found.hold(quorum):
        return [group]
    return [group[units] for units in split_to_quorum(found, quorum)]
