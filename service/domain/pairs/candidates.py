"""Candidate search (blocking): selects the article pairs worth scoring."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Article, Flags, Floats, Rows
from service.domain.compute import IN_PROCESS, Compute
from service.domain.evaluation.grouping_metrics import Labels, encode_labels
from service.domain.pairs.features import CandidateFeatures, Features
from service.domain.pairs.nearest import NearestSearch, Pairs, concatenate_pairs, row_blocks
from service.domain.pairs.vocabulary import normalise_rows
from service.settings.sections.embedding import CandidateSettings


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
    """Pair each query row with its nearest vectors.

    Only positive cosines count, so a zero vector has no neighbours.
    """
    usable: Flags = np.asarray(features.vectors.values.any(axis=1))
    search = NearestSearch(features.vectors.values, features.hours, settings.window_hours)
    rows, columns = query_rows[usable[query_rows]], np.flatnonzero(usable)
    return search.find(rows, columns, settings.neighbours, compute)


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
    languages = features.languages
    usable = features.vectors.values.any(axis=1) & (languages != "")
    search = NearestSearch(features.vectors.values, features.hours, settings.window_hours)
    query_rows = query_rows[usable[query_rows]]
    matches = [
        search.find(
            query_rows[languages[query_rows] == language],
            np.flatnonzero(usable & (languages != language)),
            settings.cross_language,
            compute,
        )
        for language in np.unique(languages[query_rows])
    ]
    return concatenate_pairs(matches)


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
        for rows in row_blocks(query_rows, len(features.hours))
    ]
    return concatenate_pairs(matches)


def unique_pairs(pairs: Pairs) -> Pairs:
    """Sort pairs, lower row first; drop duplicates and pairs of a row with itself."""
    low, high = pairs.min(axis=1, initial=np.iinfo(np.int64).max), pairs.max(axis=1, initial=0)
    width = int(high.max(initial=0)) + 1
    # Sorting one number per pair is much faster than sorting rows of two numbers.
    codes = np.unique((low * width + high)[low != high])
    return np.column_stack(np.divmod(codes, width))


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


def _best_sparse(
    block: csr_matrix, rows: Rows, hours: Floats, settings: CandidateSettings
) -> Pairs:
    """Pair each row with the columns of its highest stored cells."""
    cells = block.tocoo()
    pairs = np.column_stack([rows[cells.row], cells.col]).astype(np.int64)
    valid = (pairs[:, 0] != pairs[:, 1]) & within_window(hours, pairs, settings.window_hours)
    pairs, values = pairs[valid], cells.data[valid]
    order = np.lexsort((pairs[:, 1], -values, pairs[:, 0]))
    pairs = pairs[order]
    starts = np.searchsorted(pairs[:, 0], pairs[:, 0])
    best: Pairs = pairs[np.arange(len(pairs)) - starts < settings.shared_words]
    return best
