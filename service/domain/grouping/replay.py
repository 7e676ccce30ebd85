"""Articles of a file, fed in order of arrival through place and reconcile, as the daemon would."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles.model import Article, ArticleId, Floats, Rows, Vectors, canonical_order
from service.domain.grouping.online_state import OnlineState
from service.domain.pairs.features import TokenisedArticles
from service.domain.pairs.score import PairModel
from service.settings.grouping import ReplaySettings, StorySettings

OnProgress = Callable[[int, int], None]

_MINUTES_PER_HOUR = 60.0
_HOURS_PER_DAY = 24.0


@dataclass(frozen=True, slots=True)
class Churn:
    """How often articles changed story.

    moved: mean share of the window that one run of reconcile moved. daily: mean share of it that
    moved in the course of a UTC day, days without arrivals left out. late: share of all articles
    that ever moved after they had settled.
    """

    moved: float
    daily: float
    late: float
    reconciles: int


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The story of each article in the end, and what happened on the way."""

    stories: Mapping[ArticleId, str]
    churn: Churn


@dataclass(frozen=True, slots=True)
class ArrivalBatch:
    """Rows that arrive together, and when: hours since 1970."""

    hour: float
    rows: Rows


def replay(
    articles: Sequence[Article],
    vectors: Vectors,
    *,
    model: PairModel,
    settings: StorySettings,
    clock: ReplaySettings,
    on_progress: OnProgress = lambda _done, _total: None,
) -> ReplayResult:
    """Place and reconcile article after article; undated ones arrive last, in the given order.

    Nothing is known of an article before it arrives, nor of the words of later ones.
    """
    order = canonical_order(articles)
    arrival = np.argsort(order)  # the place in the file of each row in canonical order
    articles = [articles[row] for row in order]
    tokenised = TokenisedArticles.build(articles, vectors[order])
    online = OnlineState(articles, tokenised, model, settings)
    counter = ChurnCounter(len(articles), clock.min_age_hours)
    done = 0
    for tick in ticks(tokenised.hours, np.argsort(arrival), clock):
        moved = online.step(tick.rows, tick.hour, clock.window_hours)
        counter.count(moved, tick, online.window)
        done += len(tick.rows)
        on_progress(done, len(articles))
    return ReplayResult(online.stories(), counter.churn())


def ticks(hours: Floats, given: Rows, clock: ReplaySettings) -> Iterator[ArrivalBatch]:
    """What arrives between two runs of reconcile; `given` holds the rows in the file's order."""
    step = clock.minutes / _MINUTES_PER_HOUR
    dated = given[~np.isnan(hours[given])]
    dated = dated[np.argsort(hours[dated], kind="stable")]
    slots = np.floor(hours[dated] / step)
    now = 0.0
    for rows in np.split(dated, np.flatnonzero(np.diff(slots)) + 1):
        for part in _few(rows, clock.arrivals):
            now = max(now, (np.floor(hours[part[-1]] / step) + 1) * step)
            yield ArrivalBatch(now, part)
    for part in _few(given[np.isnan(hours[given])], clock.arrivals):
        now += step
        yield ArrivalBatch(now, part)


def _few(rows: Rows, most: int) -> list[Rows]:
    return [rows[start : start + most] for start in range(0, len(rows), most)]


class ChurnCounter:
    """Counts moves; rows that arrive, and those of them that move, are told tick by tick."""

    def __init__(self, articles: int, min_age_hours: float) -> None:
        self._arrived = np.full(articles, np.nan)
        self._late = np.zeros(articles, dtype=bool)
        self._settled = min_age_hours
        self._shares: list[float] = []
        self._days: dict[int, set[int]] = {}
        self._windows: dict[int, int] = {}

    def count(self, moved: Rows, tick: ArrivalBatch, window: int) -> None:
        """What one run of reconcile moved in a window of so many articles."""
        self._arrived[tick.rows] = tick.hour
        self._shares.append(len(moved) / max(window, 1))
        day = int(tick.hour // _HOURS_PER_DAY)
        self._days.setdefault(day, set()).update(moved.tolist())
        self._windows[day] = max(window, 1)
        self._late[moved[tick.hour - self._arrived[moved] > self._settled]] = True

    def churn(self) -> Churn:
        """The churn of all runs so far."""
        moved = float(np.mean(self._shares)) if self._shares else 0.0
        late = float(self._late.mean()) if len(self._late) else 0.0
        days = [len(rows) / self._windows[day] for day, rows in self._days.items()]
        return Churn(moved, float(np.mean(days)) if days else 0.0, late, len(self._shares))
