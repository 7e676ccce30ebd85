"""Stories before a change, and the plan of changes.

The modules that group need SciPy; this one does not, so the store and commands that only read or
write plans import fast.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from service.domain.articles.model import ArticleId

#: Kinds of transitions that a plan contains.
PlannedKind = Literal["emerged", "grew", "shrank", "merged", "split", "reopened"]
Members = tuple[ArticleId, ...]


@dataclass(frozen=True, slots=True)
class CurrentStory:
    """The current story of an article, and the hours since the article first joined a story."""

    story: str | None
    age_hours: float


@dataclass(frozen=True, slots=True)
class ExistingStory:
    """A stored story with all its articles, including those outside the window."""

    id: str
    emerged: datetime
    members: frozenset[ArticleId]


@dataclass(frozen=True, slots=True)
class Membership:
    """Membership of an article in a story."""

    article: ArticleId
    story: str


@dataclass(frozen=True, slots=True)
class NewStory:
    """A story to create; `split_from` is the story that most of its articles leave."""

    id: str
    split_from: str | None = None


@dataclass(frozen=True, slots=True)
class StoryMerge:
    """A story that ends, and the story that its address redirects to."""

    story: str
    into: str


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a story; `other` is the survivor of a merge or the child of a split."""

    story: str
    kind: PlannedKind
    articles: Members = ()
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Planned changes of stories, not written yet; `store.stories.apply_plan` writes them.

    `ended` and `started` are memberships. An article with an ended and no started membership
    belongs to no story afterwards.
    """

    emerged: tuple[NewStory, ...] = ()
    ended: tuple[Membership, ...] = ()
    started: tuple[Membership, ...] = ()
    merged: tuple[StoryMerge, ...] = ()
    revived: tuple[str, ...] = ()  #: merged stories that an editor restores
    transitions: tuple[Transition, ...] = ()
