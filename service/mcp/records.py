"""Results of the MCP tools: pydantic models, from which the output schemas are built.

They hold names instead of records and no API links. Each quoted sentence has the URL of its
article.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer
from samestory_client import (
    Article,
    Change,
    Development,
    Member,
    Quote,
    Story,
    StoryDetail,
    Storyline,
    StorylineSummary,
)

#: Maximum number of reports in `StoryResult`; the tool `articles` lists all.
MAX_REPORTS = 60


def _to_iso(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


Time = Annotated[datetime, PlainSerializer(_to_iso, return_type=str)]


class Record(BaseModel):
    """Base of all results: no other fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class QuoteRecord(Record):
    """A sentence quoted from an article."""

    text: str
    outlet: str
    at: Time | None
    article: int
    url: str

    @classmethod
    def of(cls, quote: Quote) -> Self:
        return cls(
            text=quote.text,
            outlet=quote.outlet.name,
            at=quote.at,
            article=quote.article,
            url=quote.url,
        )


class StoryRecord(Record):
    """A story in a list."""

    id: str
    headline: str
    headline_url: str | None
    state: str
    coverage: int
    independent: int
    articles: int
    outlets: list[str]
    languages: list[str]
    first_reported_at: Time
    last_reported_at: Time
    storyline: str | None
    summary: list[QuoteRecord]

    @classmethod
    def of(cls, story: Story) -> Self:
        return cls(**_story_fields(story))


class ReportRecord(Record):
    """An article with the publisher's own link."""

    article: int
    title: str
    excerpt: str
    url: str
    outlet: str
    outlet_slug: str
    country: str | None
    language: str | None
    type: str
    at: Time
    date_precision: str | None
    copy_of: int | None

    @classmethod
    def of(cls, member: Member) -> Self:
        return cls(**_report_fields(member))


class ArticleRecord(ReportRecord):
    """An article with its story."""

    story: str | None
    story_headline: str | None

    @classmethod
    def of_article(cls, article: Article) -> Self:
        story = article.story
        return cls(
            **_report_fields(article),
            story=story.id if story else None,
            story_headline=story.headline if story else None,
        )


class DevelopmentRecord(Record):
    """A report that added new information."""

    at: Time
    title: str
    outlet: str
    article: int
    url: str

    @classmethod
    def of(cls, development: Development) -> Self:
        return cls(
            at=development.at,
            title=development.title,
            outlet=development.outlet.name,
            article=development.article,
            url=development.url,
        )


class StoryName(Record):
    """Id and headline of another story."""

    id: str
    headline: str


class StoryResult(StoryRecord):
    """One story in full."""

    keywords: list[str]
    people: list[str]
    places: list[str]
    organisations: list[str]
    first_reporter: str | None
    among_first: list[str]
    developments: list[DevelopmentRecord]
    reports: list[ReportRecord]
    related: list[StoryName]
    last_change: int | None

    @classmethod
    def of_detail(cls, story: StoryDetail) -> Self:
        first = story.first_reporter
        return cls(
            **_story_fields(story),
            keywords=list(story.keywords),
            people=[each.name for each in story.entities.people],
            places=[each.name for each in story.entities.places],
            organisations=[each.name for each in story.entities.organisations],
            first_reporter=first.outlet.name if first else None,
            among_first=[each.name for each in story.among_first],
            developments=[DevelopmentRecord.of(each) for each in story.developments],
            reports=[ReportRecord.of(each) for each in story.members[:MAX_REPORTS]],
            related=[StoryName(id=each.id, headline=each.headline) for each in story.related],
            last_change=story.transitions[-1].id if story.transitions else None,
        )


class StoriesResult(Record):
    """A page of stories; pass `next` as `cursor` for the next one."""

    since: Time | None
    until: Time | None
    as_of: Time | None
    stories: list[StoryRecord]
    next: str | None


class ArticlesResult(Record):
    """A page of articles; pass `next` as `cursor` for the next one."""

    since: Time | None
    until: Time | None
    articles: list[ArticleRecord]
    next: str | None


class SearchResult(Record):
    """Stories and articles, best first."""

    since: Time | None
    until: Time | None
    as_of: Time | None
    stories: list[StoryRecord]
    articles: list[ArticleRecord]


class StorylineRecord(Record):
    """A storyline in a list."""

    id: str
    title: str
    stories: int
    first_reported_at: Time | None
    last_reported_at: Time | None

    @classmethod
    def of(cls, storyline: StorylineSummary) -> Self:
        return cls(
            id=storyline.id,
            title=storyline.title,
            stories=storyline.stories,
            first_reported_at=storyline.first_reported_at,
            last_reported_at=storyline.last_reported_at,
        )


class StorylinesResult(Record):
    """A page of storylines; pass `next` as `cursor` for the next one."""

    storylines: list[StorylineRecord]
    next: str | None


class StorylineResult(Record):
    """A storyline with its latest stories, the latest first."""

    id: str
    title: str
    stories: list[StoryRecord]

    @classmethod
    def of(cls, storyline: Storyline) -> Self:
        stories = _story_records(storyline.stories)
        return cls(id=storyline.id, title=storyline.title, stories=stories)


class NearArticle(Record):
    """An article near a text, with the pair score."""

    article: int
    title: str
    url: str
    outlet: str
    score: float | None


class NextBestStory(Record):
    """The other story with the highest score."""

    story: str
    headline: str
    score: float | None


class MatchResult(Record):
    """The story of a text; null if there is none."""

    story: StoryRecord | None
    score: float | None
    nearest: list[NearArticle]
    next_best: NextBestStory | None
    article: int | None
    copy_of: int | None
    language: str | None
    date_flag: str


class ChangeRecord(Record):
    """A change of a story."""

    id: int
    story: str
    kind: str
    at: Time
    other_story: str | None

    @classmethod
    def of(cls, change: Change) -> Self:
        return cls(
            id=change.id,
            story=change.story,
            kind=change.kind,
            at=change.at,
            other_story=change.other_story,
        )


class ChangesResult(Record):
    """Changes in order; pass `next` as `since` of the next call."""

    changes: list[ChangeRecord]
    next: int
    more: bool


def _story_records(stories: Iterable[Story]) -> list[StoryRecord]:
    return [StoryRecord.of(each) for each in stories]


def _story_fields(story: Story) -> dict[str, Any]:
    return {
        "id": story.id,
        "headline": story.headline,
        "headline_url": story.headline_article.url if story.headline_article else None,
        "state": story.state,
        "coverage": story.coverage,
        "independent": story.independent,
        "articles": story.articles,
        "outlets": [outlet.name for outlet in story.outlets],
        "languages": list(story.languages),
        "first_reported_at": story.first_reported_at,
        "last_reported_at": story.last_reported_at,
        "storyline": story.storyline.id if story.storyline else None,
        "summary": [QuoteRecord.of(quote) for quote in story.summary],
    }


def _report_fields(member: Member) -> dict[str, Any]:
    return {
        "article": member.id,
        "title": member.title,
        "excerpt": member.excerpt,
        "url": member.url,
        "outlet": member.outlet.name,
        "outlet_slug": member.outlet.slug,
        "country": member.outlet.country,
        "language": member.language,
        "type": member.type,
        "at": member.reported_at,
        "date_precision": member.date_precision,
        "copy_of": member.copy_of,
    }
