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
    """Pairs of disjoint groups of units.

    `first` and `second` have shape (pairs, units): 1 for the units of the group, else 0.
    """

    first: Matrix
    second: Matrix

    @classmethod
    def build(cls, pairs: Sequence[GroupPair], units: int) -> Self:
        """Build the matrices of some pairs; `units` is the number of all units."""
        return cls(
            _mark([one for one, _ in pairs], units), _mark([other for _, other in pairs], units)
        )

    def __len__(self) -> int:
        """Number of pairs."""
        return len(self.first)

    def split(self, size: int) -> Iterator[Self]:
        """Yield parts of at most `size` pairs, or of one pair if `size` is less than 1."""
        size = max(size, 1)
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield type(self)(self.first[part], self.second[part])

    def totals(self, values: Floats) -> tuple[Floats, Floats]:
        """Sums of the values of the units in the first and in the second groups, shape (pairs,)."""
        return self.first @ values, self.second @ values

    def unit_pairs(self) -> tuple[Rows, Rows, Rows]:
        """Combine each unit of the first group with each unit of the second.

        Returns three arrays with one entry per combination: the row of the pair of groups, in
        ascending order, the unit of the first group, and the unit of the second.
        """
        pair, unit = np.nonzero(self.first)
        _, other = np.nonzero(self.second)
        counts = self.second.sum(axis=1).astype(np.int64)
        repeats = counts[pair]
        at = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        pairs = np.repeat(pair, repeats)
        return pairs, np.repeat(unit, repeats), other[(np.cumsum(counts) - counts)[pairs] + at]


def row_products(one: Matrix, other: Matrix) -> Floats:
    """Dot products of the rows of two matrices with the same shape, shape (rows,)."""
    return np.asarray(np.einsum("ij,ij->i", one, other))


def _mark(groups: Sequence[Rows], units: int) -> Matrix:
    marks = np.zeros((len(groups), units))
    if groups:
        marks[np.repeat(np.arange(len(groups)), [*map(len, groups)]), np.concatenate(groups)] = 1
    return marks
