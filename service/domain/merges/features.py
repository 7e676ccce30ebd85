"""Merge features: what two groups of articles have in common, and what separates them."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from service.domain.articles.model import Floats, Rows
from service.domain.merges.units import Matrix, UnitScores
from service.domain.pairs.features import Features
from service.domain.pairs.match_prior import log_odds

#: Names of the merge features, in the order of a feature row; see `Component.merge_features`.
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

    Shapes: `dense`, `title`, `body` are products of the units' summed rows, (units, units);
    `names` has the summed inverse document frequencies of each unit's capitalised words, (units,
    words); `clusters` has each unit's HDBSCAN cluster; `hours`, `outlets` and `unit_of` have one
    entry per article, in order of the units.
    """

    units: UnitScores
    log_odds: Matrix
    dense: Matrix
    title: Matrix
    body: Matrix
    names: Matrix
    clusters: Rows
    hours: Floats
    outlets: Rows
    lengths: Floats
    unit_of: Rows
    background: float
    prior_shift: float

    @classmethod
    def build(
        cls, units: UnitScores, members: list[list[int]], features: Features, clusters: Rows
    ) -> Self:
        """Sum the features of the units; `members` has the rows of each unit."""
        rows = np.array([row for unit in members for row in unit], dtype=np.int64)
        unit_of = np.repeat(np.arange(len(members)), [len(unit) for unit in members])
        sums = csr_matrix(
            (np.ones(len(rows)), (unit_of, np.arange(len(rows)))), shape=(len(members), len(rows))
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
            outlets=features.outlets[rows],
            lengths=np.log1p(np.diff(features.body.indptr)[rows]),
            unit_of=unit_of,
            background=features.background,
            prior_shift=features.prior_shift,
        )

    def merge_features(self, one: Rows, other: Rows) -> Floats:
        """Feature row of two disjoint groups of units, shape (features,)."""
        sizes, scores = self.units.sizes, self.units.scores
        across = np.ix_(one, other)
        cross = self.log_odds[across].ravel()
        ranked = np.sort(cross)
        size_one, size_other = sizes[one].sum(), sizes[other].sum()
        weights = np.outer(sizes[one], sizes[other]) / (size_one * size_other)
        mean = float((scores[across] * weights).sum())
        coherence = sorted([self._coherence(one), self._coherence(other)])
        inner = (self._coherence(one) * size_one + self._coherence(other) * size_other) / (
            size_one + size_other
        )
        in_one, in_other = np.isin(self.unit_of, one), np.isin(self.unit_of, other)
        shared, missing = self._names(one, other, size_one, size_other)
        rival = self._rival_score(one, other)
        score_mean = float((self.log_odds[across] * weights).sum())
        title, body = _cosine(self.title, one, other), _cosine(self.body, one, other)
        both = in_one | in_other
        length = float(self.lengths[both].mean())
        return np.array(
            [
                score_mean,
                float(log_odds(mean)),
                ranked[-1],
                ranked[0],
                float(np.median(ranked)),
                float(ranked[-_TOP_PAIRS:].mean()),
                np.log(size_one + size_other),
                np.log(min(size_one, size_other)),
                float(log_odds(coherence[0])),
                float(log_odds(coherence[1])),
                float(log_odds(mean) - log_odds(np.clip(inner, 1e-3, 1 - 1e-3))),
                _cosine(self.dense, one, other),
                title,
                body,
                *shared,
                *missing,
                *_outlets(self.outlets, self.hours, in_one, in_other),
                *_hours(self.hours[in_one], self.hours[in_other]),
                rival,
                mean - rival,
                float(weights[self.clusters[one][:, None] == self.clusters[other][None, :]].sum()),
                float(np.isnan(self.hours[both]).mean()),
                length,
                self.background,
                self.prior_shift,
                length * score_mean,
                length * title,
                length * body,
            ]
        )

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

    def _names(
        self, one: Rows, other: Rows, size_one: float, size_other: float
    ) -> tuple[list[float], list[float]]:
        """Shared names as a ratio and a weight, and the strongest name that each group lacks."""
        first = self.names[one].sum(axis=0) / size_one
        second = self.names[other].sum(axis=0) / size_other
        shared = float(np.minimum(first, second).sum())
        either = float(np.maximum(first, second).sum())
        missing = sorted(
            [
                float(first[second == 0].max(initial=0)),
                float(second[first == 0].max(initial=0)),
            ],
            reverse=True,
        )
        return [shared / (either + _TINY), float(np.log1p(shared))], missing


def _cosine(products: Matrix, one: Rows, other: Rows) -> float:
    """Cosine of the summed rows of two groups, from the products of all units; 0 without words."""
    norms = products[np.ix_(one, one)].sum() * products[np.ix_(other, other)].sum()
    return float(products[np.ix_(one, other)].sum() / (np.sqrt(max(norms, 0)) + _TINY))


def _outlets(
    outlets: Rows, hours: Floats, in_one: NDArray[np.bool_], in_other: NDArray[np.bool_]
) -> list[float]:
    """Share of outlets in both groups, and of outlets that published in both at almost one time."""
    named = outlets >= 0
    first, second = set(outlets[in_one & named].tolist()), set(outlets[in_other & named].tolist())
    fewer = max(1, min(len(first), len(second)))
    both = first & second
    repeating = 0
    for outlet in both:
        at = outlets == outlet
        distances = np.abs(hours[in_one & at][:, None] - hours[in_other & at][None, :])
        repeating += bool((distances <= _REPEAT_HOURS).any())
    return [len(both) / fewer, repeating / fewer]


def _hours(one: Floats, other: Floats) -> list[float]:
    """Logarithms of 1 + the hours between the medians, of the span, and of the gap."""
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    both = np.concatenate([one, other])
    span = float(np.ptp(both)) if len(both) else 0.0
    if not len(one) or not len(other):
        return [0.0, float(np.log1p(span)), 0.0]
    between = abs(float(np.median(one) - np.median(other)))
    gap = max(0.0, float(one.min() - other.max()), float(other.min() - one.max()))
    return [float(np.log1p(value)) for value in (between, span, gap)]
