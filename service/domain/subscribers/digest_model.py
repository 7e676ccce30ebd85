"""What an issue of the digest is made of: stories as it reads them, and cards as it shows them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from service.domain.articles import tokenization


@dataclass(frozen=True, slots=True)
class Report:
    """An article of a story; `outlet` and `family` are slugs, `copy` marks a reprint."""

    article: int
    title: str
    url: str
    outlet: str
    name: str  #: of the outlet
    country: str | None
    family: str
    language: str | None
    at: datetime
    copy: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a summary, and the name of the outlet whose it is."""

    text: str
    outlet: str


@dataclass(frozen=True)  # without slots, so that what thousands of readers ask is found once
class Story:
    """A story as it stands, its reports in order of time; at least one of them."""

    id: str
    slug: str
    headline: str
    speaker: int | None  #: the article whose title the headline is
    storyline: str | None  #: id
    rank: float  #: `ranking`
    pinned: bool
    changed_at: datetime
    told: str  #: `digest.told`
    summary: tuple[Said, ...]
    reports: tuple[Report, ...]
    names: frozenset[str] = frozenset()  #: `digest.named`

    @cached_property
    def articles(self) -> frozenset[int]:
        """The articles of its reports."""
        return frozenset(each.article for each in self.reports)

    @cached_property
    def outlets(self) -> frozenset[str]:
        """The slugs of its outlets."""
        return frozenset(each.outlet for each in self.reports)

    @cached_property
    def countries(self) -> frozenset[str | None]:
        """The countries of its outlets."""
        return frozenset(each.country for each in self.reports)

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages of its reports, without regions."""
        return frozenset(subtag(each.language) for each in self.reports)

    @cached_property
    def independent(self) -> int:
        """Independent coverage (`coverage`)."""
        return max(len({each.family for each in self.reports if not each.copy}), 1)

    @cached_property
    def topics(self) -> frozenset[str]:
        """Its keywords and names, folded."""
        return frozenset(each.strip() for each in self.told.split("|")[1:])

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the headline that tell something, folded."""
        return frozenset(tokenization.words(self.headline)) - tokenization.STOP_WORDS


@dataclass(frozen=True, slots=True)
class News:
    """What a story seen before has brought since the subscriber saw it."""

    since: datetime
    outlets: int  #: that reported for the first time
    countries: tuple[
        str, ...
    ]  #: of these, those that had no report before; the first reporter's first
    title: str  #: of the latest report of an outlet of its own
    outlet: str  #: whose it is, by name


@dataclass(frozen=True, slots=True)
class Line:
    """A story told in one line below another one."""

    story: str
    slug: str
    headline: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """A story as an issue shows it, and the articles that the subscriber has seen with it."""

    story: str
    slug: str
    headline: str
    language: str | None
    outlet: str  #: whose headline it is, by name; empty for an editor's
    url: str  #: of the report with the headline, else of the first
    summary: tuple[Said, ...]
    outlets: tuple[str, ...]  #: names, in order of their first reports
    independent: int
    coverage: int
    first_at: datetime
    last_at: datetime
    bars: tuple[int, ...]  #: reports in equal spans from the first to the last one
    news: News | None
    also: tuple[Line, ...]
    articles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class First:
    """An outlet that reported a story of the issue first, seconds ahead of the next one."""

    outlet: str
    next_outlet: str
    ahead: int
    story: Line


@dataclass(frozen=True, slots=True)
class Match:
    """A story of which an alert would have told, had there not been too many."""

    query: str  #: what the alert asks for, in words
    line: Line
    independent: int


@dataclass(frozen=True, slots=True)
class Digest:
    """The content of an issue; empty if nothing is worth an email."""

    top: tuple[Card, ...] = ()
    moved_on: tuple[Card, ...] = ()  #: stories seen before, with what is new in them
    few: tuple[Card, ...] = ()  #: covered by few
    firsts: tuple[First, ...] = ()
    alerts: tuple[Match, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        """All of them, in the order in which they are shown."""
        return self.top + self.moved_on + self.few

    def __bool__(self) -> bool:
        """Whether it shows any story."""
        return bool(self.cards or self.alerts)

    @property
    def headlines(self) -> tuple[str, ...]:
        """Of the stories that it shows, in their order."""
        lines = tuple(each.line.headline for each in self.alerts)
        return tuple(each.headline for each in self.cards) + lines


def subtag(language: str | None) -> str:
    """The language itself: `pt` of `pt-BR`."""
    return (language or "").lower().replace("_", "-").partition("-")[0]
