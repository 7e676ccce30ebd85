"""Exact search for the nearest vectors of a window, in blocks of a matrix product."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Floats, Rows
from service.domain.compute import IN_PROCESS, Compute

#: Pairs of rows, shape (m, 2). `unique_pairs` sorts them, with the lower row first.
Pairs = NDArray[np.int64]

_BLOCK_CELLS = 1 << 21  # cells per block of a matrix product: 8 MB, and 16 MB for dates
_CHUNK = 1 << 12  # cells per step in double precision
#: Cosines are rounded so that the last bits of a sum do not affect the result.
_DIGITS = 6
#: Upper bound of the error of a cosine in single precision, and of its rounding to six digits. The
#: error of a dot product of n terms is at most n · 2⁻²⁴ for unit vectors: .00005 for n = 768.
_MAX_ERROR = 1e-4
#: Number of columns in a group. At first, only the highest cosine of each group is compared.
_GROUP = 16


@dataclass(frozen=True, slots=True)
class NearestSearch:
    """Unit vectors of a window, their hours, and the maximum hours between both dates of a pair."""

    values: NDArray[np.float32]
    hours: Floats
    window_hours: float

    def find(self, rows: Rows, columns: Rows, count: int, compute: Compute = IN_PROCESS) -> Pairs:
        """Pair each row with the columns of its highest positive cosines.

        `columns` are ascending. Ties go to the first column. A row is not paired with itself, nor
        with a column whose date is too far away.
        """
        if not len(columns) or not len(rows):
            return concatenate_pairs([])
        has_all = len(columns) == len(self.values)  # then a copy would take tens of megabytes
        values = self.values if has_all else self.values[columns]
        shared = _SearchedColumns(self, columns, values, count)
        blocks = row_blocks(rows, len(columns))
        return concatenate_pairs(list(compute.map(_find_in_columns, shared, blocks)))

    def exclude(self, block: NDArray[np.float32], rows: Rows, columns: Rows) -> None:
        """Set the cells of pairs that are not allowed to −1."""
        block[:, len(columns) :] = -1
        places = np.minimum(np.searchsorted(columns, rows), len(columns) - 1)
        own = columns[places] == rows
        block[np.flatnonzero(own), places[own]] = -1
        if np.isfinite(self.window_hours):
            apart = self.hours[rows][:, None] - self.hours[columns]
            np.abs(apart, out=apart)
            block[:, : len(columns)][apart > self.window_hours] = -1

    def highest(self, rows: Rows, columns: Rows, count: int) -> Pairs:
        """Choose the highest positive cosines of each row, computed in double precision.

        `rows` and `columns` are the cells to compare, with ascending rows. Returns at most `count`
        pairs per row.
        """
        cosines = np.empty(len(rows))
        for start in range(0, len(rows), _CHUNK):
            part = slice(start, start + _CHUNK)
            one, other = self.values[rows[part]], self.values[columns[part]]
            cosines[part] = np.einsum("ij,ij->i", one, other, dtype=np.float64)
        cosines = np.round(cosines, _DIGITS)
        order = np.lexsort((columns, -cosines, rows))
        order = order[cosines[order] > 0]
        rows, columns = rows[order], columns[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        return np.column_stack([rows, columns])[place < count]


@dataclass(frozen=True, slots=True)
class _SearchedColumns:
    """Data that the searches of all blocks of rows need."""

    search: NearestSearch
    columns: Rows
    values: NDArray[np.float32]  #: vectors of the columns
    count: int  #: results per row


def _find_in_columns(shared: _SearchedColumns, rows: Rows) -> Pairs:
    count = len(shared.columns)
    block = np.empty((len(rows), -(-count // _GROUP) * _GROUP), dtype=np.float32)  # whole groups
    np.matmul(shared.search.values[rows], shared.values.T, out=block[:, :count])
    shared.search.exclude(block, rows, shared.columns)
    at, near = _possible_cells(block, shared.count)
    return shared.search.highest(rows[at], shared.columns[near], shared.count)


def row_blocks(rows: Rows, columns: int) -> list[Rows]:
    """Split rows into blocks with at most `_BLOCK_CELLS` cells."""
    size = max(1, _BLOCK_CELLS // max(columns, 1))
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def concatenate_pairs(parts: Sequence[Pairs]) -> Pairs:
    """Join the parts in their order."""
    return np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)


def _possible_cells(block: NDArray[np.float32], count: int) -> tuple[Rows, Rows]:
    """Return rows and columns of the cells that may be among the `count` highest of their row.

    The columns are in groups. The `count` groups with the highest maxima contain `count` cells that
    are at least as high as the lowest of these maxima. So lower cells are not among the `count`
    highest, except within the error of single precision. Negative cosines are left out.
    """
    groups = block.shape[1] // _GROUP
    maxima = block.reshape(len(block), _GROUP, groups).max(axis=1)
    threshold = np.full(len(block), -_MAX_ERROR, dtype=np.float32)
    if groups > count:
        lowest = np.partition(maxima, groups - count, axis=1)[:, groups - count]
        threshold = np.maximum(threshold, lowest - 2 * _MAX_ERROR)
    rows, group = np.nonzero(maxima >= threshold[:, None])
    cells = group[:, None] + np.arange(_GROUP) * groups
    chosen = block[rows[:, None], cells] >= threshold[rows, None]
    return np.repeat(rows, chosen.sum(axis=1)), cells[chosen]
