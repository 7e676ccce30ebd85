"""Transitions of a story and their public JSON schema, used by the API and by webhooks."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, Field

#: A timestamp in UTC, serialised with a trailing Z.
Timestamp = Annotated[datetime, AfterValidator(lambda value: value.astimezone(UTC))]

TransitionKind = Literal[
    "emerged", "grew", "shrank", "merged", "split", "closed", "reopened",
    "renamed", "hidden", "shown",
]  # fmt: skip
TRANSITION_KINDS: tuple[TransitionKind, ...] = get_args(TransitionKind)


@dataclass(frozen=True, slots=True)
class StoryTransition:
    """A recorded change of a story and its cause."""

    id: int
    story_id: str
    kind: TransitionKind
    at: datetime
    cause: str  #: `place`, `reconcile`, `editor` or `age`
    other_story_id: str | None
    editor: str | None  #: name of the editor, if the cause is `editor`
    article_ids: tuple[int, ...]


class TransitionOut(BaseModel):
    """A transition (change) of a story."""

    id: int
    story: str = Field(description="Id of the story.")
    kind: str = Field(
        description="`emerged`, `grew`, `shrank`, `merged`, `split`, `closed`, `reopened`, "
        "`renamed`, `hidden` or `shown`. After `hidden`, delete all stored data of the story. "
        "The next transition of a hidden story is `shown`."
    )
    at: Timestamp
    cause: str = Field(
        description="`place` or `reconcile` (jobs), `editor`, or `age`: the last report is more "
        "than `lifecycle.close_after_days` days old."
    )
    editor: str | None = Field(description="Name of the editor; null for other causes.")
    other_story: str | None = Field(
        description="For `merged`: id of the story that this one was merged into. For `split`: id "
        "of the new or restored story. Null for other kinds."
    )
    articles: list[int] = Field(description="Ids of the articles that joined or left the story.")

    @classmethod
    def of(cls, transition: StoryTransition) -> Self:
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
