"""`/v1/stories/{id}/…`: the parts of a story, each at an address of its own."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from service.errors import NotFoundError
from service.store.story_views import history, views
from service.store.story_views.reports import Member, page_of_members, reports_of
from service.web.api.stories.schemas import PointOut, TransitionOut
from service.web.api.stories.stories import related_to
from service.web.middleware.etags import TaggedSession
from service.web.rendering.evidence import read_evidence
from service.web.rendering.schemas import Instant, MemberOut, OutletRef, PageOut, StoryOut
from service.web.rendering.timeline import page_of_points
from service.web.requests.fields import Names, PartialPageOut, fields_of, page_answer, such_as
from service.web.requests.parameters import AsOf, BigInt, Cursor, CursorQuery, Limit, StoryId
from service.web.requests.problems import NOT_FOUND, PROBLEMS
from service.web.requests.redirects import MOVED, require_standing, standing_story

router = APIRouter(
    prefix="/v1/stories/{story_id}", tags=["stories"], responses={**PROBLEMS, **NOT_FOUND}
)

ARTICLE_CURSOR = Cursor("members", AwareDatetime, BigInt)
EVIDENCE_CURSOR = Cursor("evidence", AwareDatetime, BigInt)
TIMELINE_CURSOR = Cursor("timeline", AwareDatetime, BigInt)
TRANSITION_CURSOR = Cursor("transitions", BigInt)
PartLimit = Annotated[Limit, Query()]
MemberFields = Annotated[Names, fields_of(MemberOut), such_as("id,title,outlet,score")]


class ShareOut(BaseModel):
    """What one feature adds to a pair score."""

    feature: str
    log_odds: float


class NeighbourOut(BaseModel):
    """A member that speaks for the article's place."""

    article: int
    score: float | None = Field(description="Pair score: probability that both report one event.")
    shares: list[ShareOut] = Field(description="Heaviest first; only for the nearest.")


class AlternativeOut(BaseModel):
    """The story that the article would belong to if it were not here."""

    story: str
    score: float | None


class EvidenceOut(BaseModel):
    """Why an article is in its story; nothing speaks for a founder."""

    article: int
    title: str
    outlet: OutletRef
    since: Instant | None = Field(description="When it joined the story.")
    score: float | None = Field(description="Mean pair score with the members.")
    nearest: list[NeighbourOut]
    next_best: AlternativeOut | None
    editor: str | None = Field(description="Who put it there by hand.")

    @classmethod
    def of(cls, member: Member) -> Self:
        report, placing = member.report, member.placing
        found = read_evidence(placing.evidence if placing else {})
        return cls(
            article=report.article_id,
            title=report.title,
            outlet=OutletRef(slug=report.outlet.slug, name=report.outlet.name),
            since=placing.since if placing else None,
            score=placing.score if placing else None,
            nearest=[
                NeighbourOut(
                    article=near.article,
                    score=near.score,
                    shares=[ShareOut(feature=x.name, log_odds=x.value) for x in near.shares],
                )
                for near in found.nearest
            ],
            next_best=AlternativeOut(story=found.next.story, score=found.next.score)
            if found.next
            else None,
            editor=found.editor,
        )


class RelatedOut(BaseModel):
    """Stories that have to do with one, by what they have to do with it."""

    storyline: list[StoryOut] = Field(
        description="Others among the latest hundred of its storyline, latest first. "
        "`/v1/stories?storyline=ID` pages through all."
    )
    split_from: str | None = Field(description="Id of the story that it was split from.")
    split_into: list[str] = Field(
        description="Ids of the stories that were split off, in order; the first hundred. "
        "`/transitions` tells of all."
    )


@router.get("/articles", response_model=PageOut[MemberOut] | PartialPageOut, responses=MOVED)
def read_articles(  # noqa: PLR0917  # FastAPI calls it by name
    session: TaggedSession,
    story_id: StoryId,
    limit: PartLimit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
    fields: Annotated[MemberFields | None, Query()] = None,
) -> Response:
    """A story's articles in order of time."""
    require_standing(session, story_id, as_of)
    after = ARTICLE_CURSOR.decode(cursor)
    page = page_of_members(session, story_id, after=after, limit=limit, as_of=as_of)
    items = [MemberOut.of(member) for member in page.items]
    return page_answer(PageOut(items=items, next=ARTICLE_CURSOR.encode(page.next)), fields)


@router.get("/timeline", responses=MOVED)
def read_timeline(
    session: TaggedSession,
    story_id: StoryId,
    limit: PartLimit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[PointOut]:
    """How a story's coverage grew, report by report, in order of time.

    Each step counts the outlets of all reports up to it, as they are when the page is asked for.
    """
    require_standing(session, story_id, as_of)
    after = TIMELINE_CURSOR.decode(cursor)
    reports = reports_of(session, [story_id], as_of=as_of).get(story_id, ())
    page = page_of_points(reports, after=after, limit=limit)
    items = [PointOut.of(point) for point in page.items]
    return PageOut(items=items, next=TIMELINE_CURSOR.encode(page.next))


@router.get("/related", responses=MOVED)
def read_related(session: TaggedSession, story_id: StoryId, as_of: AsOf = None) -> RelatedOut:
    """The other stories of a story's storyline, and those that it was or that were split off.

    These are several relations, each told at once and bounded, so there are no pages.
    """
    story = standing_story(session, story_id, as_of).story
    return RelatedOut(
        storyline=[StoryOut.of(other) for other in related_to(session, story, as_of=as_of)],
        split_from=story.split_from,
        split_into=list(views.parts_of(session, story.id, as_of=as_of)),
    )


@router.get("/evidence", responses=MOVED)
def read_story_evidence(
    session: TaggedSession,
    story_id: StoryId,
    limit: PartLimit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[EvidenceOut]:
    """Why each article is in a story, in order of time."""
    require_standing(session, story_id, as_of)
    after = EVIDENCE_CURSOR.decode(cursor)
    page = page_of_members(session, story_id, after=after, limit=limit, as_of=as_of)
    items = [EvidenceOut.of(member) for member in page.items]
    return PageOut(items=items, next=EVIDENCE_CURSOR.encode(page.next))


@router.get("/transitions")
def read_transitions(
    session: TaggedSession,
    story_id: StoryId,
    limit: PartLimit = 100,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[TransitionOut]:
    """What happened to a story, oldest first; of a merged one, up to its merger.

    With `as_of`, up to that instant; 404 before the story emerged.
    """
    after = TRANSITION_CURSOR.decode(cursor)
    page = history.transitions_of(session, story_id, after=after, limit=limit, as_of=as_of)
    if not page.items:
        history.require_story(session, story_id)
        if as_of and after is None:
            raise NotFoundError("story", story_id)
    items = [TransitionOut.of(transition) for transition in page.items]
    return PageOut(items=items, next=TRANSITION_CURSOR.encode(page.next))
