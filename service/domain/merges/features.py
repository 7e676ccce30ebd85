"""Merge features: similarities and differences of two groups of articles."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.merges.units import Matrix, UnitScores
from service.domain.pairs.features import Features
from service.domain.pairs.match_prior import log_odds

#: Names of the merge features, in the order of a feature row; see `Component`.
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

#: Two articles of one outlet closer than this seldom report one event.
_REPEAT_HOURS = 1.5
_TOP_PAIRS = 3
_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Component:
    """Units of one connected component, with sums over the articles of each unit.

    dense, title, body: products of the units' summed rows, shape (units, units).
    names: summed inverse document frequencies of each unit's capitalised words, (units, words).
    clusters: HDBSCAN cluster of each unit.
    hours, outlets, lengths: one entry per article, in order of the units. Lengths are logarithms
    of the number of distinct words.
    starts: first article of each unit, and the end, shape (units + 1,).
    """

    units: UnitScores
    log_odds: Matrix
    dense: Matrix
    title: Matrix
    body: Matrix
    names: Matrix
    clusters: Rows
    hours: Floats
    exact_hours: Floats
    outlets: Rows
    lengths: Floats
    starts: Rows
    background: float
    prior_shift: float

    @classmethod
    def build(
        cls, units: UnitScores, members: list[list[int]], features: Features, clusters: Rows
    ) -> Self:
        """Sum the features of the units; `members` has the rows of each unit."""
        rows = np.array([row for unit in members for row in unit], dtype=np.int64)
        starts = np.cumsum([0, *map(len, members)])
        sums = csr_matrix(
            (np.ones(len(rows)), np.arange(len(rows)), starts), shape=(len(members), len(rows))
        )
        vectors = sums @ features.vectors.values[rows].astype(np.float64)
        title, body = sums @ features.title[rows], sums @ features.body[rows]
        names = (sums @ features.names[rows]).tocsc()
        return cls(
            units=units,
            log_odds=log_odds(units.scores),
            dense=vectors @ vectors.T,
            title=(title @ title.T).toarray(),
            body=(body @ body.T).toarray(),
            names=names[:, np.flatnonzero(np.diff(names.indptr))].toarray(),
            clusters=clusters,
            hours=features.hours[rows],
            exact_hours=np.where(features.day_only, np.nan, features.hours)[rows],
            outlets=features.outlets[rows],
            lengths=np.log1p(np.diff(features.body.indptr)[rows]),
            starts=starts,
            background=features.background,
            prior_shift=features.prior_shift,
        )

    def merge_features(self, one: Rows, other: Rows) -> Floats:
        """Feature row of two disjoint groups of units, shape (features,).

        score_*: log odds of the pair scores between the groups; top: mean of the three highest.
        size: logarithms of the number of articles.
        coherence_*: log odds of the mean pair score within each group, and its loss in a merge.
        dense, title, body: cosines of the summed rows.
        names_*, name_*, outlets_*, hours_*: see `_compare_names`, `_compare_outlets` and
        `_compare_hours`.
        rival_*: the nearest unit outside.
        same_cluster: share of the pairs between the groups that HDBSCAN puts into one cluster.
        undated, length: share of undated articles, and mean logarithm of words.
        background, prior_shift: those of the window.
        length_*: products.
        """
        ours, theirs = self._articles_of(one), self._articles_of(other)
        both = np.concatenate([ours, theirs])
        length = float(self.lengths[both].mean())
        values = self._compare_scores(one, other) | {
            "dense": _cosine(self.dense, one, other),
            "title": _cosine(self.title, one, other),
            "body": _cosine(self.body, one, other),
            **self._compare_names(one, other),
            **_compare_outlets(self.outlets, self.exact_hours, ours, theirs),
            **_compare_hours(self.hours[ours], self.hours[theirs]),
            "undated": float(np.isnan(self.hours[both]).mean()),
            "length": length,
            "background": self.background,
            "prior_shift": self.prior_shift,
        }
        values["length_score"] = length * values["score_mean"]
        values["length_title"] = length * values["title"]
        values["length_body"] = length * values["body"]
        return np.array([values[name] for name in MERGE_FEATURES])

    def _articles_of(self, group: Rows) -> Rows:
        """Positions of the articles of a group of units."""
        starts, ends = self.starts[group], self.starts[group + 1]
        return np.concatenate([np.arange(*bounds) for bounds in zip(starts, ends, strict=True)])

    def _compare_scores(self, one: Rows, other: Rows) -> dict[str, float]:
        """Features of pair scores and sizes."""
        across, sizes = np.ix_(one, other), self.units.sizes
        size_one, size_other = sizes[one].sum(), sizes[other].sum()
        size = size_one + size_other
        weights = np.outer(sizes[one], sizes[other]) / (size_one * size_other)
        mean = float((self.units.scores[across] * weights).sum())
        cross = self.log_odds[across]
        ranked = np.sort(cross, axis=None)
        coherence_one, coherence_other = self._coherence(one), self._coherence(other)
        inner = (coherence_one * size_one + coherence_other * size_other) / size
        rival = self._rival_score(one, other)
        same_cluster = self.clusters[one][:, None] == self.clusters[other][None, :]
        return {
            "score_mean": float((cross * weights).sum()),
            "score_mean_probability": float(log_odds(mean)),
            "score_max": float(ranked[-1]),
            "score_min": float(ranked[0]),
            "score_median": float(np.median(ranked)),
            "score_top": float(ranked[-_TOP_PAIRS:].mean()),
            "size": float(np.log(size)),
            "smaller_size": float(np.log(min(size_one, size_other))),
            "coherence_min": float(log_odds(min(coherence_one, coherence_other))),
            "coherence_max": float(log_odds(max(coherence_one, coherence_other))),
            "coherence_loss": float(log_odds(mean) - log_odds(np.clip(inner, 1e-3, 1 - 1e-3))),
            "rival_score": rival,
            "rival_margin": mean - rival,
            "same_cluster": float(weights[same_cluster].sum()),
        }

    def _coherence(self, group: Rows) -> float:
        """Mean pair score within a group; 1 for a single unit."""
        if len(group) == 1:
            return 1.0
        sizes = self.units.sizes[group]
        total = sizes.sum()
        inside = sizes @ self.units.scores[np.ix_(group, group)] @ sizes
        return float((inside - total) / (total * (total - 1)))

    def _rival_score(self, one: Rows, other: Rows) -> float:
        """Highest mean pair score of either group with a unit outside of both; 0 without one."""
        outside = np.ones(len(self.units), dtype=bool)
        outside[one] = outside[other] = False
        if not outside.any():
            return 0.0
        sizes, scores = self.units.sizes, self.units.scores
        means = [
            sizes[group] @ scores[np.ix_(group, outside)] / sizes[group].sum()
            for group in (one, other)
        ]
        return float(np.max(means))

    def _compare_names(self, one: Rows, other: Rows) -> dict[str, float]:
        """Capitalised words, each weighted by its rarity and by the share of articles with it.

        names_shared: weight of the shared words as a ratio of all. names_shared_weight: its
        logarithm. name_missing_*: strongest word of one group that the other lacks, max and min of
        both directions.
        """
        sizes = self.units.sizes
        first = self.names[one].sum(axis=0) / sizes[one].sum()
        second = self.names[other].sum(axis=0) / sizes[other].sum()
        shared = float(np.minimum(first, second).sum())
        either = float(np.maximum(first, second).sum())
        missing = [
            float(first[second == 0].max(initial=0)),
            float(second[first == 0].max(initial=0)),
        ]
        return {
            "names_shared": shared / (either + _TINY),
            "names_shared_weight": float(np.log1p(shared)),
            "name_missing_max": max(missing),
            "name_missing_min": min(missing),
        }


def _cosine(products: Matrix, one: Rows, other: Rows) -> float:
    """Cosine of the summed rows of two groups, from the products of all units; 0 without words."""
    norms = products[np.ix_(one, one)].sum() * products[np.ix_(other, other)].sum()
    return float(products[np.ix_(one, other)].sum() / (np.sqrt(max(norms, 0)) + _TINY))


def _compare_outlets(outlets: Rows, hours: Floats, one: Rows, other: Rows) -> dict[str, float]:
    """Outlets with articles in both groups, as shares of the outlets of the group with fewer.

    outlets_shared: all of them. outlets_repeating: those with an article in each group at almost
    the same time. outlet_pairs: share of the pairs between the groups that are from one outlet.
    """
    first, second = outlets[one], outlets[other]
    distinct = np.unique(first[first >= 0]), np.unique(second[second >= 0])
    fewer = max(1, min(map(len, distinct)))
    both = np.intersect1d(*distinct)
    repeating = sum(
        _smallest_distance(hours[one[first == outlet]], hours[other[second == outlet]])
        <= _REPEAT_HOURS
        for outlet in both
    )
    pairs = (first[:, None] == second[None, :]) & (first >= 0)[:, None]
    return {
        "outlets_shared": len(both) / fewer,
        "outlets_repeating": repeating / fewer,
        "outlet_pairs": float(pairs.mean()),
    }


def _smallest_distance(one: Floats, other: Floats) -> float:
    """Hours between the two nearest dates of two groups; infinite without dates."""
    one, other = one[~np.isnan(one)], np.sort(other[~np.isnan(other)])
    if not len(one) or not len(other):
        return np.inf
    after = np.searchsorted(other, one)
    nearest = np.minimum(
        np.abs(one - other[np.maximum(after - 1, 0)]),
        np.abs(one - other[np.minimum(after, len(other) - 1)]),
    )
    return float(nearest.min())


def _compare_hours(one: Floats, other: Floats) -> dict[str, float]:
    """Logarithms of 1 + the hours between the medians, of the whole span, and between the groups.

    Undated articles are ignored.
    """
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    both = np.concatenate([one, other])
    between = gap = 0.0
    if len(one) and len(other):
        between = abs(float(np.median(one) - np.median(other)))
        gap = max(0.0, float(one.min() - other.max()), float(other.min() - one.max()))
    return {
        "hours_between": float(np.log1p(between)),
        "hours_span": float(np.log1p(np.ptp(both))) if len(both) else 0.0,
        "hours_gap": float(np.log1p(gap)),
    }
