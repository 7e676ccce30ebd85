"""Replay of a file: place and reconcile its articles in order of arrival."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles.model import (
    HOURS_PER_DAY,
    Article,
    ArticleId,
    Floats,
    Rows,
    Vectors,
    canonical_order,
)
from service.domain.grouping.replay_state import ReplayState
from service.domain.merges.model import MergeModel
from service.domain.pairs.features import TokenisedArticles
from service.domain.pairs.scoring.score import PairModel
from service.domain.progress import OnProgress
from service.settings.sections.grouping import ReplaySettings, StorySettings

_MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True, slots=True)
class Churn:
    """Rates at which articles change story.

    moved: mean share of the window that one run of reconcile moves. daily: mean share of the
    window that moves within a UTC day, over days with arrivals. late: share of all articles that
    ever move after `min_age_hours`. reconciles: number of runs.
    """

    moved: float
    daily: float
    late: float
    reconciles: int


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The final story of each article, and the churn."""

    stories: Mapping[ArticleId, str]
    churn: Churn


@dataclass(frozen=True, slots=True)
class ArrivalBatch:
    """Rows that arrive together, and the hour of their arrival since 1970."""

    hour: float
    rows: Rows


def replay(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    model: PairModel,
    merge_model: MergeModel,
    settings: StorySettings,
    schedule: ReplaySettings,
    on_progress: OnProgress = lambda _done, _total: None,
) -> ReplayResult:
    """Place and reconcile articles in order of arrival; undated ones come last, in given order.

    Each step uses only articles that have arrived, including their word statistics.
    """
    order = canonical_order(articles)
    file_order = np.argsort(order)  # rows in canonical order, in the order of `articles`
    articles = [articles[row] for row in order]
    tokenised = TokenisedArticles.build(articles, vectors[order])
    state = ReplayState(articles, tokenised, model, merge_model, settings)
    counter = ChurnCounter(len(articles), schedule.min_age_hours)
    done = 0
    for batch in arrival_batches(tokenised.hours, file_order, schedule):
        moved = state.step(batch.rows, batch.hour, schedule.window_hours)
        counter.count(moved, batch, state.window_size)
        done += len(batch.rows)
        on_progress(done, len(articles))
    return ReplayResult(state.stories(), counter.churn())


def arrival_batches(
    hours: Floats, file_order: Rows, schedule: ReplaySettings
) -> Iterator[ArrivalBatch]:
    """Articles that arrive between two runs of reconcile.

    `file_order` are the rows in the order of the input: that of arrival for equal dates, and for
    undated articles.
    """
    step = schedule.minutes / _MINUTES_PER_HOUR
    dated = file_order[~np.isnan(hours[file_order])]
    dated = dated[np.argsort(hours[dated], kind="stable")]
    slots = np.floor(hours[dated] / step)
    now = 0.0
    for rows in np.split(dated, np.flatnonzero(np.diff(slots)) + 1):
        for part in _chunks(rows, schedule.arrivals):
            now = max(now, (np.floor(hours[part[-1]] / step) + 1) * step)
            yield ArrivalBatch(now, part)
    for part in _chunks(file_order[np.isnan(hours[file_order])], schedule.arrivals):
        now += step
        yield ArrivalBatch(now, part)


def _chunks(rows: Rows, size: int) -> list[Rows]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


class ChurnCounter:
    """Counts moved articles, batch by batch."""

    def __init__(self, articles: int, min_age_hours: float) -> None:
        self._arrived = np.full(articles, np.nan)
        self._late = np.zeros(articles, dtype=bool)
        self._min_age_hours = min_age_hours
        self._shares: list[float] = []
        self._days: dict[int, set[int]] = {}
        self._window_sizes: dict[int, int] = {}

    def count(self, moved: Rows, batch: ArrivalBatch, window_size: int) -> None:
        """Add one run of reconcile: the rows it moved, and the size of the window."""
        self._arrived[batch.rows] = batch.hour
        self._shares.append(len(moved) / max(window_size, 1))
        day = int(batch.hour // HOURS_PER_DAY)
        self._days.setdefault(day, set()).update(moved.tolist())
        self._window_sizes[day] = max(window_size, 1)
        self._late[moved[batch.hour - self._arrived[moved] > self._min_age_hours]] = True

    def churn(self) -> Churn:
        """The churn of all runs so far."""
        moved = float(np.mean(self._shares)) if self._shares else 0.0
        late = float(self._late.mean()) if len(self._late) else 0.0
        days = [len(rows) / self._window_sizes[day] for day, rows in self._days.items()]
        return Churn(moved, float(np.mean(days)) if days else 0.0, late, len(self._shares))
