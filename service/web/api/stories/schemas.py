"""What the API answers about one story, and about lists with more or less of each."""

from typing import Self

from pydantic import BaseModel, Field

from service.store.story_views.history import Transition
from service.store.story_views.reports import Report
from service.store.story_views.views import StoryView
from service.web.api.stories.details import TellingOut, telling_fields
from service.web.rendering import timeline
from service.web.rendering.schemas import Instant, MemberOut, StoryOut, story_fields
from service.web.rendering.timeline import Point


class PointOut(BaseModel):
    """A step in the growth of a story's coverage."""

    at: Instant
    article: int
    outlet: str = Field(description="Slug.")
    is_copy: bool
    coverage: int = Field(description="Outlets that had reported by then.")

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


class TransitionOut(BaseModel):
    """Something that happened to a story."""

    id: int
    story: str
    kind: str = Field(
        description="`emerged`, `grew`, `shrank`, `merged`, `split`, `closed`, `reopened`, `renamed`, "
        "`hidden` or `shown`. Of a story that is `hidden` nothing else is told, and what was kept of "
        "it is to be shown no longer, until it is `shown`."
    )
    at: Instant
    cause: str = Field(description="`place`, `reconcile`, `editor` or `age`.")
    editor: str | None = Field(description="Which editor, where the cause is one.")
    other_story: str | None
    articles: list[int]

    @classmethod
    def of(cls, transition: Transition) -> Self:
        return cls(
            id=transition.id,
            story=transition.story_id,
            kind=transition.kind,
            at=transition.at,
            cause=transition.cause,
            editor=transition.editor,
            other_story=transition.other_story_id,
            articles=list(transition.article_ids),
        )


class StoryDetailOut(TellingOut, StoryOut):
    """A story with everything that is known of it."""

    members: list[MemberOut] = Field(description="Its articles in order of time.")
    timeline: list[PointOut]
    transitions: list[TransitionOut] = Field(description="The first hundred; the rest has a route.")
    related: list[StoryOut] = Field(description="Other stories of the storyline, latest first.")
    split_into: list[str] = Field(description="Ids of the stories that were split off, in order.")


class LongStoryOut(TellingOut, StoryOut):
    """A story of a list with all that lists leave out."""

    timeline: list[PointOut]

    @classmethod
    def of(cls, story: StoryView) -> Self:
        points = points_of(story.reports)
        return cls(**story_fields(story), **telling_fields(story), timeline=points)


def points_of(reports: tuple[Report, ...]) -> list[PointOut]:
    """The growth of a story's coverage, report by report."""
    return [PointOut.of(point) for point in timeline.points(reports)]
