"""Response schemas of one story and of lists with selected fields."""

from collections.abc import Sequence
from typing import Any, Self

from pydantic import BaseModel, Field

from service.domain.stories.transitions import TransitionOut
from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView
from service.web.api.stories.details import StoryDescriptionOut, description_fields
from service.web.rendering.article_schemas import MemberOut
from service.web.rendering.schemas import (
    OutletRef,
    StoryOut,
    Timestamp,
    story_fields,
)
from service.web.rendering.story_items import story_item
from service.web.rendering.story_page import points
from service.web.rendering.story_page.points import Point


class TimelinePointOut(BaseModel):
    """A report, and the number of outlets with a report up to its time."""

    at: Timestamp = Field(description="Time of the report.")
    article: int = Field(description="Id of the article.")
    outlet: str = Field(description="Slug of the outlet.")
    is_copy: bool = Field(description="Whether the article is a copy.")
    coverage: int = Field(description="Number of outlets with a report up to this time.")

    @classmethod
    def of(cls, point: Point) -> Self:
        report = point.report
        return cls(
            at=report.reported_at,
            article=report.article_id,
            outlet=report.outlet.slug,
            is_copy=report.copy,
            coverage=point.coverage,
        )


class RoundupOut(BaseModel):
    """A round-up that mentions a story. It is not in the story and does not count as coverage."""

    id: int
    title: str
    url: str
    language: str | None
    outlet: OutletRef
    reported_at: Timestamp

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls(
            id=report.article_id,
            title=report.title,
            url=report.url,
            language=report.language,
            outlet=OutletRef(slug=report.outlet.slug, name=report.outlet.name),
            reported_at=report.reported_at,
        )


class StoryDetailOut(StoryDescriptionOut, StoryOut):
    """A story with its articles, timeline, transitions and related stories."""

    members: list[MemberOut] = Field(
        description="Articles of the story in chronological order, undated ones last."
    )
    timeline: list[TimelinePointOut] = Field(
        description="Growth of coverage, report by report, in chronological order."
    )
    transitions: list[TransitionOut] = Field(
        description="First 100 transitions, oldest first. `/transitions` returns all of them in "
        "pages."
    )
    related: list[StoryOut] = Field(
        description="Other stories of the storyline, out of its latest 100, latest first."
    )
    split_into: list[str] = Field(
        description="Ids of the first 100 stories that were split off this one, oldest first."
    )
    mentioned_in: list[RoundupOut] = Field(
        description="Round-ups that mention the story, at most 20, latest first."
    )


class ListedStoryOut(StoryDescriptionOut, StoryOut):
    """A story of a list with all fields that `include` can add."""

    timeline: list[TimelinePointOut]

    @classmethod
    def of(cls, story: StoryView) -> Self:
        timeline = timeline_points(story.reports)
        return cls(**story_fields(story), **description_fields(story), timeline=timeline)


def listed_item(story: StoryView, names: Sequence[str]) -> dict[str, Any]:
    """The JSON of these fields of `ListedStoryOut`."""
    item = story_item(story)
    if not item.keys() >= {*names}:
        item |= ListedStoryOut.of(story).model_dump(mode="json", by_alias=True)
    return {name: item[name] for name in names}


def timeline_points(reports: tuple[Report, ...]) -> list[TimelinePointOut]:
    """The growth of coverage, report by report, in chronological order."""
    return [TimelinePointOut.of(point) for point in points.points(reports)]
