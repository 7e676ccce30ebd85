"""Records in the results of the MCP tools: pydantic models that define the output schemas.

They hold names instead of records and no API links. Each quoted sentence has the URL of its
article.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, PlainSerializer
from samestory_client import (
    Article,
    Development,
    Member,
    Quote,
    Story,
    StoryDetail,
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
