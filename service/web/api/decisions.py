"""`/v1/decisions`: editorial decisions; requires the role `editor`."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Body, Depends, Path, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.articles.article_types import ArticleType
from service.domain.editing.effects import (
    MAX_HEADLINE_LENGTH,
    MAX_REASON_LENGTH,
    clean_headline,
    clean_line,
)
from service.domain.field_types import ShortText
from service.store.access.keys import Key
from service.store.database.paging import make_page
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.store.editing.undo import undo
from service.web.dependencies import WebContext, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters.types import BigInt, Cursor, CursorQuery, Limit
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/decisions", tags=["editing"], responses=PROBLEM_RESPONSES)

CURSOR = Cursor("decisions", BigInt)
EDITOR = Depends(RequireRole(Role.EDITOR))
Editor = Annotated[Key, EDITOR]
Number = Annotated[BigInt, Path(description="Id of the decision.")]
WRITE_ERRORS = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
READ_ERRORS = {**NOT_FOUND_RESPONSE, 403: WRITE_RESPONSES[403]}
#: Limits of one decision.
MAX_STORIES, MAX_ARTICLES = 100, 1000


class _DecisionIn(BaseModel):
    """Base of all request bodies for decisions."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        default="",
        max_length=MAX_REASON_LENGTH,
        description="Reason for the audit log. Default: none.",
    )

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Apply the decision in the given transaction."""
        raise NotImplementedError


class Merge(_DecisionIn):
    """Merge stories into the first one. The ids of the others redirect to it."""

    action: Literal["merge"]
    stories: list[ShortText] = Field(
        min_length=2,
        max_length=MAX_STORIES,
        description="Ids of the stories; the first one stays.",
        examples=[["g6eppbxpoc", "4of4xk7aot"]],
    )

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Merge the stories."""
        return actions.merge(session, action, self.stories)


class Split(_DecisionIn):
    """Split articles off a story into a new story. Jobs keep the two sets of articles apart."""

    action: Literal["split"]
    story: ShortText = Field(description="Id of the story.")
    articles: list[BigInt] = Field(
        min_length=1,
        max_length=MAX_ARTICLES,
        description="Ids of the articles to split off.",
    )

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Split the articles off."""
        return actions.split(session, action, self.story, self.articles)


class Move(_DecisionIn):
    """Move an article to another story."""

    action: Literal["move"]
    article: BigInt = Field(description="Id of the article.", examples=[5])
    story: ShortText = Field(description="Id of the story to which the article moves.")

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Move the article."""
        return actions.move(session, action, self.article, self.story)


class MarkStory(_DecisionIn):
    """Pin, hide or lock a story.

    Lists start with pinned stories. Readers cannot see a hidden story. No article joins or leaves a
    locked story.
    """

    action: Literal["pin", "hide", "lock"]
    story: ShortText = Field(description="Id of the story.")

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Mark it."""
        return actions.mark_story(session, action, self.action, self.story)


class MarkArticle(_DecisionIn):
    """Pin or hide an article.

    The title of a pinned article is the headline of its story. A hidden article leaves its story
    and joins no other.
    """

    action: Literal["pin", "hide"]
    article: BigInt = Field(description="Id of the article.")

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Mark it."""
        mark = {"pin": actions.pin_article, "hide": actions.hide_article}[self.action]
        return mark(session, action, self.article)


class Rename(_DecisionIn):
    """Replace the headline of a story."""

    action: Literal["rename"]
    story: ShortText = Field(description="Id of the story.")
    headline: Annotated[str, StringConstraints(min_length=1, max_length=MAX_HEADLINE_LENGTH)] = (
        Field(description="New headline.")
    )

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Rename the story."""
        value = clean_headline(self.headline)
        return actions.mark_story(session, action, "rename", self.story, value=value)


class SetType(_DecisionIn):
    """Correct the type of an article. The correction also applies to later revisions."""

    action: Literal["set_type"]
    article: BigInt = Field(description="Id of the article.")
    type: ArticleType = Field(description="New type.")

    def apply(self, session: Session, action: EditorAction) -> Decision:
        """Correct the type."""
        return actions.set_type(session, action, self.article, self.type)


class _ActionIn(BaseModel):
    """The action of a request body; other fields are ignored."""

    action: Literal["merge", "split", "move", "pin", "hide", "rename", "lock", "set_type"]


SCHEMAS: dict[str, type[_DecisionIn]] = {
    "merge": Merge, "split": Split, "move": Move, "rename": Rename, "lock": MarkStory,
    "set_type": SetType,
}  # fmt: skip


def _parse_decision(body: Any) -> _DecisionIn:
    """Validate a body only against the schema that its `action` selects.

    Raises:
        ValidationError: the action is unknown, or a field is missing or invalid.
    """
    action = _ActionIn.model_validate(body).action
    mark = MarkArticle if "article" in body else MarkStory
    return SCHEMAS.get(action, mark).model_validate(body)


DecisionIn = Annotated[
    Merge | Split | Move | MarkStory | MarkArticle | Rename | SetType,
    BeforeValidator(_parse_decision),
    Body(),
]


class UndoIn(BaseModel):
    """Reason to undo a decision."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        default="",
        max_length=MAX_REASON_LENGTH,
        description="Reason for the audit log. Default: none.",
    )


EDITOR_NAME = "Name of the API key, or of the editor on the command line."


class UndoOut(BaseModel):
    """Editor, time and reason of an undone decision."""

    by: str = Field(description=EDITOR_NAME)
    at: Instant
    reason: str | None


class DecisionOut(BaseModel):
    """A decision of an editor."""

    id: int
    action: str = Field(
        description="`merge`, `split`, `move`, `pin`, `hide`, `rename`, `lock` or `set_type`."
    )
    story: str | None = Field(description="Id of the story; null if the article is in no story.")
    other_stories: list[str] = Field(
        description="Ids of the other stories. For `merge`: the stories that were merged into "
        "`story`. For `split`: the new story. For `move`: the story that the article left."
    )
    articles: list[int] = Field(description="Ids of the articles that the decision applies to.")
    headline: str | None = Field(description="New headline; null unless the action is `rename`.")
    type: ArticleType | None = Field(
        description="Corrected type of the article; null unless the action is `set_type`."
    )
    made_by: str = Field(description=EDITOR_NAME)
    made_at: Instant
    reason: str
    undone: UndoOut | None = Field(description="Null while the decision is active.")

    @classmethod
    def of(cls, decision: Decision) -> Self:
        undone = None
        if decision.undone_at is not None:
            undone = UndoOut(
                by=decision.undone_by or "", at=decision.undone_at, reason=decision.undone_reason
            )
        return cls(
            id=decision.id,
            action=decision.action,
            story=decision.story_id,
            other_stories=list(decision.other_story_ids),
            articles=list(decision.article_ids),
            headline=decision.value if decision.action == "rename" else None,
            type=ArticleType(decision.value or "") if decision.action == "set_type" else None,
            made_by=decision.made_by,
            made_at=decision.made_at,
            reason=decision.reason,
            undone=undone,
        )


@router.post("", status_code=201, response_model=DecisionOut, responses=WRITE_ERRORS)
def create_decision(
    web: WebContextDep, write: WriteDep, editor: Editor, body: DecisionIn
) -> Response:
    """Make a decision about stories or articles.

    A decision takes effect immediately, and no job reverses it. If it conflicts with active
    decisions, the response is 409 and lists them. Undo them first.
    """
    action = editor_action(web, editor, body.reason)

    def apply(session: Session) -> WriteResult:
        decision = body.apply(session, action)
        return WriteResult(DecisionOut.of(decision), f"/v1/decisions/{decision.id}")

    return write(apply)


@router.post("/{number}/undo", response_model=DecisionOut, responses=WRITE_ERRORS)
def undo_decision(
    web: WebContextDep, write: WriteDep, editor: Editor, number: Number, body: UndoIn | None = None
) -> Response:
    """Undo a decision and move its articles back.

    Articles that have moved since the decision stay where they are. The remaining articles of a
    story move back together. They stay in their current story if another active decision forbids
    the move, or if their former or current story is locked or hidden.
    """
    action = editor_action(web, editor, body.reason if body else "")
    return write(lambda session: WriteResult(DecisionOut.of(undo(session, action, number))))


@router.get("", dependencies=[EDITOR], responses=READ_ERRORS)
def list_decisions(
    session: ETagSession,
    *,
    story: Annotated[
        ShortText | None, Query(description="Id of a story; list only decisions about it.")
    ] = None,
    undone: Annotated[bool, Query(description="Include undone decisions.")] = False,
    limit: Annotated[Limit, Query()] = 50,
    cursor: CursorQuery = None,
) -> PageOut[DecisionOut]:
    """List decisions, oldest first."""
    story_id = actions.resolve_story_id(session, story) if story else None
    after = CURSOR.decode(cursor)
    listed = audit_log.list_decisions(
        session,
        include_undone=undone,
        story_id=story_id,
        after=after[0] if after else 0,
        limit=limit + 1,
    )
    page = make_page([(DecisionOut.of(each), (each.id,)) for each in listed], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{number}", dependencies=[EDITOR], responses=READ_ERRORS)
def get_decision(session: ETagSession, number: Number) -> DecisionOut:
    """Get one decision."""
    return DecisionOut.of(audit_log.get(session, number))


def editor_action(web: WebContext, editor: Key, reason: str) -> EditorAction:
    """The action of an editor at the present time."""
    now = web.clock()
    quiet_since = web.settings.lifecycle.quiet_since(now)
    return EditorAction(
        editor.name, clean_line("reason", reason, MAX_REASON_LENGTH), now, quiet_since
    )
