"""`/v1/stories`: lists, one story, its transitions."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, FiniteFloat

from service.store.reading import history, stories
from service.store.reading.history import Transition
from service.store.reading.stories import Sort, StoryDetail, StoryFilter, StoryView
from service.web import links, timeline
from service.web.context import ReadSession
from service.web.problems import NOT_FOUND, PROBLEMS
from service.web.schemas import Instant, MemberOut, PageOut, StoryOut, story_fields
from service.web.timeline import Point
from service.web.words import (
    BigInt,
    Count,
    Cursor,
    CursorQuery,
    CursorText,
    Limit,
    StoryId,
    UtcTime,
    Word,
)

router = APIRouter(prefix="/v1/stories", tags=["stories"], responses=PROBLEMS)

CURSORS = {
    Sort.RANK: Cursor("stories/rank", FiniteFloat, Word),
    Sort.NEWEST: Cursor("stories/newest", AwareDatetime, Word),
    Sort.LARGEST: Cursor("stories/largest", Count, Count, AwareDatetime, Word),
}
TRANSITION_CURSOR = Cursor("transitions", BigInt)
MOVED: dict[int | str, dict[str, Any]] = {
    308: {"description": "The story was merged; `Location` names the one it lives on in."}
}


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
        description="`emerged`, `grew`, `shrank`, `merged`, `split`, `closed` or `reopened`."
    )
    at: Instant
    cause: str = Field(description="`place`, `reconcile`, `editor` or `age`.")
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
            other_story=transition.other_story_id,
            articles=list(transition.article_ids),
        )


class StoryDetailOut(StoryOut):
    """A story with everything that is known of it."""

    members: list[MemberOut] = Field(description="Its articles in order of time.")
    timeline: list[PointOut]
    transitions: list[TransitionOut] = Field(description="The first hundred; the rest has a route.")
    related: list[StoryOut] = Field(description="Other stories of the storyline, latest first.")


class StoryQuery(BaseModel):
    """Which stories, in what order, and which part of them."""

    model_config = ConfigDict(extra="forbid")

    since: UtcTime | None = Field(None, description="Last reported at this time or later.")
    until: UtcTime | None = Field(None, description="Last reported before this time.")
    min_coverage: Count = Field(0, description="At least so many outlets.")
    min_independent: Count = Field(0, description="At least so much independent coverage.")
    outlet: Word | None = Field(None, description="Slug of an outlet that reported.")
    language: Word | None = Field(None, description="ISO 639-1 code of a report's language.")
    storyline: Word | None = Field(None, description="Id of a storyline.")
    state: Literal["open", "closed"] | None = None
    sort: Sort = Sort.RANK
    limit: Limit = 50
    cursor: CursorText | None = None

    def filter(self) -> StoryFilter:
        """The conditions alone."""
        return StoryFilter(
            since=self.since,
            until=self.until,
            min_coverage=self.min_coverage,
            min_independent=self.min_independent,
            outlet=self.outlet,
            language=self.language,
            storyline=self.storyline,
            state=self.state,
        )


@router.get("")
def list_stories(session: ReadSession, query: Annotated[StoryQuery, Query()]) -> PageOut[StoryOut]:
    """Stories that have articles and were not merged.

    `sort=rank`, the default, weighs independent coverage against recency: each doubling
    of it counts as if the last report had come twelve hours later. `newest` goes by the
    last report, `largest` by independent coverage. A story that grows while you page may
    appear again; none that stays as it is is left out.
    """
    found, after = list_page(session, query)
    return PageOut(items=[StoryOut.of(story) for story in found], next=after)


def list_page(session: ReadSession, query: StoryQuery) -> tuple[tuple[StoryView, ...], str | None]:
    """A page of stories and the cursor of the next one."""
    cursor = CURSORS[query.sort]
    page = stories.list_stories(
        session,
        query.filter(),
        sort=query.sort,
        after=cursor.decode(query.cursor),
        limit=query.limit,
    )
    return page.items, cursor.encode(page.next)


@router.get("/{story_id}", response_model=StoryDetailOut, responses={**NOT_FOUND, **MOVED})
def read_story(session: ReadSession, story_id: StoryId) -> StoryDetailOut | RedirectResponse:
    """One story with its articles, timeline, transitions and related stories."""
    detail = stories.get_story(session, story_id)
    if detail.story.state == "merged":
        survivor = history.survivor_of(session, story_id)
        return RedirectResponse(links.story_api(survivor), 308)
    happened = history.transitions_of(session, story_id).items
    related = related_to(session, detail.story)
    return _detail(detail, list(happened), related)


@router.get("/{story_id}/transitions", responses=NOT_FOUND)
def read_transitions(
    session: ReadSession,
    story_id: StoryId,
    limit: Annotated[Limit, Query()] = 100,
    cursor: CursorQuery = None,
) -> PageOut[TransitionOut]:
    """What happened to a story, oldest first; of a merged one, up to its merger."""
    after = TRANSITION_CURSOR.decode(cursor)
    page = history.transitions_of(session, story_id, after=after, limit=limit)
    if not page.items:
        history.require_story(session, story_id)
    items = [TransitionOut.of(transition) for transition in page.items]
    return PageOut(items=items, next=TRANSITION_CURSOR.encode(page.next))


def related_to(session: ReadSession, story: StoryView) -> list[StoryView]:
    """The other stories of a story's storyline, latest first."""
    if story.storyline is None:
        return []
    found = stories.of_storyline(session, story.storyline.id)
    return [other for other in found if other.id != story.id]


def _detail(
    detail: StoryDetail, happened: list[Transition], related: list[StoryView]
) -> StoryDetailOut:
    return StoryDetailOut(
        **story_fields(detail.story),
        members=[MemberOut.of(member) for member in detail.members],
        timeline=[PointOut.of(point) for point in timeline.points(detail.story.reports)],
        transitions=[TransitionOut.of(transition) for transition in happened],
        related=[StoryOut.of(other) for other in related],
    )
