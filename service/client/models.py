"""What the API answers, as frozen dataclasses; fields that a newer service adds are passed over.

Times carry their zone. What lists leave out unless `include` asks for it is empty here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class OutletRef:
    """A publisher by name."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher with its origin."""

    slug: str
    name: str
    country: str | None
    family: str
    language: str | None


@dataclass(frozen=True, slots=True)
class StorylineRef:
    """A storyline by name; `url` is a path of the service."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class StoryRef:
    """A story by name; `url` is a path of the service."""

    id: str
    headline: str
    url: str


@dataclass(frozen=True, slots=True)
class HeadlineArticle:
    """The article whose title is the story's headline."""

    id: int
    url: str
    language: str | None
    outlet: OutletRef


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast outlets reported a story."""

    articles_per_hour: float
    outlets_per_hour: float
    until: datetime
    peak_articles: int
    peak_at: datetime


@dataclass(frozen=True, slots=True)
class Rank:
    """What the order by rank goes by, in hours."""

    total: float
    age: float
    coverage: float
    velocity: float


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of an article, word for word."""

    text: str
    article: int
    outlet: OutletRef
    whole: bool


@dataclass(frozen=True, slots=True)
class Development:
    """A report that said something new."""

    at: datetime
    title: str
    article: int
    outlet: OutletRef
    outlets: int


@dataclass(frozen=True, slots=True)
class Delay:
    """An outlet's first report; `seconds` after the first reporter."""

    outlet: OutletRef
    at: datetime
    seconds: float
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """A name as the articles write it."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Entities:
    """Who and what is named, most often first."""

    people: tuple[Entity, ...] = ()
    places: tuple[Entity, ...] = ()
    organisations: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """A step in the growth of a story's coverage."""

    at: datetime
    article: int
    outlet: str
    is_copy: bool
    coverage: int


@dataclass(frozen=True, slots=True)
class Story:
    """The coverage of one event."""

    id: str
    slug: str
    state: str
    headline: str
    headline_article: HeadlineArticle | None
    keywords: tuple[str, ...]
    coverage: int
    independent: int
    articles: int
    outlets: tuple[OutletRef, ...]
    languages: tuple[str, ...]
    first_reported_at: datetime
    last_reported_at: datetime
    emerged_at: datetime
    changed_at: datetime
    pace: Pace | None
    rank: Rank | None
    storyline: StorylineRef | None
    split_from: str | None
    pinned: bool
    locked: bool
    renamed: bool
    links: dict[str, str]
    summary: tuple[Quote, ...] = ()
    entities: Entities = field(default_factory=Entities)
    developments: tuple[Development, ...] = ()
    first_reporter: Delay | None = None
    delays: tuple[Delay, ...] = ()
    timeline: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An article as a member of a story."""

    id: int
    title: str
    excerpt: str
    url: str
    outlet: Outlet
    language: str | None
    author: str | None
    published: datetime | None
    claimed: datetime | None
    date_flag: str
    first_seen: datetime
    reported_at: datetime
    revision: int
    copy_of: int | None
    copy_share: float | None
    since: datetime | None
    score: float | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Article(Member):
    """An article with its feed's number and the story it belongs to."""

    feed: int
    story: StoryRef | None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a story; `id` is its number in the sequence."""

    id: int
    story: str
    kind: str
    at: datetime
    cause: str
    editor: str | None
    other_story: str | None
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """Some changes in order; `next` is `since` of the following question."""

    items: tuple[Change, ...]
    next: int
    more: bool


@dataclass(frozen=True, slots=True)
class StoryDetail(Story):
    """A story with everything that is known of it."""

    members: tuple[Member, ...] = ()
    transitions: tuple[Change, ...] = ()
    related: tuple[Story, ...] = ()
    split_into: tuple[str, ...] = ()
