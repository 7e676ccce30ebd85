"""Hysteresis: stable articles change stories only for a clear improvement.

A few new articles change many groups of a window slightly, but readers follow links to existing
stories. So new articles move freely, and stable articles keep their story unless the log odds are
clear; see `service.domain.merges.decision`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.decision import UNSTABLE
from service.settings.sections.grouping import HysteresisSettings


@dataclass(frozen=True, slots=True)
class StableStories:
    """The number of the stable story of each row, or of each unit; `UNSTABLE` without one."""

    numbers: Rows
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

        `stories` are the current stories of the rows, `ages` the hours since each article
        first joined a story, `window_size` the number of articles in the window.
        """
        number_of: dict[str, int] = {}
        numbers = np.array(
            [
                UNSTABLE if story is None else number_of.setdefault(story, len(number_of))
                for story in stories
            ],
            dtype=np.int64,
        )
        recent = ages <= settings.min_age_hours
        large_enough = window_size >= settings.min_window_articles
        numbers[recent if large_enough else slice(None)] = UNSTABLE
        return cls(numbers, settings)

    def by_unit(self, members: list[list[int]]) -> Self:
        """The most frequent story among the stable rows of each unit; the first one if tied."""
        numbers = np.full(len(members), UNSTABLE, dtype=np.int64)
        units = np.repeat(np.arange(len(members)), [*map(len, members)])
        rows = np.fromiter(chain.from_iterable(members), dtype=np.int64, count=len(units))
        stable = self.numbers[rows] != UNSTABLE
        units_and_stories = np.column_stack([units[stable], self.numbers[rows][stable]])
        cells, counts = np.unique(units_and_stories, axis=0, return_counts=True)
        # Later assignments win: the most frequent story comes last, and the first one if tied.
        for cell in np.lexsort((-cells[:, 1], counts)):
            numbers[cells[cell, 0]] = cells[cell, 1]
        return replace(self, numbers=numbers)


def chain_pairs(numbers: Rows) -> Rows:
    """Pairs that connect the units of each stable story in a chain, shape (m, 2).

    `numbers` are those of `StableStories`, by unit.
    """
    stable = np.flatnonzero(numbers != UNSTABLE)
    stable = stable[np.argsort(numbers[stable], kind="stable")]
    same = numbers[stable[1:]] == numbers[stable[:-1]]
    chains: Rows = np.column_stack([stable[:-1], stable[1:]])[same]
    return chains
