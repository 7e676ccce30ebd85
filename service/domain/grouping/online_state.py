"""The state between two arrivals: which stories there are, and which pairs connect them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Article, ArticleId, Floats, Rows
from service.domain.grouping.cluster import Units, components, group, renumber, rows_by_label
from service.domain.grouping.hysteresis import StableStories
from service.domain.grouping.lineage import ExistingStory, Plan, plan_update, story_id
from service.domain.grouping.place import Placement, place_rows
from service.domain.grouping.window import units_of
from service.domain.pairs.candidates import Pairs, candidate_pairs
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary
from service.settings.grouping import StorySettings

#: The whole window is scored anew when it has grown by this share; until then only what is new.
_GROWTH = 0.2
_START = datetime(1970, 1, 1, tzinfo=UTC)


class OnlineState:
    """Stories that grow while articles arrive; rows are those of all articles, arrived or not."""

    def __init__(
        self,
        articles: Sequence[Article],
        tokenised: TokenisedArticles,
        model: PairModel,
        settings: StorySettings,
    ) -> None:
        self._articles = articles
        self._readings = tokenised
        self._model = model
        self._settings = settings
        self._twin = units_of(articles).of_rows(len(articles))
        self._row_of = {article.id: row for row, article in enumerate(articles)}
        self._arrived = np.full(len(articles), np.nan)
        self._story: list[str | None] = [None] * len(articles)
        self._members: dict[str, set[int]] = {}
        self._emerged: dict[str, datetime] = {}
        self._pairs: Pairs = np.zeros((0, 2), dtype=np.int64)
        self._scores: Floats = np.zeros(0)
        self._scored_at = 0
        self._shift = 0.0
        self.window = 0  #: articles in the window at the last step

    def stories(self) -> dict[ArticleId, str]:
        """The story of each article that arrived."""
        pairs = zip(self._articles, self._story, strict=True)
        return {article.id: story for article, story in pairs if story is not None}

    def step(self, new: Rows, hour: float, window_hours: float) -> Rows:
        """Let articles arrive, place them and reconcile; the earlier rows that changed story."""
        self._arrived[new] = hour
        window = np.flatnonzero(hour - self._arrived <= window_hours)
        self.window = len(window)
        thorough = len(window) > self._scored_at * (1 + _GROWTH)
        asking = window if thorough else new
        vocabulary = replace(self._readings[window].vocabulary(), shift=self._shift)
        vocabulary, pairs = self._look_around(asking, window, vocabulary, afresh=thorough)
        self._place(new, pairs, vocabulary, hour)
        before = list(self._story)
        self._reconcile(asking, window, vocabulary, hour)
        changed = [row for row in window if before[row] != self._story[row]]
        return np.array(changed, dtype=np.int64)

    def _look_around(
        self, asking: Rows, window: Rows, vocabulary: Vocabulary, *, afresh: bool
    ) -> tuple[Vocabulary, Pairs]:
        """Candidates of the asking rows, scored and kept, beside those known or in their place.

        Afresh, they also tell how common true pairs are until the next time.
        """
        candidate_features = self._readings.candidate_features(window, vocabulary)
        places = np.searchsorted(window, np.sort(asking))
        found = window[candidate_pairs(candidate_features, self._settings.candidates, rows=places)]
        rows = np.unique(found)
        features = Features.build(self._readings[rows], vocabulary)
        pairs = np.searchsorted(rows, found)
        if afresh:
            self._shift = self._model.shift(features, pairs)
            vocabulary = replace(vocabulary, shift=self._shift)
        scores = self._model.score(features.with_prior_shift(self._shift), pairs)
        if afresh:
            self._scored_at = len(window)
            self._pairs, self._scores = found, scores
        else:
            self._pairs = np.concatenate([self._pairs, found])
            self._scores = np.concatenate([self._scores, scores])
        return vocabulary, found

    def _place(self, new: Rows, pairs: Pairs, vocabulary: Vocabulary, hour: float) -> None:
        """Put the new rows into stories, beside nothing but the stories of their candidates."""
        near = {self._story[row] for row in pairs[np.isin(pairs, new).any(axis=1)].ravel()}
        others = {row for story in near if story for row in self._members[story]}
        rows = np.array(sorted(others.union(new.tolist())), dtype=np.int64)
        placements = place_rows(
            [self._articles[row] for row in rows],
            Features.build(self._readings[rows], vocabulary),
            [self._story[row] for row in rows],
            model=self._model,
            settings=self._settings.grouping,
        )
        for placement in placements:
            self._enter(placement, hour)

    def _enter(self, placement: Placement, hour: float) -> None:
        row = self._row_of[placement.article]
        story = placement.story
        if story is None and placement.founder is not None:
            story = self._story[self._row_of[placement.founder]]
        if story is None:
            story = story_id(placement.article, self._emerged.__contains__)
            self._emerged[story] = _START + timedelta(hours=hour)
        self._move(row, story)

    def _move(self, row: int, story: str) -> None:
        if (old := self._story[row]) is not None:
            self._members[old].discard(row)
        self._story[row] = story
        self._members.setdefault(story, set()).add(row)

    def _reconcile(self, new: Rows, window: Rows, vocabulary: Vocabulary, hour: float) -> None:
        """Group anew what is connected with these rows, and bring the stories in line."""
        affected = self._affected(new, window, hour)
        articles = [self._articles[row] for row in affected]
        inside = self._inside(affected)
        labels = group(
            Features.build(self._readings[affected], vocabulary),
            np.searchsorted(affected, self._pairs[inside]),
            self._scores[inside],
            self._units(affected),
            model=self._model,
            settings=self._settings.grouping,
            settled=self._settled(affected, len(window), hour),
        )
        ids = [[articles[row].id for row in part] for part in rows_by_label(labels)]
        known = self._known(affected)
        self._apply(plan_update(known, ids, is_taken=self._emerged.__contains__), hour)

    def _settled(self, rows: Rows, window: int, hour: float) -> StableStories:
        """Which of these rows have settled in a window of so many articles, and where."""
        homes = [self._story[row] for row in rows]
        return StableStories.select(
            homes, hour - self._arrived[rows], window, self._settings.hysteresis
        )

    def _affected(self, new: Rows, window: Rows, hour: float) -> Rows:
        """The parts of the window that hold one of these rows."""
        units = self._units(window)
        unit_of = units.of_rows(len(window))
        inside = self._inside(window)
        links = unit_of[np.searchsorted(window, self._pairs[inside])]
        asked = set(unit_of[np.searchsorted(window, new)].tolist())
        homes = self._settled(window, len(window), hour).of_units(units.members)
        settings = self._settings.grouping
        parts = components(links, self._scores[inside], homes.stories, settings)
        touched = [part for part in parts if asked.intersection(part.tolist())]
        return np.sort(window[np.isin(unit_of, np.concatenate(touched))])

    def _inside(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of the known pairs lie within some rows."""
        chosen = np.zeros(len(self._articles), dtype=bool)
        chosen[rows] = True
        return np.asarray(chosen[self._pairs].all(axis=1))

    def _units(self, rows: Rows) -> Units:
        """The units of some rows, by their places among them."""
        return Units([part.tolist() for part in rows_by_label(renumber(self._twin[rows]))], set())

    def _known(self, rows: Rows) -> list[ExistingStory]:
        found = sorted({story for row in rows if (story := self._story[row]) is not None})
        return [
            ExistingStory(
                story,
                self._emerged[story],
                frozenset(self._articles[row].id for row in self._members[story]),
            )
            for story in found
        ]

    def _apply(self, plan: Plan, hour: float) -> None:
        for story in plan.emerged:
            self._emerged[story.id] = _START + timedelta(hours=hour)
        for opened in plan.opened:
            self._move(self._row_of[opened.article], opened.story)
