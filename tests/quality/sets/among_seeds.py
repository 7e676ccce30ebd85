"""Made-up reports among the English articles of `seeds/`.

A window of a few articles has no statistics, so that the grouping of made-up reports is tested in a
window with other news.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.grouping.replay import replay
from service.domain.grouping.window import group_window
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from tests.quality.sets.sets import EncodedSet
from tests.support.content.seeds import NOW

Stories = Mapping[ArticleId, object]


@dataclass(frozen=True, slots=True)
class Report:
    """A made-up report of an event, some hours before the newest article of the seeds."""

    event: str
    outlet: str
    hours: float
    title: str
    lead: str


@dataclass(frozen=True, slots=True)
class Grouped:
    """The stories of some reports by article id, in batch and in stream."""

    event_of: Mapping[ArticleId, str]
    batch: Stories
    stream: Stories

    def mixed_stories(self) -> list[list[str]]:
        """The events of each story with more than one event, of both groupings."""
        return [
            sorted(events)
            for stories in (self.batch, self.stream)
            for events in _group(self.event_of, stories).values()
            if len(events) > 1
        ]

    def divided_events(self) -> list[str]:
        """The events in more than one story, of both groupings."""
        return sorted(
            str(event)
            for stories in (self.batch, self.stream)
            for event, parts in _group(stories, self.event_of).items()
            if len(parts) > 1
        )


def group_among_seeds(reports: Sequence[Report], seeds: EncodedSet, encoder: Encoder) -> Grouped:
    """Group reports in one window with the articles of the seeds, with the shipped models."""
    settings = seeds.settings
    articles = [
        Article(
            id=f"report-{number}",
            title=report.title,
            text=report.lead,
            outlet=report.outlet,
            published=NOW - timedelta(hours=report.hours),
            lang="en",
        )
        for number, report in enumerate(reports)
    ]
    encoded = encode_articles(encoder, articles, languages=settings.embed.languages)
    window, vectors = [*seeds.articles, *articles], Vectors.concatenate([seeds.vectors, encoded])
    model, merge_model = load_pair_model(settings.pairs), load_merge_model(settings.merges)
    batch = group_window(
        window, vectors, model=model, merge_model=merge_model, settings=settings.stories
    ).labels()
    stream = replay(
        window,
        vectors,
        model=model,
        merge_model=merge_model,
        settings=settings.stories,
        schedule=settings.replay,
    )
    events = {article.id: report.event for article, report in zip(articles, reports, strict=True)}
    return Grouped(
        events,
        {key: batch[key] for key in events},
        {key: stream.stories[key] for key in events},
    )


def _group(values: Stories, groups: Stories) -> dict[object, set[str]]:
    """The values in each group."""
    grouped: dict[object, set[str]] = {}
    for key, group in groups.items():
        grouped.setdefault(group, set()).add(str(values[key]))
    return grouped
