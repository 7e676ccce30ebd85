"""`/v1/stories/{id}/…`: articles, timeline, related stories, evidence and transitions."""

from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from service.domain.field_types import ArticleTypes
from service.domain.stories.transitions import TransitionOut
from service.store.story_views import history, views
from service.store.story_views.not_found import missing_story
from service.store.story_views.reports import Member, list_story_members, load_story_reports
from service.web.api.stories.schemas import TimelinePointOut
from service.web.api.stories.stories import other_storyline_stories
from service.web.middleware.etags import ETagSession
from service.web.rendering.article_schemas import MEMBER_PROBABILITY, MemberOut
from service.web.rendering.schemas import (
    OutletRef,
    PageOut,
    StoryOut,
    Timestamp,
)
from service.web.rendering.story_page.evidence import read_evidence
from service.web.rendering.story_page.points import timeline_page
from service.web.requests.parameters.fields import (
    Names,
    fields_parameter,
    or_partial_page,
    page_response,
    validate_fields,
)
from service.web.requests.parameters.types import AsOf, BigInt, Cursor, CursorQuery, Limit, StoryId
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES
from service.web.requests.redirects import MERGED_RESPONSE, require_unmerged, require_unmerged_story

router = APIRouter(
    prefix="/v1/stories/{story_id}",
    tags=["stories"],
    responses={**PROBLEM_RESPONSES, **NOT_FOUND_RESPONSE},
)

ARTICLE_CURSOR = Cursor("members", bool, AwareDatetime, BigInt)
EVIDENCE_CURSOR = Cursor("evidence", bool, AwareDatetime, BigInt)
TIMELINE_CURSOR = Cursor("timeline", AwareDatetime, BigInt)
TRANSITION_CURSOR = Cursor("transitions", BigInt)
MemberFields = Annotated[
    Names, validate_fields(MemberOut), fields_parameter("id,title,outlet,score")
]


#: Descriptions of fields that several schemas have.
PROBABILITY = "Probability that both articles report the same event, 0 to 1."
CONTRIBUTIONS = (
    "Contributions of the features, largest absolute value first; only for the nearest article."
)
MEAN_PROBABILITY = "Mean probability with the articles of this story, 0 to 1."


class ContributionOut(BaseModel):
    """Contribution of one feature to a pair score."""

    feature: str = Field(
        description="The feature in words, such as `shared words in titles`.",
        examples=["shared words in titles"],
    )
    log_odds: float = Field(
        description="Contribution to the log odds of the pair score; a negative value lowers the "
        "score."
    )


class NeighbourOut(BaseModel):
    """A similar article of the same story."""

    article: int = Field(description="Id of the article.")
    score: float | None = Field(description=PROBABILITY)
    contributions: list[ContributionOut] = Field(description=CONTRIBUTIONS)


class AlternativeOut(BaseModel):
    """Another story with similar articles; usually that with the highest mean probability."""

    story: str = Field(description="Id of the story.")
    score: float | None = Field(description=MEAN_PROBABILITY)


class EvidenceOut(BaseModel):
    """Evidence that an article belongs to its story: probabilities and contributions."""

    article: int = Field(description="Id of the article.")
    title: str
    outlet: OutletRef
    joined_at: Timestamp | None = Field(description="Time at which the article joined the story.")
    score: float | None = Field(description=MEMBER_PROBABILITY)
    nearest: list[NeighbourOut] = Field(
        description="Up to three articles of the story, most probable first. Empty for the "
        "first article of a story and for articles that an editor moved."
    )
    next_best: AlternativeOut | None = Field(
        description="Next best story; null if no other story has a similar article."
    )
    editor: str | None = Field(
        description="Name of the editor, if an editor moved the article to the story; else null."
    )

    @classmethod
    def of(cls, member: Member) -> Self:
        report, membership = member.report, member.membership
        evidence = read_evidence(membership.evidence if membership else {})
        return cls(
            article=report.article_id,
            title=report.title,
            outlet=OutletRef(slug=report.outlet.slug, name=report.outlet.name),
            joined_at=membership.since if membership else None,
            score=membership.score if membership else None,
            nearest=[
                NeighbourOut(
                    article=near.article,
                    score=near.score,
                    contributions=[
                        ContributionOut(feature=each.name, log_odds=each.value)
                        for each in near.contributions
                    ],
                )
                for near in evidence.nearest
            ],
            next_best=AlternativeOut(story=evidence.next.story, score=evidence.next.score)
            if evidence.next
            else None,
            editor=evidence.editor,
        )


class RelatedOut(BaseModel):
    """Related stories by kind of relation."""

    storyline: list[StoryOut] = Field(
        description="Other stories of the storyline, out of its latest 100, latest first. "
        "`/v1/stories?storyline=ID` returns all of them in pages."
    )
    split_from: str | None = Field(
        description="Id of the story from which this one was split off; null if there is none."
    )
    split_into: list[str] = Field(
        description="Ids of the first 100 stories that were split off this one, oldest first. "
        "`/transitions` returns all of them in pages."
    )


@router.get(
    "/articles",
    response_model=or_partial_page(PageOut[MemberOut], MemberOut),
    responses=MERGED_RESPONSE,
)
def list_story_articles(  # noqa: PLR0917  # FastAPI calls it by name
    session: ETagSession,
    story_id: StoryId,
    types: Annotated[
        ArticleTypes,
        Query(
            alias="type",
            default_factory=list,
            description="Types of articles; matches any of them.",
        ),
    ],
    limit: Limit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
    fields: Annotated[MemberFields | None, Query()] = None,
) -> Response:
    """List the articles of a story in chronological order, undated ones last."""
    require_unmerged(session, story_id, as_of)
    scope = (story_id, as_of, sorted(types))
    after = ARTICLE_CURSOR.decode(cursor, *scope)
    page = list_story_members(session, story_id, after=after, limit=limit, as_of=as_of, types=types)
    items = [MemberOut.of(member) for member in page.items]
    return page_response(
        PageOut(items=items, next=ARTICLE_CURSOR.encode(page.next, *scope)), fields
    )


@router.get("/timeline", responses=MERGED_RESPONSE)
def get_story_timeline(
    session: ETagSession,
    story_id: StoryId,
    limit: Limit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[TimelinePointOut]:
    """Get the growth of coverage, report by report, in chronological order.

    It contains the articles that are in the story now, or at the time `as_of`.
    """
    require_unmerged(session, story_id, as_of)
    after = TIMELINE_CURSOR.decode(cursor, story_id, as_of)
    reports = load_story_reports(session, [story_id], as_of=as_of).get(story_id, ())
    page = timeline_page(reports, after=after, limit=limit)
    items = [TimelinePointOut.of(point) for point in page.items]
    return PageOut(items=items, next=TIMELINE_CURSOR.encode(page.next, story_id, as_of))


@router.get("/related", responses=MERGED_RESPONSE)
def get_related_stories(session: ETagSession, story_id: StoryId, as_of: AsOf = None) -> RelatedOut:
    """Get related stories: those of the same storyline, and those connected by a split.

    Each list has at most 100 stories, so there are no pages.
    """
    story = require_unmerged_story(session, story_id, as_of).story
    return RelatedOut(
        storyline=[
            StoryOut.of(other) for other in other_storyline_stories(session, story, as_of=as_of)
        ],
        split_from=story.split_from,
        split_into=list(views.list_split_off_ids(session, story.id, as_of=as_of)),
    )


@router.get("/evidence", responses=MERGED_RESPONSE)
def list_story_evidence(
    session: ETagSession,
    story_id: StoryId,
    limit: Limit = 50,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[EvidenceOut]:
    """List the evidence for each article of a story, in chronological order, undated ones last."""
    require_unmerged(session, story_id, as_of)
    after = EVIDENCE_CURSOR.decode(cursor, story_id, as_of)
    page = list_story_members(session, story_id, after=after, limit=limit, as_of=as_of)
    items = [EvidenceOut.of(member) for member in page.items]
    return PageOut(items=items, next=EVIDENCE_CURSOR.encode(page.next, story_id, as_of))


@router.get("/transitions")
def list_story_transitions(
    session: ETagSession,
    story_id: StoryId,
    limit: Limit = 100,
    cursor: CursorQuery = None,
    as_of: AsOf = None,
) -> PageOut[TransitionOut]:
    """List the transitions of a story, oldest first.

    The list of a merged story ends with the merge. With `as_of`, the list ends at that time, or the
    response is 404 if the story did not exist yet.
    """
    after = TRANSITION_CURSOR.decode(cursor, story_id, as_of)
    page = history.transitions_of(session, story_id, after=after, limit=limit, as_of=as_of)
    if not page.items:
        history.require_story(session, story_id)
        if as_of and after is None:
            raise missing_story(session, story_id, as_of)
    items = [TransitionOut.of(transition) for transition in page.items]
    return PageOut(items=items, next=TRANSITION_CURSOR.encode(page.next, story_id, as_of))
