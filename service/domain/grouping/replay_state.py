"""State of a replay: stories and scored pairs, updated with each batch of arriving articles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from service.domain.articles.model import Article, ArticleId, Floats, Rows
from service.domain.grouping.cluster import (
    Units,
    group,
    renumber,
    rows_by_label,
    split_components,
)
from service.domain.grouping.hysteresis import StableStories
from service.domain.grouping.lineage import plan_update, story_id
from service.domain.grouping.place import place_rows
from service.domain.grouping.story_changes import ExistingStory
from service.domain.grouping.window import build_units
from service.domain.merges.model import MergeModel
from service.domain.pairs.candidates import candidate_pairs, without_roundups
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.score import PairModel
from service.domain.pairs.vocabulary import Vocabulary
from service.settings.sections.grouping import StorySettings

#: The whole window is scored again when it has grown by this share. Until then, only new articles
#: are scored.
_GROWTH = 0.2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReplayState:
    """Stories that grow while articles arrive; rows are those of all articles, arrived or not."""

    def __init__(
        self,
        articles: Sequence[Article],
        tokenised: TokenisedArticles,
        model: PairModel,
        merge_model: MergeModel,
        settings: StorySettings,
    ) -> None:
        self._articles = articles
        self._tokenised = tokenised
        self._model = model
        self._merge_model = merge_model
        self._settings = settings
        self._unit_of = build_units(articles).unit_of_rows(len(articles))
        self._row_of = {article.id: row for row, article in enumerate(articles)}
        self._arrived = np.full(len(articles), np.nan)
        self._story: list[str | None] = [None] * len(articles)
        self._members: dict[str, set[int]] = {}
        self._emerged: dict[str, datetime] = {}
        self._pairs: Pairs = np.zeros((0, 2), dtype=np.int64)
        self._scores: Floats = np.zeros(0)
        self._scored_size = 0
        self._prior_shift = 0.0
        self.window_size = 0  #: articles in the window at the last step

    def stories(self) -> dict[ArticleId, str]:
        """The story of each article that has arrived."""
        pairs = zip(self._articles, self._story, strict=True)
        return {article.id: story for article, story in pairs if story is not None}

    def step(self, new: Rows, hour: float, window_hours: float) -> Rows:
        """Add arriving articles, place them and reconcile; return the rows that changed story."""
        self._arrived[new] = hour
        window = np.flatnonzero(hour - self._arrived <= window_hours)
        self.window_size = len(window)
        rescore = len(window) > self._scored_size * (1 + _GROWTH)
        scored_rows = window if rescore else new
        vocabulary = self._tokenised[window].build_vocabulary()
        vocabulary = replace(vocabulary, prior_shift=self._prior_shift)
        vocabulary, pairs = self._score_candidates(scored_rows, window, vocabulary, rescore=rescore)
        self._place(new, pairs, vocabulary, hour)
        before = list(self._story)
        self._reconcile(scored_rows, window, vocabulary, hour)
        changed = [row for row in window if before[row] != self._story[row]]
        return np.array(changed, dtype=np.int64)

    def _score_candidates(
        self, scored_rows: Rows, window: Rows, vocabulary: Vocabulary, *, rescore: bool
    ) -> tuple[Vocabulary, Pairs]:
        """Score the candidates of some rows and add them to the scored pairs.

        With `rescore` they replace the scored pairs and give the prior shift until the next time.
        """
        features = self._tokenised.candidate_features(window, vocabulary)
        positions = np.searchsorted(window, np.sort(scored_rows))
        candidates = window[candidate_pairs(features, self._settings.candidates, rows=positions)]
        candidates = without_roundups(candidates, self._articles)
        rows = np.unique(candidates)
        row_features = Features.build(self._tokenised[rows], vocabulary)
        pairs = np.searchsorted(rows, candidates)
        if rescore:
            self._prior_shift, scores = self._model.score_with_prior_shift(row_features, pairs)
            vocabulary = replace(vocabulary, prior_shift=self._prior_shift)
            self._scored_size = len(window)
            self._pairs, self._scores = candidates, scores
        else:
            scores = self._model.score(row_features.with_prior_shift(self._prior_shift), pairs)
            self._pairs = np.concatenate([self._pairs, candidates])
            self._scores = np.concatenate([self._scores, scores])
        return vocabulary, candidates

    def _place(self, new: Rows, pairs: Pairs, vocabulary: Vocabulary, hour: float) -> None:
        """Place the new rows among the stories of their candidates."""
        near = {self._story[row] for row in pairs[np.isin(pairs, new).any(axis=1)].ravel()}
        others = {row for story in near if story for row in self._members[story]}
        rows = np.array(sorted(others.union(new.tolist())), dtype=np.int64)
        placements = place_rows(
            [self._articles[row] for row in rows],
            Features.build(self._tokenised[rows], vocabulary),
            [self._story[row] for row in rows],
            model=self._model,
            settings=self._settings.grouping,
        )
        for placement in placements:
            story = placement.story
            if story is None and placement.founder is not None:
                story = self._story[self._row_of[placement.founder]]
            if story is None:
                story = story_id(placement.article, self._emerged.__contains__)
                self._emerged[story] = _EPOCH + timedelta(hours=hour)
            self._move(self._row_of[placement.article], story)

    def _move(self, row: int, story: str) -> None:
        if (old := self._story[row]) is not None:
            self._members[old].discard(row)
        self._story[row] = story
        self._members.setdefault(story, set()).add(row)

    def _reconcile(
        self, scored_rows: Rows, window: Rows, vocabulary: Vocabulary, hour: float
    ) -> None:
        """Regroup everything connected with rows that were scored, and update the stories."""
        rows = self._affected_rows(scored_rows, window, hour)
        articles = [self._articles[row] for row in rows]
        inside = self._pairs_inside(rows)
        labels = group(
            Features.build(self._tokenised[rows], vocabulary),
            np.searchsorted(rows, self._pairs[inside]),
            self._scores[inside],
            self._units(rows),
            model=self._model,
            merge_model=self._merge_model,
            settings=self._settings.grouping,
            stable=self._stable_stories(rows, len(window), hour),
        )
        groups = [[articles[row].id for row in part] for part in rows_by_label(labels)]
        stories = sorted({story for row in rows if (story := self._story[row]) is not None})
        existing = [
            ExistingStory(
                story,
                self._emerged[story],
                frozenset(self._articles[row].id for row in self._members[story]),
            )
            for story in stories
        ]
        plan = plan_update(existing, groups, is_taken=self._emerged.__contains__)
        for story in plan.emerged:
            self._emerged[story.id] = _EPOCH + timedelta(hours=hour)
        for membership in plan.started:
            self._move(self._row_of[membership.article], membership.story)

    def _stable_stories(self, rows: Rows, window_size: int, hour: float) -> StableStories:
        stories = [self._story[row] for row in rows]
        ages = hour - self._arrived[rows]
        return StableStories.select(stories, ages, window_size, self._settings.hysteresis)

    def _affected_rows(self, scored_rows: Rows, window: Rows, hour: float) -> Rows:
        """Rows of the connected components that contain a row that was scored."""
        units = self._units(window)
        unit_of = units.unit_of_rows(len(window))
        inside = self._pairs_inside(window)
        links = unit_of[np.searchsorted(window, self._pairs[inside])]
        scored_units = set(unit_of[np.searchsorted(window, scored_rows)].tolist())
        stable = self._stable_stories(window, len(window), hour).by_unit(units.members)
        settings = self._settings.grouping
        parts = split_components(links, self._scores[inside], stable.numbers, settings)
        touched = [part for part in parts if scored_units.intersection(part.tolist())]
        return np.sort(window[np.isin(unit_of, np.concatenate(touched))])

    def _pairs_inside(self, rows: Rows) -> NDArray[np.bool_]:
        """Mask of the scored pairs with both articles among some rows."""
        chosen = np.zeros(len(self._articles), dtype=bool)
        chosen[rows] = True
        return np.asarray(chosen[self._pairs].all(axis=1))

    def _units(self, rows: Rows) -> Units:
        """The units of some rows, as positions among them."""
        parts = rows_by_label(renumber(self._unit_of[rows]))
        return Units([part.tolist() for part in parts], set())
