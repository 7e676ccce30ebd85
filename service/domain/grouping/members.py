"""Members of the stories that new articles may join, and the pair scores between the members."""

from collections.abc import Sequence

import numpy as np

from service.domain.articles.model import Floats, Rows
from service.domain.pairs.features import Features
from service.domain.pairs.nearest import concatenate_pairs
from service.domain.pairs.scoring.score import PairModel
from service.settings.sections.grouping import GroupingSettings


class StoryMembers:
    """Members of each story, and the mean pair score of each member with the others.

    A story has a number: first the stories that exist, in order of their first member, then those
    that `arrivals` start. `scores` are the pair scores of the arrivals with each other.
    """

    def __init__(  # noqa: PLR0917  # called once
        self,
        features: Features,
        stories: Sequence[str | None],
        model: PairModel,
        settings: GroupingSettings,
        arrivals: Rows,
        scores: Floats,
    ) -> None:
        self._features = features
        self._model = model
        self._settings = settings
        self._arrivals = {int(row): place for place, row in enumerate(arrivals)}
        self._scores = scores
        #: The id of each story; the row of the first article for a new one.
        self.keys: list[str | int] = list(dict.fromkeys(each for each in stories if each))
        self.existing = len(self.keys)
        number_of = {key: number for number, key in enumerate(self.keys)}
        #: The number of each row's story, −1 without one.
        self.story_of = np.array([-1 if each is None else number_of[each] for each in stories])
        self.rows: list[list[int]] = [[] for _ in self.keys]
        for row, number in enumerate(self.story_of):
            if number >= 0:
                self.rows[number].append(row)
        self._counts = [len(rows) for rows in self.rows]
        self._sums: dict[int, Floats] = {}

    def means(self, row_scores: Floats) -> Floats:
        """Mean pair score of an article with the members of each story, shape (stories,)."""
        placed = np.flatnonzero(self.story_of >= 0)
        sums = np.bincount(
            self.story_of[placed], weights=row_scores[placed], minlength=len(self.keys)
        )
        return np.asarray(np.round(sums / np.array(self._counts), 6))

    def score_joinable(self, scores: Floats) -> None:
        """Score the members of the stories that some arrival may join, all pairs in one step.

        `scores` are those of the arrivals, shape (arrivals, rows).
        """
        numbers = set[int]()
        for row_scores in scores:
            near = self.story_of[row_scores >= self._settings.join_score]
            if (near := near[near >= 0]).size:
                numbers.update(near[self.means(row_scores)[near] >= self._settings.quorum].tolist())
        self._sum_scores(sorted(numbers))

    def mean_scores(self, number: int) -> Floats:
        """Mean pair score of each member of a story with the others; 1 for a single member."""
        rows = self.rows[number]
        if number not in self._sums:
            if all(row in self._arrivals for row in rows):
                places = [self._arrivals[row] for row in rows]
                among = self._scores[np.ix_(places, places)]
                self._sums[number] = among.sum(axis=1) - among.diagonal()
            else:
                self._sum_scores([number])
        return self._sums[number] / (len(rows) - 1) if len(rows) > 1 else np.ones(1)

    def _sum_scores(self, numbers: Sequence[int]) -> None:
        """Add up the pair scores of the members of each story."""
        upper = [np.triu_indices(len(self.rows[number]), 1) for number in numbers]
        pairs = [
            np.array(self.rows[number], dtype=np.int64)[np.column_stack(places)]
            for number, places in zip(numbers, upper, strict=True)
        ]
        scores = self._model.score(self._features, concatenate_pairs(pairs))
        start = 0
        for number, places in zip(numbers, upper, strict=True):
            count = len(self.rows[number])
            among = np.zeros((count, count))
            among[places] = scores[start : start + len(places[0])]
            start += len(places[0])
            self._sums[number] = among.sum(axis=0) + among.sum(axis=1)

    def add(self, row: int, number: int | None, row_scores: Floats) -> None:
        """Add an article to a story, or to a new story if it is None."""
        if number is None:
            number = len(self.keys)
            self.keys.append(row)
            self.rows.append([])
            self._counts.append(0)
        if number in self._sums:
            near = row_scores[self.rows[number]]
            self._sums[number] = np.append(self._sums[number] + near, near.sum())
        self.rows[number].append(row)
        self._counts[number] += 1
        self.story_of[row] = number
