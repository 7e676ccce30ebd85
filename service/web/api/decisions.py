"""`/v1/decisions`: what editors decide, with a key of the role `editor`."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Body, Path, Query, Response, Security
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.access.roles import Role
from service.domain.editing.effects import (
    MAX_HEADLINE_LENGTH,
    MAX_REASON_LENGTH,
    clean_headline,
    clean_line,
)
from service.store.access.keys import Key
from service.store.database.paging import cut
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.store.editing.undo import undo
from service.web.dependencies import WebContext, WebContextDep
from service.web.middleware.authenticate import RequireRole
from service.web.middleware.etags import ETagSession
from service.web.rendering.schemas import Instant, PageOut
from service.web.requests.idempotency import WRITE_RESPONSES, WriteDep, WriteResult
from service.web.requests.parameters import BigInt, Cursor, CursorQuery, Limit, ShortText
from service.web.requests.problems import NOT_FOUND_RESPONSE, PROBLEM_RESPONSES

router = APIRouter(prefix="/v1/decisions", tags=["editing"], responses=PROBLEM_RESPONSES)

CURSOR = Cursor("decisions", BigInt)
EDITOR = Security(RequireRole(Role.EDITOR), scopes=[Role.EDITOR])
Editor = Annotated[Key, EDITOR]
Number = Annotated[BigInt, Path(description="The decision's number.")]
MADE = {**WRITE_RESPONSES, **NOT_FOUND_RESPONSE}
READ = {**NOT_FOUND_RESPONSE, 403: WRITE_RESPONSES[403]}
#: Of one decision at most so many.
MOST_STORIES, MOST_ARTICLES = 100, 1000


class _Wanted(BaseModel):
    """What all decisions have."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        default="", max_length=MAX_REASON_LENGTH, description="For whoever asks later."
    )

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Decide so, within the caller's transaction."""
        raise NotImplementedError


class Merge(_Wanted):
    """Let stories be one: their articles stay together, their ids lead to the first."""

    action: Literal["merge"]
    stories: list[ShortText] = Field(
        min_length=2, max_length=MOST_STORIES, examples=[["9f3c1a", "b2"]]
    )

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Merge them."""
        return actions.merge(session, act, self.stories)


class Split(_Wanted):
    """Let articles leave a story for one of their own, and never join those they left."""

    action: Literal["split"]
    story: ShortText
    articles: list[BigInt] = Field(min_length=1, max_length=MOST_ARTICLES)

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Split them off."""
        return actions.split(session, act, self.story, self.articles)


class Move(_Wanted):
    """Let an article leave its story for another one."""

    action: Literal["move"]
    article: BigInt
    story: ShortText

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Move it."""
        return actions.move(session, act, self.article, self.story)


class MarkStory(_Wanted):
    """Let a story lead the list, be shown nowhere, or change by no job."""

    action: Literal["pin", "hide", "lock"]
    story: ShortText

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Mark it."""
        return actions.mark_story(session, act, self.action, self.story)


class MarkArticle(_Wanted):
    """Let an article's title be its story's headline, or let it belong to no story."""

    action: Literal["pin", "hide"]
    article: BigInt

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Mark it."""
        mark = {"pin": actions.pin_article, "hide": actions.hide_article}[self.action]
        return mark(session, act, self.article)


class Rename(_Wanted):
    """Give a story a headline of an editor's own."""

    action: Literal["rename"]
    story: ShortText
    headline: Annotated[str, StringConstraints(min_length=1, max_length=MAX_HEADLINE_LENGTH)]

    def carry_out(self, session: Session, act: EditorAction) -> Decision:
        """Rename it."""
        value = clean_headline(self.headline)
        return actions.mark_story(session, act, "rename", self.story, value=value)


class _Named(BaseModel):
    """Which decision is meant, whatever else is said."""

    action: Literal["merge", "split", "move", "pin", "hide", "rename", "lock"]


SHAPES: dict[str, type[_Wanted]] = {
    "merge": Merge, "split": Split, "move": Move, "rename": Rename, "lock": MarkStory
}  # fmt: skip


def _as_named(body: Any) -> _Wanted:
    """Read a body as the decision that it names: faults are told of that shape alone.

    Raises:
        ValidationError: it names none, or lacks something.
    """
    action = _Named.model_validate(body).action
    marks = MarkArticle if "article" in body else MarkStory
    return SHAPES.get(action, marks).model_validate(body)


Wanted = Annotated[
    Merge | Split | Move | MarkStory | MarkArticle | Rename, BeforeValidator(_as_named), Body()
]


class Undo(BaseModel):
    """Why a decision is to stand no longer."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        default="", max_length=MAX_REASON_LENGTH, description="For whoever asks later."
    )


class UndoneOut(BaseModel):
    """Who let a decision stand no longer, and why."""

    by: str
    at: Instant
    reason: str | None


class DecisionOut(BaseModel):
    """One act of an editor."""

    id: int
    action: str = Field(description="`merge`, `split`, `move`, `pin`, `hide`, `rename` or `lock`.")
    story: str | None
    other_stories: list[str] = Field(description="That it merged, split off or took from.")
    articles: list[int] = Field(description="That it moved, pinned or hid.")
    headline: str | None = Field(description="An editor's own.")
    made_by: str = Field(description="The name of the key, or of the user on the command line.")
    made_at: Instant
    reason: str
    undone: UndoneOut | None = Field(description="Null while it stands.")

    @classmethod
    def of(cls, found: Decision) -> Self:
        undone = None
        if found.undone_at is not None:
            who = found.undone_by or ""
            undone = UndoneOut(by=who, at=found.undone_at, reason=found.undone_reason)
        return cls(
            id=found.id,
            action=found.action,
            story=found.story_id,
            other_stories=list(found.other_story_ids),
            articles=list(found.article_ids),
            headline=found.value,
            made_by=found.made_by,
            made_at=found.made_at,
            reason=found.reason,
            undone=undone,
        )


@router.post("", status_code=201, response_model=DecisionOut, responses=MADE)
def decide(web: WebContextDep, write: WriteDep, editor: Editor, wanted: Wanted) -> Response:
    """Decide about stories or articles: done at once, and obeyed by every job from then on.

    Answers 409 where decisions that stand forbid it, and names them.
    """
    act = act_of(web, editor, wanted.reason)

    def carry_out(session: Session) -> WriteResult:
        found = wanted.carry_out(session, act)
        return WriteResult(DecisionOut.of(found), f"/v1/decisions/{found.id}")

    return write(carry_out)


@router.post("/{number}/undo", response_model=DecisionOut, responses=MADE)
def undo_decision(
    web: WebContextDep, write: WriteDep, editor: Editor, number: Number, wanted: Undo | None = None
) -> Response:
    """Let a decision stand no longer; articles that it moved go back unless others hold them."""
    act = act_of(web, editor, wanted.reason if wanted else "")
    return write(lambda session: WriteResult(DecisionOut.of(undo(session, act, number))))


@router.get("", dependencies=[EDITOR], responses=READ)
def list_decisions(
    session: ETagSession,
    *,
    story: Annotated[ShortText | None, Query(description="Only those that concern it.")] = None,
    undone: Annotated[bool, Query(description="Those that stand no longer, too.")] = False,
    limit: Annotated[Limit, Query()] = 50,
    cursor: CursorQuery = None,
) -> PageOut[DecisionOut]:
    """What editors decided, oldest first."""
    about = actions.resolve_story_id(session, story) if story else None
    after = CURSOR.decode(cursor)
    found = audit_log.list_decisions(
        session,
        all_of_them=undone,
        story_id=about,
        after=after[0] if after else 0,
        limit=limit + 1,
    )
    page = cut([(DecisionOut.of(each), (each.id,)) for each in found], limit)
    return PageOut(items=list(page.items), next=CURSOR.encode(page.next))


@router.get("/{number}", dependencies=[EDITOR], responses=READ)
def read_decision(session: ETagSession, number: Number) -> DecisionOut:
    """One decision."""
    return DecisionOut.of(audit_log.get(session, number))


def act_of(web: WebContext, editor: Key, reason: str) -> EditorAction:
    """An act of whoever holds a key."""
    now = web.clock()
    quiet_since = web.settings.lifecycle.quiet_since(now)
    return EditorAction(
        editor.name, clean_line("reason", reason, MAX_REASON_LENGTH), now, quiet_since
    )
