"""Quality of copies and storylines against labels, for `evaluate`."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal, Self

import numpy as np

from service.commands.research.grouper import encode
from service.commands.research.jsonl import Label, Line, parse_articles, read_labels
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.copies import find_copies
from service.domain.articles.model import Article, Vectors
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
from service.settings.load import Settings
from service.settings.sections.grouping import StorylineSettings


@dataclass(frozen=True, slots=True)
class LinkQuality:
    """Quality of copies and of storylines; None without such labels.

    `storylines` links the predicted stories, `gold_storylines` the labelled ones.
    """

    copies: CopyQuality | None
    storylines: StorylineQuality | None
    gold_storylines: StorylineQuality | None

    def report(self) -> dict[str, Any]:
        """All metrics by name, each a flat mapping or None."""
        report: dict[str, Any] = {"copies": asdict(self.copies) if self.copies else None}
        for prefix, quality in (("", self.storylines), ("gold_", self.gold_storylines)):
            report[f"{prefix}storylines"] = _flatten(quality, "articles")
            report[f"{prefix}between_stories"] = _flatten(quality, "between")
        return report


@dataclass(frozen=True, slots=True)
class LinkLabels:
    """Labels of a file, row by row; None without label."""

    stories: Sequence[Label]
    originals: Sequence[Label | None]
    storylines: Sequence[Label | None]

    @property
    def has_links(self) -> bool:
        """Whether a copy or a storyline is labelled."""
        return any(label is not None for label in (*self.originals, *self.storylines))

    @classmethod
    def parse(cls, path: str, lines: Sequence[Line]) -> Self:
        """Parse `story`, `copy_of` and `storyline`.

        Raises:
            BadLineError: a line has no story, repeats an id, or has a label that is neither a
                string nor an integer.
        """
        stories = list(read_labels(path, lines).values())
        originals = _optional_labels(path, lines, "copy_of")
        return cls(stories, originals, _optional_labels(path, lines, "storyline"))


def link_quality(
    labels: LinkLabels,
    articles: Sequence[Article],
    stories: Sequence[Label],
    encode_rows: Callable[[], Vectors],
    settings: Settings,
) -> LinkQuality:
    """Detect copies and storylines among articles and compare them with the labels.

    `labels`, `articles` and the predicted `stories` have the same rows. `encode_rows` returns the
    articles' vectors; it is called only if storylines are labelled. An original that is not among
    the articles cannot be detected, so its label is ignored.
    """
    copies = None
    if any(original is not None for original in labels.originals):
        ids = {article.id for article in articles}
        pairs = zip(articles, labels.originals, strict=True)
        originals = {article.id: key for article, key in pairs if key is not None and key in ids}
        story_of = {article.id: story for article, story in zip(articles, stories, strict=True)}
        copies = copy_quality(originals, find_copies(articles, settings.copies, story_of))
    if all(storyline is None for storyline in labels.storylines):
        return LinkQuality(copies, None, None)
    tokenised = TokenisedArticles.build(articles, encode_rows())
    features = Features.build(tokenised, tokenised.build_vocabulary())
    # A story in no storyline is a storyline of its own.
    gold = [
        ("story", story) if storyline is None else ("storyline", storyline)
        for storyline, story in zip(labels.storylines, labels.stories, strict=True)
    ]
    predicted_quality, gold_quality = (
        storyline_quality(
            gold, labels.stories, assign_storylines(each, features, settings.storylines), each
        )
        for each in (stories, labels.stories)
    )
    return LinkQuality(copies, predicted_quality, gold_quality)


def link_report(
    path: str, lines: Sequence[Line], stories: Sequence[Label], settings: Settings
) -> dict[str, Any]:
    """The report of `link_quality` for a labelled file; encodes its articles if needed.

    Lines without labels of copies and storylines need no title.

    Raises:
        BadLineError: a line is not an article or has invalid labels.
    """
    labels = LinkLabels.parse(path, lines)
    if not labels.has_links:
        return LinkQuality(None, None, None).report()
    articles = remove_boilerplate(parse_articles(path, lines))
    encode_rows = partial(encode, articles, settings)
    return link_quality(labels, articles, stories, encode_rows, settings).report()


def assign_storylines(
    stories: Sequence[Label], features: Features, settings: StorylineSettings
) -> list[str]:
    """The storyline of each article, named after its first story; one per unlinked story."""
    members = rows_by_label(encode_labels(stories))
    names = [f"{number:09}" for number in range(len(members))]
    line_of = {name: name for name in names}
    for line in link_storylines(StoryProfiles.from_features(names, members, features), settings):
        line_of |= dict.fromkeys(line, line[0])
    lines = np.empty(len(stories), dtype=object)
    for name, rows in zip(names, members, strict=True):
        lines[rows] = line_of[name]
    return [str(line) for line in lines]


def _optional_labels(path: str, lines: Sequence[Line], key: str) -> list[Label | None]:
    values = [line.values.get(key) for line in lines]
    for line, value in zip(lines, values, strict=True):
        if isinstance(value, bool) or not isinstance(value, int | str | None):
            raise BadLineError(path, line.number, f"{key} must be a string or an integer")
    return values


def _flatten(
    quality: StorylineQuality | None, part: Literal["articles", "between"]
) -> dict[str, Any] | None:
    if quality is None:
        return None
    agreement = quality.articles if part == "articles" else quality.between
    return {"labelled": quality.labelled, "predicted": quality.predicted, **asdict(agreement)}
