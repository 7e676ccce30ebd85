"""Metrics of detected copies and storylines against labels."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from service.domain.articles.copies import Copy
from service.domain.articles.model import ArticleId
from service.domain.evaluation.grouping_metrics import Agreement, Labels


@dataclass(frozen=True, slots=True)
class CopyQuality:
    """Precision and recall of copies.

    A predicted copy is `correct` if its original is the labelled one.
    """

    labelled: int
    predicted: int
    correct: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class StorylineQuality:
    """Agreement over pairs of articles in one storyline, all and `between` different stories.

    Two articles of one story are always in one storyline, so `between` is the harder measure.
    `labelled` and `predicted` count the storylines with several stories.
    """

    labelled: int
    predicted: int
    articles: Agreement
    between: Agreement


def copy_quality(labelled: Mapping[ArticleId, ArticleId], predicted: Iterable[Copy]) -> CopyQuality:
    """Compare copies with labels; if an original is itself a copy, its own original counts.

    Precision is 1 if nothing is predicted, recall is 1 if nothing is labelled.
    """
    originals = {key: _root(key, labelled) for key in labelled}
    links = {copy.article: copy.original for copy in predicted}
    correct = sum(originals.get(key) == _root(key, links) for key in links)
    agreement = _agreement(correct, len(links), len(originals))
    return CopyQuality(
        labelled=len(originals),
        predicted=len(links),
        correct=correct,
        precision=agreement.precision,
        recall=agreement.recall,
        f1=agreement.f1,
    )


def storyline_quality(
    labelled: Labels, gold_stories: Labels, predicted: Labels, stories: Labels
) -> StorylineQuality:
    """Compare storylines row by row; a story in no storyline has a storyline of its own.

    `stories` are the stories that were linked, `gold_stories` the labelled ones, which decide
    whether a pair is `between` stories.
    """
    both = list(zip(labelled, predicted, strict=True))
    correct, joined, labelled_pairs = (
        _count_pairs(both),
        _count_pairs(predicted),
        _count_pairs(labelled),
    )
    # Pairs within one labelled story, and those of them that are in one predicted storyline.
    within = _count_pairs(gold_stories)
    joined_within = _count_pairs(list(zip(gold_stories, predicted, strict=True)))
    return StorylineQuality(
        labelled=_count_linked(labelled, gold_stories),
        predicted=_count_linked(predicted, stories),
        articles=_agreement(correct, joined, labelled_pairs),
        between=_agreement(
            correct - joined_within, joined - joined_within, labelled_pairs - within
        ),
    )


def _root(key: ArticleId, links: Mapping[ArticleId, ArticleId]) -> ArticleId:
    """Follow links from copy to original to the first original; cycles end."""
    visited = {key}
    while key in links and links[key] not in visited:
        key = links[key]
        visited.add(key)
    return key


def _count_linked(lines: Labels, stories: Labels) -> int:
    """Number of storylines with several stories."""
    stories_per_line = Counter(line for line, _ in set(zip(lines, stories, strict=True)))
    return sum(count > 1 for count in stories_per_line.values())


def _count_pairs(labels: Iterable[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def _agreement(correct: int, predicted: int, labelled: int) -> Agreement:
    precision = correct / predicted if predicted else 1.0
    recall = correct / labelled if labelled else 1.0
    total = precision + recall
    return Agreement(precision, recall, 2 * precision * recall / total if total else 0.0)
