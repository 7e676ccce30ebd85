"""Results of the MCP tools: pages of records, matches and changes."""

from typing import Self

from samestory_client import (
    Change,
    Storyline,
    StorylineSummary,
)

from service.mcp.records import ArticleRecord, Record, StoryRecord, Time


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
        stories = [StoryRecord.of(each) for each in storyline.stories]
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
