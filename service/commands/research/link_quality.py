"""What `samestory evaluate` says of copies and storylines, where the labels tell of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np

from service.commands.research.grouper import encode
from service.commands.research.jsonl import Label, Line, articles_of, read_labels
from service.domain.articles.copies import find_copies
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.evaluation.grouping_metrics import encode_labels
from service.domain.evaluation.link_metrics import (
    CopyQuality,
    StorylineQuality,
    copy_quality,
    storyline_quality,
)
from service.domain.grouping.cluster import rows_by_label
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.stories.storylines import StoryProfiles, link_storylines
from service.errors import BadLineError
from service.settings.grouping import StorylineSettings
from service.settings.load import Settings


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """None where the file has no such labels; storylines of the stories predicted and labelled."""

    copies: CopyQuality | None
    link_storylines: StorylineQuality | None
    gold_storylines: StorylineQuality | None

    def figures(self) -> dict[str, Any]:
        """All figures by name, each a flat mapping or None."""
        report: dict[str, Any] = {"copies": asdict(self.copies) if self.copies else None}
        for prefix, found in (("", self.storylines), ("gold_", self.gold_storylines)):
            report[f"{prefix}storylines"] = _flat(found, "articles")
            report[f"{prefix}between_stories"] = _flat(found, "between")
        return report


@dataclass(frozen=True, slots=True)
class LinkLabels:
    """What the lines of a labelled file say, row by row; None says nothing."""

    stories: Sequence[Label]
    originals: Sequence[Label | None]
    link_storylines: Sequence[Label | None]

    @classmethod
    def of(cls, path: str, lines: Sequence[Line]) -> Self:
        """Read `story`, `copy_of` and `storyline`.

        Raises:
            BadLineError: a line has no story, repeats an id, or a label is neither a text nor a
                whole number.
        """
        stories = list(read_labels(path, lines).values())
        return cls(stories, _labels(path, lines, "copy_of"), _labels(path, lines, "storyline"))


def link_quality(
    labels: LinkLabels,
    articles: Sequence[Article],
    stories: Sequence[Label],
    encoded: Callable[[], Vectors],
    settings: Settings,
) -> LinkQuality:
    """Find copies and storylines among articles and compare them with the labels.

    `labels`, `articles` and the predicted `stories` are row by row the same; `encoded` gives the
    articles' vectors and is called only where storylines are labelled. An original that is not
    among the articles, and so cannot be found, is no label.
    """
    found = None
    if any(original is not None for original in labels.originals):
        wanted = _within(articles, labels.originals)
        found = copy_quality(wanted, find_copies(articles, settings.copies))
    if all(saga is None for saga in labels.storylines):
        return LinkQuality(found, None, None)
    tokenised = TokenisedArticles.build(articles, encoded())
    features = Features.build(tokenised, tokenised.build_vocabulary())
    sagas = _with_lone_stories(labels)
    of_predicted, of_gold = (
        storyline_quality(
            sagas, labels.stories, linked(given, features, settings.storylines), given
        )
        for given in (stories, labels.stories)
    )
    return LinkQuality(found, of_predicted, of_gold)


def link_figures(
    path: str, lines: Sequence[Line], stories: Sequence[Label], settings: Settings
) -> dict[str, Any]:
    """The figures of `link_quality` for a labelled file, whose articles are encoded where needed.

    Raises:
        BadLineError: a line is no article, or its labels cannot be read.
    """
    labels = LinkLabels.of(path, lines)
    articles = articles_of(path, lines)
    encoded = partial(encode, articles, settings)
    return link_quality(labels, articles, stories, encoded, settings).figures()


def linked(stories: Sequence[Label], features: Features, settings: StorylineSettings) -> list[str]:
    """The storyline of each article, named after its first story; one of its own for a lone story."""
    members = rows_by_label(encode_labels(stories))
    names = [f"{number:09}" for number in range(len(members))]
    line_of = {name: name for name in names}
    for line in link_storylines(StoryProfiles.of(names, members, features), settings):
        line_of |= dict.fromkeys(line, line[0])
    found = np.empty(len(stories), dtype=object)
    for name, rows in zip(names, members, strict=True):
        found[rows] = line_of[name]
    return [str(line) for line in found]


def _labels(path: str, lines: Sequence[Line], key: str) -> list[Label | None]:
    values = [line.values.get(key) for line in lines]
    for line, value in zip(lines, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | str | None):
            raise BadLineError(path, line.number, f"{key} must be a text or a whole number")
    return values


def _with_lone_stories(labels: LinkLabels) -> list[tuple[str, Label]]:
    """Each article's storyline; a story in none is a storyline of its own."""
    pairs = zip(labels.storylines, labels.stories, strict=True)
    return [("story", story) if saga is None else ("saga", saga) for saga, story in pairs]


def _within(
    articles: Sequence[Article], originals: Sequence[Label | None]
) -> Mapping[ArticleId, ArticleId]:
    known = {article.id for article in articles}
    pairs = zip(articles, originals, strict=True)
    return {article.id: key for article, key in pairs if key is not None and key in known}


def _flat(
    found: StorylineQuality | None, part: Literal["articles", "between"]
) -> dict[str, Any] | None:
    if found is None:
        return None
    agreement = found.articles if part == "articles" else found.between
    return {"labelled": found.labelled, "found": found.found, **asdict(agreement)}
