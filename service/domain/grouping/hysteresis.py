"""Hysteresis: stable articles change stories only for a clear improvement.

A few new articles change many groups of a window slightly, but readers follow links to existing
stories. So new articles move freely, and stable articles keep their story unless the log odds are
clear; see `service.domain.merges.decision`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.decision import UNSTABLE
from service.settings.grouping import HysteresisSettings


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

    def by_unit(self, members: list[list[int]]) -> Self:
        """The most frequent story among the stable rows of each unit; the first one if tied."""
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
