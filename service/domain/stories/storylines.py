"""Storylines: links between the stories of one saga, which stay separate stories."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, vstack

from service.domain.articles.model import HOURS_PER_DAY, Floats, Rows, Vectors
from service.domain.grouping.cluster import connected_labels, rows_by_label
from service.domain.merges.units import Matrix, UnitScores, split_to_quorum
from service.domain.pairs.features import Features
from service.domain.pairs.vocabulary import normalise_rows
from service.settings.sections.grouping import StorylineSettings


@dataclass(frozen=True, slots=True)
class StoryProfiles:
    """Averaged features of n stories, one row per story.

    `centroids` are mean vectors of unit length, shape (n, dimensions). `titles` and `leads` are
    mean TF-IDF rows of unit length. `first` and `last` are the hours of the first and the last
    report, NaN for a story without a dated article.
    """

    stories: tuple[str, ...]
    centroids: Vectors
    titles: csr_matrix
    leads: csr_matrix
    first: Floats
    last: Floats

    @classmethod
    def from_features(
        cls, stories: Sequence[str], members: Sequence[Rows], features: Features
    ) -> Self:
        """Average the articles of each story; `members` are rows of `features` by story."""
        values = features.vectors.values
        centroids = np.array([_centroid(values[rows].astype(np.float64)) for rows in members])
        hours = [_dated_hours(features.hours[rows]) for rows in members]
        return cls(
            stories=tuple(stories),
            centroids=Vectors(
                features.vectors.model,
                centroids.reshape(-1, values.shape[1]).astype(np.float32),
            ),
            titles=_mean_rows(features.title, members),
            leads=_mean_rows(features.lead, members),
            first=np.array([dated.min() for dated in hours]),
            last=np.array([dated.max() for dated in hours]),
        )


def link_storylines(profiles: StoryProfiles, settings: StorylineSettings) -> list[tuple[str, ...]]:
    """Storylines of two or more stories, each in order of first report, sorted by first story."""
    order = np.array(sorted(range(len(profiles.stories)), key=profiles.stories.__getitem__))
    storylines: list[tuple[str, ...]] = []
    for rows in _connected_sets(profiles, order.astype(np.int64), settings):
        similarity = np.array([_similarities(profiles, int(row), rows, settings) for row in rows])
        np.fill_diagonal(similarity, 1)
        symmetric: Matrix = np.asarray((similarity + similarity.T) / 2)
        parts = split_to_quorum(UnitScores.from_single_articles(symmetric), settings.quorum)
        storylines.extend(_in_report_order(profiles, rows[part]) for part in parts if len(part) > 1)
    return sorted(storylines)


def _connected_sets(
    profiles: StoryProfiles, order: Rows, settings: StorylineSettings
) -> Iterator[Rows]:
    """Stories connected by links, split by time into sets of at most `max_component` stories."""
    count = len(order)
    starts, ends = [], []
    for position, row in enumerate(order):
        similarity = _similarities(profiles, int(row), order, settings)
        similarity[position] = 0
        nearest = np.argsort(-similarity, kind="stable")[: settings.neighbours]
        linked = nearest[similarity[nearest] >= settings.link]
        starts.extend([position] * len(linked))
        ends.extend(linked.tolist())
    labels = connected_labels(
        np.array(starts, dtype=np.int64), np.array(ends, dtype=np.int64), count
    )
    for positions in rows_by_label(labels) if count else []:
        rows = order[positions]
        by_time = rows[np.argsort(profiles.first[rows], kind="stable")]
        yield from np.array_split(by_time, -(-len(rows) // settings.max_component))


def _similarities(
    profiles: StoryProfiles, row: int, others: Rows, settings: StorylineSettings
) -> Floats:
    """Mean of the centroid, title and lead cosines with other stories; 0 beyond `span_days`."""
    semantic = profiles.centroids.values[others] @ profiles.centroids.values[row]
    lexical = _cosines(profiles.titles, row, others) + _cosines(profiles.leads, row, others)
    gap = np.maximum(
        profiles.first[others] - profiles.last[row], profiles.first[row] - profiles.last[others]
    )
    similarity = np.clip((semantic.astype(np.float64) + lexical) / 3, 0, 1)
    similarity[gap > settings.span_days * HOURS_PER_DAY] = 0
    return np.asarray(np.round(similarity, 6))


def _cosines(tf_idf: csr_matrix, row: int, others: Rows) -> Floats:
    return np.asarray((tf_idf[others] @ tf_idf[row].T).toarray().ravel())


def _in_report_order(profiles: StoryProfiles, rows: Rows) -> tuple[str, ...]:
    """Story ids by first report, then undated stories by id."""
    by_time = sorted(rows.tolist(), key=lambda row: (profiles.first[row], profiles.stories[row]))
    dated = [row for row in by_time if not np.isnan(profiles.first[row])]
    undated = sorted(profiles.stories[row] for row in by_time if np.isnan(profiles.first[row]))
    return (*(profiles.stories[row] for row in dated), *undated)


def _mean_rows(tf_idf: csr_matrix, members: Sequence[Rows]) -> csr_matrix:
    means = [csr_matrix(tf_idf[rows].mean(axis=0)) for rows in members]
    return normalise_rows(vstack(means).tocsr()) if means else tf_idf[:0]


def _centroid(values: Floats) -> Floats:
    mean = values.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length if length > 0 else mean)


def _dated_hours(hours: Floats) -> Floats:
    """The hours of dated articles; a single NaN if there are none."""
    dated = hours[~np.isnan(hours)]
    return dated if len(dated) else np.array([np.nan])
