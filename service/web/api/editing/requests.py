"""Request bodies of decisions: one schema for each action."""

from typing import Annotated, Any, Literal

from fastapi import Body
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from service.domain.articles.article_types import ArticleType
from service.domain.editing.effects import (
    MAX_HEADLINE_LENGTH,
    MAX_REASON_LENGTH,
    clean_headline,
)
from service.domain.field_types import ShortText
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.editing.audit_log import Decision
from service.web.requests.parameters.types import BigInt

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

    Lists in the default order start with pinned stories. Readers cannot see a hidden story. No
    article joins or leaves a locked story.
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
