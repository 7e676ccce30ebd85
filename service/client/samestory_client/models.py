"""Response models of the client: frozen dataclasses.

All datetimes have a time zone. Fields that a list returns only with `include` are empty by default.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list; pass `next` as `cursor` of the next request, None on the last page."""

    items: tuple[Item, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class OutletRef:
    """Slug and name of a publisher."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """A publisher with its country, language and family."""

    slug: str
    name: str
    country: str | None
    family: str
    language: str | None


@dataclass(frozen=True, slots=True)
class StorylineRef:
    """Id and title of a storyline; `url` is a path of the service."""

    id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class StoryRef:
    """Id and headline of a story; `url` is a path of the service."""

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
    """Reporting speed of a story."""

    articles_per_hour: float
    outlets_per_hour: float
    until: datetime
    peak_articles: int
    peak_at: datetime


@dataclass(frozen=True, slots=True)
class Rank:
    """The rank score and its parts, each in hours."""

    total: float
    recency: float
    coverage: float
    velocity: float


@dataclass(frozen=True, slots=True)
class LocalHeadline:
    """The best title of a story in one language."""

    language: str
    title: str
    article: int


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence quoted from an article, with the time of the report.

    `direction` is a value of the HTML attribute `dir`. `complete` is false if the feed cut the
    sentence off, in descriptions by earlier versions.
    """

    text: str
    article: int
    outlet: OutletRef
    complete: bool
    language: str | None = None
    direction: str = "auto"
    at: datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class AgencyText:
    """A news agency whose text several outlets print, and these articles."""

    name: str
    slug: str | None
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Development:
    """A report that added new information."""

    at: datetime
    title: str
    article: int
    outlet: OutletRef
    outlets: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Delay:
    """The first report of an outlet, `seconds` after the first report of all."""

    outlet: OutletRef
    at: datetime
    seconds: float
    is_copy: bool


@dataclass(frozen=True, slots=True)
class Entity:
    """A named entity and the number of articles that mention it."""

    name: str
    articles: int


@dataclass(frozen=True, slots=True)
class Entities:
    """Named entities by kind, most frequent first."""

    people: tuple[Entity, ...] = ()
    places: tuple[Entity, ...] = ()
    organisations: tuple[Entity, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """A report with the number of outlets that had reported by then."""

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
    headlines: tuple[LocalHeadline, ...] = ()
    summary: tuple[Quote, ...] = ()
    local_summary: tuple[Quote, ...] = ()
    agencies: tuple[AgencyText, ...] = ()
    entities: Entities = field(default_factory=Entities)
    developments: tuple[Development, ...] = ()
    first_reporter: Delay | None = None
    among_first: tuple[OutletRef, ...] = ()
    delays: tuple[Delay, ...] = ()
    timeline: tuple[TimelinePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """An article as a member of a story."""

    id: int
    title: str
    excerpt: str
    url: str
    type: str
    outlet: Outlet
    language: str | None
    author: str | None
    published: datetime | None
    date_precision: str | None
    claimed_date: datetime | None
    date_flag: str
    first_seen: datetime
    reported_at: datetime
    revision: int
    copy_of: int | None
    copy_share: float | None
    joined_at: datetime | None
    score: float | None
    evidence: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Article(Member):
    """An article with the id of its feed and its story."""

    feed: int
    story: StoryRef | None


@dataclass(frozen=True, slots=True)
class Change:
    """A story transition; `id` is its position in the sequence of changes."""

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
    """A page of changes in order; pass `next` as `since` of the next request."""

    items: tuple[Change, ...]
    next: int
    more: bool


@dataclass(frozen=True, slots=True)
class Roundup:
    """A round-up that mentions a story."""

    id: int
    title: str
    url: str
    language: str | None
    outlet: OutletRef
    reported_at: datetime


@dataclass(frozen=True, slots=True)
class StoryDetail(Story):
    """A story with its articles, transitions and related stories."""

    members: tuple[Member, ...] = ()
    transitions: tuple[Change, ...] = ()
    related: tuple[Story, ...] = ()
    split_into: tuple[str, ...] = ()
    mentioned_in: tuple[Roundup, ...] = ()


@dataclass(frozen=True, slots=True)
class StorylineSummary:
    """A storyline with the number and period of its stories."""

    id: str
    title: str
    url: str
    created_at: datetime
    stories: int
    first_reported_at: datetime | None
    last_reported_at: datetime | None


@dataclass(frozen=True, slots=True)
class Storyline:
    """Stories of one saga, the latest first, at most 100."""

    id: str
    title: str
    created_at: datetime
    stories: tuple[Story, ...]
