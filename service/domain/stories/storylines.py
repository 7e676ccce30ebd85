"""Stories of one saga: linked in the order in which they came, never merged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, vstack
from scipy.sparse.csgraph import connected_components

from service.domain.articles.model import Floats, Rows, Vectors
from service.domain.grouping.cluster import rows_by_label
from service.domain.grouping.quorum import Matrix, UnitScores, split_to_quorum
from service.domain.pairs.features import Features
from service.domain.pairs.vocabulary import normalise_rows
from service.settings.grouping import StorylineSettings

_HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class StoryProfiles:
    """Stories in brief, row by row.

    `centres` are mean vectors of unit length, `titles` and `leads` mean TF-IDF rows of unit
    length, `first` and `last` the hours of the first and the last report, NaN where no member is
    dated.
    """

    stories: tuple[str, ...]
    centres: Vectors
    titles: csr_matrix
    leads: csr_matrix
    first: Floats
    last: Floats

    @classmethod
    def of(cls, stories: Sequence[str], members: Sequence[Rows], features: Features) -> Self:
        """Sum up stories; `members` holds the rows of each story's articles."""
        centres = np.array(
            [_centre(features.vectors.values[rows].astype(np.float64)) for rows in members]
        )
        hours = [_dated(features.hours[rows]) for rows in members]
        width = features.vectors.values.shape[1]
        return cls(
            stories=tuple(stories),
            centres=Vectors(features.vectors.model, centres.reshape(-1, width).astype(np.float32)),
            titles=_means(features.title, members),
            leads=_means(features.lead, members),
            first=np.array([dated.min() for dated in hours]),
            last=np.array([dated.max() for dated in hours]),
        )


def link_storylines(summaries: StoryProfiles, settings: StorylineSettings) -> list[tuple[str, ...]]:
    """Storylines of two and more stories, each in order of first report, sorted by their first."""
    order = np.array(sorted(range(len(summaries.stories)), key=summaries.stories.__getitem__))
    found: list[tuple[str, ...]] = []
    for rows in _connected(summaries, order.astype(np.int64), settings):
        likeness = _likeness(summaries, rows, settings)
        parts = split_to_quorum(UnitScores.single(likeness), settings.quorum)
        found.extend(_in_order(summaries, rows[part]) for part in parts if len(part) > 1)
    return sorted(found)


def _connected(summaries: StoryProfiles, order: Rows, settings: StorylineSettings) -> Iterator[Rows]:
    """Stories that links connect, in bounded sets."""
    count = len(order)
    starts, ends = [], []
    for place, row in enumerate(order):
        alike = _likeness_of(summaries, int(row), order, settings)
        alike[place] = 0
        best = np.argsort(-alike, kind="stable")[: settings.neighbours]
        kept = best[alike[best] >= settings.link]
        starts.extend([place] * len(kept))
        ends.extend(kept.tolist())
    graph = coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(count, count))
    for places in rows_by_label(connected_components(graph, directed=False)[1]) if count else []:
        rows = order[places]
        by_time = rows[np.argsort(summaries.first[rows], kind="stable")]
        yield from np.array_split(by_time, -(-len(rows) // settings.max_component))


def _likeness(summaries: StoryProfiles, rows: Rows, settings: StorylineSettings) -> Matrix:
    found = np.array([_likeness_of(summaries, int(row), rows, settings) for row in rows])
    np.fill_diagonal(found, 1)
    return np.asarray((found + found.T) / 2)


def _likeness_of(
    summaries: StoryProfiles, row: int, others: Rows, settings: StorylineSettings
) -> Floats:
    """Mean of the cosines of centres, titles and leads with each other story, 0 beyond the span."""
    near = summaries.centres.values[others] @ summaries.centres.values[row]
    shared = _cosines(summaries.titles, row, others) + _cosines(summaries.leads, row, others)
    gap = np.maximum(
        summaries.first[others] - summaries.last[row], summaries.first[row] - summaries.last[others]
    )
    likeness = np.clip((near.astype(np.float64) + shared) / 3, 0, 1)
    likeness[gap > settings.span_days * _HOURS_PER_DAY] = 0
    return np.asarray(np.round(likeness, 6))


def _cosines(words: csr_matrix, row: int, others: Rows) -> Floats:
    return np.asarray((words[others] @ words[row].T).toarray().ravel())


def _in_order(summaries: StoryProfiles, rows: Rows) -> tuple[str, ...]:
    """The stories by first report, undated last."""
    keyed = sorted(rows.tolist(), key=lambda row: (summaries.first[row], summaries.stories[row]))
    dated = [row for row in keyed if not np.isnan(summaries.first[row])]
    undated = sorted(summaries.stories[row] for row in keyed if np.isnan(summaries.first[row]))
    return (*(summaries.stories[row] for row in dated), *undated)


def _means(words: csr_matrix, members: Sequence[Rows]) -> csr_matrix:
    means = [csr_matrix(words[rows].mean(axis=0)) for rows in members]
    return normalise_rows(vstack(means).tocsr()) if means else words[:0]


def _centre(values: Floats) -> Floats:
    mean = values.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return np.asarray(mean / length if length > 0 else mean)


def _dated(hours: Floats) -> Floats:
    known = hours[~np.isnan(hours)]
    return known if len(known) else np.array([np.nan])
