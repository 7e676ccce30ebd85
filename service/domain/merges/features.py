"""Merge features: how similar two groups of articles are, computed for many pairs at once."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.merges.comparison import (
    compare_hours,
    compare_names,
    compare_outlets,
    count_outlets,
    find_repeats,
    summarise_scores,
)
from service.domain.merges.group_pairs import GroupPairs, row_products
from service.domain.merges.units import Matrix, UnitScores
from service.domain.pairs.features import Features
from service.domain.pairs.scoring.window_prior import log_odds

#: Names of the merge features, in the order of a feature row; see `Components`.
MERGE_FEATURES = (
    "score_mean",
    "score_mean_probability",
    "score_max",
    "score_min",
    "score_median",
    "score_top",
    "size",
    "smaller_size",
    "coherence_min",
    "coherence_max",
    "coherence_loss",
    "dense",
    "title",
    "body",
    "names_shared",
    "names_shared_weight",
    "name_missing_max",
    "name_missing_min",
    "outlets_shared",
    "outlets_repeating",
    "outlet_pairs",
    "hours_between",
    "hours_span",
    "hours_gap",
    "rival_score",
    "rival_margin",
    "same_cluster",
    "undated",
    "length",
    "background",
    "prior_shift",
    "length_score",
    "length_title",
    "length_body",
)

#: Cells per step of a comparison, which bounds memory: 8 MB per array.
_CELLS = 1 << 20
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Components:
    """Units of some connected components, with sums over the articles of each unit.

    Small components are compared together, which saves time. Units of different components have
    the score 0.

    bounds: first unit of each component, and the end, shape (components + 1,).
    dense, title, body: products of the units' summed rows, shape (units, units).
    names: summed inverse document frequencies of each unit's capitalised words, (units, words).
    clusters: HDBSCAN cluster of each unit.
    outlets: number of articles of each unit by outlet, (units, outlets).
    repeats: pairs of units with articles of one outlet at almost the same time; `find_repeats`.
    undated: number of undated articles of each unit.
    lengths: sum over the articles of each unit of the logarithm of their distinct words.
    hours, unit_of: one entry per article.
    """

    units: UnitScores
    bounds: Rows
    log_odds: Matrix
    dense: Matrix
    title: Matrix
    body: Matrix
    names: Matrix
    clusters: Rows
    outlets: Matrix
    repeats: Rows
    undated: Floats
    lengths: Floats
    hours: Floats
    unit_of: Rows
    background: float
    prior_shift: float

    @classmethod
    def build(
        cls,
        units: UnitScores,
        bounds: Rows,
        members: list[list[int]],
        features: Features,
        clusters: Rows,
    ) -> Self:
        """Sum the features of the units; `members` has the rows of each unit."""
        rows = np.array([row for unit in members for row in unit], dtype=np.int64)
        unit_of = np.repeat(np.arange(len(members)), [*map(len, members)])
        sums = csr_matrix((np.ones(len(rows)), (unit_of, np.arange(len(rows)))))
        hours, outlets = features.hours[rows], features.outlets[rows]
        exact_hours = np.where(features.day_only[rows], np.nan, hours)
        vectors = sums @ features.vectors.values[rows].astype(np.float64)
        title, body = sums @ features.title[rows], sums @ features.body[rows]
        names = (sums @ features.names[rows]).tocsc()
        return cls(
            units=units,
            bounds=bounds,
            log_odds=log_odds(units.scores),
            dense=vectors @ vectors.T,
            title=(title @ title.T).toarray(),
            body=(body @ body.T).toarray(),
            names=names[:, np.flatnonzero(np.diff(names.indptr))].toarray(),
            clusters=clusters,
            outlets=count_outlets(outlets, unit_of, len(members)),
            repeats=find_repeats(outlets, exact_hours, unit_of),
            undated=sums @ np.isnan(hours).astype(np.float64),
            lengths=sums @ np.log1p(np.diff(features.body.indptr)[rows]),
            hours=hours,
            unit_of=unit_of,
            background=features.background,
            prior_shift=features.prior_shift,
        )

    def merge_features(self, pairs: GroupPairs) -> Floats:
        """Feature row of each pair of groups of one component, shape (pairs, features).

        score_*: log odds of the pair scores between the groups; top: mean of the three highest.
        size: logarithms of the number of articles.
        coherence_*: log odds of the mean pair score within each group, and its loss in a merge.
        dense, title, body: cosines of the summed rows.
        names_*, name_*, outlets_*, hours_*: see `service.domain.merges.comparison`.
        rival_*: the nearest unit outside.
        same_cluster: share of the pairs between the groups that HDBSCAN puts into one cluster.
        undated, length: share of undated articles, and mean logarithm of words.
        background, prior_shift: those of the window.
        length_*: products.
        """
        width = max(len(self.units), len(self.hours), self.names.shape[1])
        parts = [self._compare(part) for part in pairs.split(_CELLS // width)]
        return np.concatenate(parts) if parts else np.zeros((0, len(MERGE_FEATURES)))

    def _compare(self, pairs: GroupPairs) -> Floats:
        sizes = pairs.totals(self.units.sizes)
        size = sizes[0] + sizes[1]
        both = pairs.first + pairs.second
        articles = GroupPairs(pairs.first[:, self.unit_of], pairs.second[:, self.unit_of])
        values = self._compare_scores(pairs) | {
            "dense": _cosines(self.dense, pairs),
            "title": _cosines(self.title, pairs),
            "body": _cosines(self.body, pairs),
            **compare_names(self.names, pairs, sizes),
            **compare_outlets(self.outlets, self.repeats, pairs, sizes),
            **compare_hours(self.hours, articles),
            "undated": both @ self.undated / size,
            "length": both @ self.lengths / size,
            "background": np.full(len(pairs), self.background),
            "prior_shift": np.full(len(pairs), self.prior_shift),
        }
        values["length_score"] = values["length"] * values["score_mean"]
        values["length_title"] = values["length"] * values["title"]
        values["length_body"] = values["length"] * values["body"]
        return np.column_stack([values[name] for name in MERGE_FEATURES])

    def _compare_scores(self, pairs: GroupPairs) -> dict[str, Floats]:
        """Features of pair scores and sizes."""
        size_one, size_other = pairs.totals(self.units.sizes)
        size = size_one + size_other
        # The share of each unit in the articles of its group.
        one = pairs.first * self.units.sizes / size_one[:, None]
        other = pairs.second * self.units.sizes / size_other[:, None]
        means_of_one, means_of_other = one @ self.units.scores, other @ self.units.scores
        mean = row_products(means_of_one, other)
        coherence_one = _coherence(pairs.first, row_products(means_of_one, one), size_one)
        coherence_other = _coherence(pairs.second, row_products(means_of_other, other), size_other)
        inner = (coherence_one * size_one + coherence_other * size_other) / size
        # Units of other components score 0, like no unit at all.
        outside = pairs.first + pairs.second == 0
        rival = np.where(outside, np.maximum(means_of_one, means_of_other), 0).max(axis=1)
        same_cluster = (self.clusters[:, None] == self.clusters[None, :]).astype(np.float64)
        return {
            "score_mean": row_products(one @ self.log_odds, other),
            "score_mean_probability": log_odds(mean),
            **summarise_scores(self.log_odds, pairs),
            "size": np.log(size),
            "smaller_size": np.log(np.minimum(size_one, size_other)),
            "coherence_min": log_odds(np.minimum(coherence_one, coherence_other)),
            "coherence_max": log_odds(np.maximum(coherence_one, coherence_other)),
            "coherence_loss": log_odds(mean) - log_odds(np.clip(inner, 1e-3, 1 - 1e-3)),
            "rival_score": rival,
            "rival_margin": mean - rival,
            "same_cluster": row_products(one @ same_cluster, other),
        }


def _coherence(group: Matrix, mean: Floats, size: Floats) -> Floats:
    """Mean score of the pairs of different articles of each group; 1 for a single unit.

    `mean` is the mean score including the pairs of an article with itself.
    """
    several = group.sum(axis=1) > 1
    inside = (mean * size * size - size) / np.where(several, size * (size - 1), 1)
    return np.where(several, inside, 1.0)


def _cosines(products: Matrix, pairs: GroupPairs) -> Floats:
    """Cosine of the summed rows of both groups of each pair; 0 without words.

    `products` are the dot products of the summed rows of units, shape (units, units).
    """
    one, other = pairs.first @ products, pairs.second @ products
    norms = row_products(one, pairs.first) * row_products(other, pairs.second)
    return row_products(one, pairs.second) / (np.sqrt(np.maximum(norms, 0)) + _TINY)
