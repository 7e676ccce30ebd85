"""`/v1/decisions`: editorial decisions; requires the role `editor`."""

from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.articles.article_types import ArticleType
from service.domain.editing.effects import (
    MAX_REASON_LENGTH,
    clean_line,
)
from service.domain.field_types import ShortText
from service.store.access.keys import Key
from service.store.database.paging import make_page
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.store.editing.undo import undo
from service.web.api.editing.requests import DecisionIn, UndoIn
from service.web.dependencies import WebContext, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import PageOut, Timestamp
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

EDITOR_NAME = "Name of the API key, or of the editor on the command line."


class UndoOut(BaseModel):
    """Editor, time and reason of an undone decision."""

    by: str = Field(description=EDITOR_NAME)
    at: Timestamp
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
    made_at: Timestamp
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

    A decision takes effect immediately, and no job reverses it. With `set_type` to or from
    round-up, the article leaves or joins a story in the next run of a job. If the decision
    conflicts with active decisions, the response is 409 and lists them. Undo them first.
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
    limit: Limit = 50,
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
