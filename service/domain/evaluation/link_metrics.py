"""How well copies and storylines agree with labels."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from service.domain.articles.copies import Copy
from service.domain.articles.model import ArticleId
from service.domain.evaluation.grouping_metrics import Agreement, Labels


@dataclass(frozen=True, slots=True)
class CopyQuality:
    """Copies with the right original, of the `found` ones and of the `labelled` ones."""

    labelled: int
    found: int
    right: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class StorylineQuality:
    """Pairs of articles of one storyline: all of them, and those `between` different stories.

    Two articles of one story are always of one storyline, so that `between` is the harder one.
    `labelled` and `found` count the storylines of several stories.
    """

    labelled: int
    found: int
    articles: Agreement
    between: Agreement


def copy_quality(labelled: Mapping[ArticleId, ArticleId], found: Iterable[Copy]) -> CopyQuality:
    """Compare copies with labels; both may name a copy as the original, whose original then counts.

    Precision is 1 where nothing was found, recall where nothing was labelled.
    """
    wanted = {key: _root(key, labelled) for key in labelled}
    links = {copy.article: copy.original for copy in found}
    right = sum(wanted.get(key) == _root(key, links) for key in links)
    agreement = _agreement(right, len(links), len(wanted))
    return CopyQuality(
        labelled=len(wanted),
        found=len(links),
        right=right,
        precision=agreement.precision,
        recall=agreement.recall,
        f1=agreement.f1,
    )


def storyline_quality(
    labelled: Labels, gold_stories: Labels, found: Labels, stories: Labels
) -> StorylineQuality:
    """Compare storylines, article by article; one of its own stands for a story in none.

    `stories` are those that were linked, `gold_stories` those of the labels: what is `between`
    is told by the labels alone.
    """
    both = list(zip(labelled, found, strict=True))
    right, joined, wanted = _pairs(both), _pairs(found), _pairs(labelled)
    # Pairs within one labelled story; of these, those that were joined.
    within = _pairs(gold_stories)
    told = _pairs(list(zip(gold_stories, found, strict=True)))
    return StorylineQuality(
        labelled=_several(labelled, gold_stories),
        found=_several(found, stories),
        articles=_agreement(right, joined, wanted),
        between=_agreement(right - told, joined - told, wanted - within),
    )


def _root(key: ArticleId, links: Mapping[ArticleId, ArticleId]) -> ArticleId:
    seen = {key}
    while key in links and links[key] not in seen:
        key = links[key]
        seen.add(key)
    return key


def _several(lines: Labels, stories: Labels) -> int:
    """How many storylines hold several stories."""
    held = Counter(line for line, _ in set(zip(lines, stories, strict=True)))
    return sum(count > 1 for count in held.values())


def _pairs(labels: Iterable[Hashable]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(labels).values())


def _agreement(right: int, found: int, wanted: int) -> Agreement:
    precision = right / found if found else 1.0
    recall = right / wanted if wanted else 1.0
    total = precision + recall
    return Agreement(precision, recall, 2 * precision * recall / total if total else 0.0)
