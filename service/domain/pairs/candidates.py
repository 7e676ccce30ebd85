"""Candidate search (blocking): selects the article pairs worth scoring."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Article, Flags, Floats, Rows
from service.domain.compute import IN_PROCESS, Compute
from service.domain.evaluation.grouping_metrics import Labels, encode_labels
from service.domain.pairs.centering import Languages
from service.domain.pairs.features import CandidateFeatures, Features
from service.domain.pairs.vocabulary import normalise_rows
from service.settings.embedding import CandidateSettings

#: Pairs of rows, shape (m, 2), lower row first, sorted, without duplicates.
Pairs = NDArray[np.int64]

_BLOCK_CELLS = 1 << 21  # cells per block of a matrix product: 8 MB
_CHUNK = 1 << 12  # cells per step in double precision
#: Maximum error of a cosine in single precision, with its rounding to six digits. The error of a
#: dot product of n terms is at most n · 2⁻²⁴ for unit vectors, .00005 for 768 dimensions.
_MAX_ERROR = 1e-4
#: Cosines are rounded so that the last bits of a sum do not affect the result.
_DIGITS = 6
_MIN_LANGUAGES = 2  # cross-language search needs at least two


def candidate_pairs(
    features: Features | CandidateFeatures,
    settings: CandidateSettings,
    extra: Iterable[tuple[int, int]] = (),
    *,
    rows: Rows | None = None,
    compute: Compute = IN_PROCESS,
) -> Pairs:
    """Pairs of articles with near vectors or shared rare words, plus `extra` pairs such as copies.

    Pairs outside the time window are left out; articles without a trusted date are compared with
    all others. With `rows`, only these articles search for candidates.
    """
    query_rows = np.arange(len(features.hours), dtype=np.int64) if rows is None else rows
    near = nearest_vectors(features, settings, query_rows, compute)
    cross_language = nearest_cross_language(features, settings, query_rows, compute)
    word_matches = rare_word_matches(features, settings, query_rows)
    extra_pairs = np.array(sorted(extra), dtype=np.int64).reshape(-1, 2)
    return unique_pairs(np.concatenate([near, cross_language, word_matches, extra_pairs]))


def nearest_vectors(
    features: Features | CandidateFeatures,
    settings: CandidateSettings,
    query_rows: Rows,
    compute: Compute = IN_PROCESS,
) -> Pairs:
    """Pair each query row with its nearest vectors, computed in blocks of rows.

    Only positive cosines count, so a zero vector has no neighbours.
    """
    return _nearest(features, settings, query_rows, compute)


def nearest_cross_language(
    features: Features | CandidateFeatures,
    settings: CandidateSettings,
    query_rows: Rows,
    compute: Compute = IN_PROCESS,
) -> Pairs:
    """Pair each query row of known language with its nearest vectors in other languages.

    Vectors of one language lie closer together whatever their content, and would fill all places
    of a joint search.
    """
    usable = features.vectors.values.any(axis=1) & (features.languages != "")
    if len(set(features.languages[usable].tolist())) < _MIN_LANGUAGES:
        return np.zeros((0, 2), dtype=np.int64)
    query_rows = query_rows[usable[query_rows]]
    return _nearest(features, settings, query_rows, compute, cross_language=True)


def rare_word_matches(
    features: Features | CandidateFeatures, settings: CandidateSettings, query_rows: Rows
) -> Pairs:
    """Pair each query row with the rows that share most of its rare words, weighted by IDF."""
    document_counts = np.bincount(features.lead.indices, minlength=features.lead.shape[1])
    columns = np.flatnonzero((document_counts > 1) & (document_counts <= settings.rare_words))
    rare = normalise_rows(features.lead[:, columns].tocsr())
    transposed = rare.T.tocsr()
    matches = [
        _best_sparse(rare[rows] @ transposed, rows, features.hours, settings)
        for rows in _blocks(query_rows, len(features.hours))
    ]
    return _concatenate(matches)


def unique_pairs(pairs: Pairs) -> Pairs:
    """Sort pairs, lower row first; drop duplicates and pairs of a row with itself."""
    ordered = np.sort(pairs, axis=1)
    return np.unique(ordered[ordered[:, 0] != ordered[:, 1]], axis=0).reshape(-1, 2)


def without_roundups(pairs: Pairs, articles: Sequence[Article]) -> Pairs:
    """Keep the pairs of two articles that may be members of a story; `articles` by row."""
    joins = np.array([article.type.joins_stories for article in articles], dtype=bool)
    return pairs[joins[pairs].all(axis=1)]


def within_window(hours: Floats, pairs: Pairs, window_hours: float) -> NDArray[np.bool_]:
    """Whether the dates of each pair are within the window; True without two dates."""
    if not np.isfinite(window_hours):
        return np.ones(len(pairs), dtype=bool)
    hours_apart = np.abs(hours[pairs[:, 0]] - hours[pairs[:, 1]])
    return ~(hours_apart > window_hours)


def recall(pairs: Pairs, stories: Labels) -> float:
    """Share of same-story pairs, by label, that are among the candidates; 0 to 1."""
    codes = encode_labels(stories)
    sizes = np.bincount(codes)
    total = (sizes * (sizes - 1) // 2).sum()
    return float((codes[pairs[:, 0]] == codes[pairs[:, 1]]).sum() / total) if total else 1.0


@dataclass(frozen=True, slots=True)
class _Search:
    """What the searches for the nearest vectors of all rows share."""

    values: NDArray[np.float32]
    hours: Floats
    languages: Languages | None  #: None to search in all languages
    usable: Flags
    window_hours: float
    count: int  #: results per row


def _nearest(
    features: Features | CandidateFeatures,
    settings: CandidateSettings,
    query_rows: Rows,
    compute: Compute,
    *,
    cross_language: bool = False,
) -> Pairs:
    values = features.vectors.values
    usable: Flags = np.asarray(values.any(axis=1))
    search = _Search(
        values,
        features.hours,
        features.languages if cross_language else None,
        usable,
        settings.window_hours,
        settings.cross_language if cross_language else settings.neighbours,
    )
    blocks = _blocks(query_rows[usable[query_rows]], len(values))
    return _concatenate(list(compute.map(_search_block, search, blocks)))


def _search_block(search: _Search, rows: Rows) -> Pairs:
    """Pair each row with its nearest vectors."""
    excluded = np.tile(~search.usable, (len(rows), 1))
    excluded[np.arange(len(rows)), rows] = True
    if (languages := search.languages) is not None:
        excluded |= (languages[rows][:, None] == languages) | (languages == "")
    if np.isfinite(search.window_hours):
        hours = search.hours
        excluded |= np.abs(hours[rows][:, None] - hours) > search.window_hours
    return _best(search.values, rows, excluded, search.count)


def _blocks(query_rows: Rows, columns: int) -> list[Rows]:
    size = max(1, _BLOCK_CELLS // max(columns, 1))
    return [query_rows[start : start + size] for start in range(0, len(query_rows), size)]


def _best(values: NDArray[np.float32], rows: Rows, excluded: Flags, count: int) -> Pairs:
    """Pair each row with the columns of the highest positive cosines; ties go to the first column.

    Cosines in single precision find the few columns that may be among the highest, and only these
    are computed in double precision.
    """
    count = min(count, len(values) - 1)
    if count < 1:
        return np.zeros((0, 2), dtype=np.int64)
    block = values[rows] @ values.T
    block[excluded] = -1
    threshold = np.partition(block, len(values) - count, axis=1)[:, len(values) - count, None]
    at, columns = np.nonzero((block >= threshold - 2 * _MAX_ERROR) & (block > -_MAX_ERROR))
    cosines = np.round(_cosines_of_cells(values, rows[at], columns), _DIGITS)
    order = np.lexsort((columns, -cosines, at))
    order = order[cosines[order] > 0]
    at, columns = at[order], columns[order]
    place = np.arange(len(at)) - np.searchsorted(at, at)
    return np.column_stack([rows[at], columns])[place < count]


def _cosines_of_cells(values: NDArray[np.float32], rows: Rows, columns: Rows) -> Floats:
    """Cosine of each row with its column, in double precision."""
    cosines = np.empty(len(rows))
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        cosines[part] = np.einsum(
            "ij,ij->i", values[rows[part]], values[columns[part]], dtype=np.float64
        )
    return cosines


def _best_sparse(
    block: csr_matrix, rows: Rows, hours: Floats, settings: CandidateSettings
) -> Pairs:
    """`_best` for a sparse block, of which only stored cells are considered."""
    cells = block.tocoo()
    pairs = np.column_stack([rows[cells.row], cells.col]).astype(np.int64)
    valid = (pairs[:, 0] != pairs[:, 1]) & within_window(hours, pairs, settings.window_hours)
    pairs, values = pairs[valid], cells.data[valid]
    order = np.lexsort((pairs[:, 1], -values, pairs[:, 0]))
    pairs = pairs[order]
    starts = np.searchsorted(pairs[:, 0], pairs[:, 0])
    best: Pairs = pairs[np.arange(len(pairs)) - starts < settings.shared_words]
    return best


def _concatenate(parts: list[Pairs]) -> Pairs:
    return np.concatenate(parts) if parts else np.zeros((0, 2), dtype=np.int64)
