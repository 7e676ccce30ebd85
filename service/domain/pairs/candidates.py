"""Which pairs are worth scoring: never all of them."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.evaluation.grouping_metrics import Labels, codes
from service.domain.pairs.features import CandidateFeatures, Features
from service.domain.pairs.vocabulary import normalise_rows
from service.settings.embedding import CandidateSettings

#: Pairs of rows, shape (m, 2), first below second, sorted, each once.
Pairs = NDArray[np.int64]

_BLOCK_CELLS = 1 << 21  # cells of one block of a product: 16 MB
#: Cosines are rounded so that the last bits of a sum never decide.
_DIGITS = 6
_LANGUAGES = 2  # there are other languages only where there are two


def candidate_pairs(
    candidate_features: Features | CandidateFeatures,
    settings: CandidateSettings,
    extra: Iterable[tuple[int, int]] = (),
    *,
    rows: Rows | None = None,
) -> Pairs:
    """Nearest vectors, sharers of rare words and `extra` pairs such as copies, within the window.

    Articles without a trusted date are compared whatever the other's date. With `rows`, only
    these look for others.
    """
    asking = np.arange(len(candidate_features.hours), dtype=np.int64) if rows is None else rows
    near = nearest_vectors(candidate_features, settings, asking)
    foreign = nearest_cross_language(candidate_features, settings, asking)
    sharing = rare_word_matches(candidate_features, settings, asking)
    given = np.array(sorted(extra), dtype=np.int64).reshape(-1, 2)
    return unique_pairs(np.concatenate([near, foreign, sharing, given]))


def nearest_vectors(
    candidate_features: Features | CandidateFeatures, settings: CandidateSettings, asking: Rows
) -> Pairs:
    """Each asking article with its nearest vectors, by a product in blocks of rows.

    Vectors at right angles, as a zero vector is to all, are not near.
    """
    return _nearest(candidate_features, settings, asking, settings.neighbours)


def nearest_cross_language(
    candidate_features: Features | CandidateFeatures, settings: CandidateSettings, asking: Rows
) -> Pairs:
    """Each asking article of a known language with its nearest vectors in other languages.

    Articles of one language share more than what they tell, and would take all places.
    """
    known = candidate_features.vectors.values.any(axis=1) & (candidate_features.languages != "")
    if len(set(candidate_features.languages[known].tolist())) < _LANGUAGES:
        return np.zeros((0, 2), dtype=np.int64)
    return _nearest(
        candidate_features, settings, asking[known[asking]], settings.foreign, foreign=True
    )


def rare_word_matches(
    candidate_features: Features | CandidateFeatures, settings: CandidateSettings, asking: Rows
) -> Pairs:
    """Each asking article with those that share most of its rare words, weighed by rarity."""
    rare = _rare_only(candidate_features.lead, settings.rare)
    across = rare.T.tocsr()
    found = [
        _best_sparse(rare[rows] @ across, rows, candidate_features.hours, settings)
        for rows in _blocks(asking, len(candidate_features.hours))
    ]
    return _joined(found)


def unique_pairs(pairs: Pairs) -> Pairs:
    """The pairs with the lower row first, sorted, each once, none of a row with itself."""
    ordered = np.sort(pairs, axis=1)
    return np.unique(ordered[ordered[:, 0] != ordered[:, 1]], axis=0).reshape(-1, 2)


def within_window(hours: Floats, pairs: Pairs, window_hours: float) -> NDArray[np.bool_]:
    """Whether the dates of each pair allow comparison; a missing date always does."""
    if not np.isfinite(window_hours):
        return np.ones(len(pairs), dtype=bool)
    apart = np.abs(hours[pairs[:, 0]] - hours[pairs[:, 1]])
    return ~(apart > window_hours)


def recall(pairs: Pairs, stories: Labels) -> float:
    """Share of the pairs of one labelled story that are candidates."""
    names = codes(stories)
    sizes = np.bincount(names)
    wanted = (sizes * (sizes - 1) // 2).sum()
    return float((names[pairs[:, 0]] == names[pairs[:, 1]]).sum() / wanted) if wanted else 1.0


def _nearest(
    candidate_features: Features | CandidateFeatures,
    settings: CandidateSettings,
    asking: Rows,
    wanted: int,
    *,
    foreign: bool = False,
) -> Pairs:
    values = candidate_features.vectors.values.astype(np.float64)
    found = []
    for rows in _blocks(asking, len(values)):
        block = np.round(values[rows] @ values.T, _DIGITS)
        if foreign:
            own = (
                candidate_features.languages[rows][:, None] == candidate_features.languages[None, :]
            )
            block[own | (candidate_features.languages == "")[None, :]] = 0
        found.append(_best(block, rows, candidate_features.hours, wanted, settings.window_hours))
    return _joined(found)


def _blocks(asking: Rows, columns: int) -> list[Rows]:
    size = max(1, _BLOCK_CELLS // max(columns, 1))
    return [asking[start : start + size] for start in range(0, len(asking), size)]


def _best(block: Floats, rows: Rows, hours: Floats, wanted: int, window_hours: float) -> Pairs:
    """Of each row of the block the columns with the highest values; ties go to the first."""
    block[np.arange(len(rows)), rows] = 0
    if np.isfinite(window_hours):
        block[np.abs(hours[rows][:, None] - hours[None, :]) > window_hours] = 0
    wanted = min(wanted, block.shape[1] - 1)
    if wanted < 1:
        return np.zeros((0, 2), dtype=np.int64)
    least = -np.partition(-block, wanted - 1, axis=1)[:, wanted - 1, None]
    above, level = block > least, block == least
    left = wanted - above.sum(axis=1, keepdims=True)
    chosen = (above | (level & (np.cumsum(level, axis=1) <= left))) & (block > 0)
    at, columns = np.nonzero(chosen)
    return np.column_stack([rows[at], columns])


def _best_sparse(
    block: csr_matrix, rows: Rows, hours: Floats, settings: CandidateSettings
) -> Pairs:
    """The same as `_best` for a sparse block: cells that are not stored share nothing."""
    cells = block.tocoo()
    pairs = np.column_stack([rows[cells.row], cells.col]).astype(np.int64)
    fit = (pairs[:, 0] != pairs[:, 1]) & within_window(hours, pairs, settings.window_hours)
    pairs, values = pairs[fit], cells.data[fit]
    order = np.lexsort((pairs[:, 1], -values, pairs[:, 0]))
    pairs = pairs[order]
    starts = np.searchsorted(pairs[:, 0], pairs[:, 0])
    best: Pairs = pairs[np.arange(len(pairs)) - starts < settings.sharing]
    return best


def _rare_only(lead: csr_matrix, most: int) -> csr_matrix:
    """The rows with only the words that at least 2 and at most `most` rows hold."""
    held = np.bincount(lead.indices, minlength=lead.shape[1])
    rare = np.flatnonzero((held > 1) & (held <= most))
    return normalise_rows(lead[:, rare].tocsr())


def _joined(found: list[Pairs]) -> Pairs:
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.int64)
