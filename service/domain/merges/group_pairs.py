"""Pairs of groups of units, and sums over the units of many pairs at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.merges.units import Matrix

#: Two disjoint groups of units, each in ascending order.
GroupPair = tuple[Rows, Rows]


@dataclass(frozen=True, slots=True)
class GroupPairs:
    """Pairs of disjoint groups: 1 for the units of each group, else 0.

    `first` and `second` have shape (pairs, units).
    """

    first: Matrix
    second: Matrix

    @classmethod
    def build(cls, pairs: Sequence[GroupPair], units: int) -> Self:
        """Mark the units of each pair."""
        return cls(
            _mark([one for one, _ in pairs], units), _mark([other for _, other in pairs], units)
        )

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)

    def split(self, size: int) -> Iterator[Self]:
        """Yield parts of at most `size` pairs, at least one per part."""
        size = max(size, 1)
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield type(self)(self.first[part], self.second[part])

    def totals(self, values: Floats) -> tuple[Floats, Floats]:
        """Sum of the values of the units of each group, shape (pairs,) each."""
        return self.first @ values, self.second @ values

    def cells(self) -> tuple[Rows, Rows, Rows]:
        """Each combination of a unit of the first group and one of the second.

        Returns the pair, in ascending order, the first and the second unit of each combination.
        """
        pair, unit = np.nonzero(self.first)
        _, other = np.nonzero(self.second)
        counts = self.second.sum(axis=1).astype(np.int64)
        repeats = counts[pair]
        at = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        pairs = np.repeat(pair, repeats)
        return pairs, np.repeat(unit, repeats), other[(np.cumsum(counts) - counts)[pairs] + at]


def row_products(one: Matrix, other: Matrix) -> Floats:
    """Dot product of the rows of two matrices of one shape."""
    return np.asarray(np.einsum("ij,ij->i", one, other))


def _mark(groups: Sequence[Rows], units: int) -> Matrix:
    marks = np.zeros((len(groups), units))
    if groups:
        marks[np.repeat(np.arange(len(groups)), [*map(len, groups)]), np.concatenate(groups)] = 1
    return marks
