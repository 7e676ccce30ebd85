"""Content of an edition: cards of stories, and lines.

`Digest` and `AlertEmail` are stored as JSON, so the field names of the classes in them are also
those of the stored editions.
"""

from dataclasses import dataclass
from datetime import datetime

from service.domain.subscribers.digests.stories import SummarySentence


@dataclass(frozen=True, slots=True)
class StoryUpdate:
    """New reports of a story since the subscriber last saw it."""

    since: datetime
    outlets: int  #: independent outlets with their first report of the story
    countries: tuple[str, ...]  #: new among those outlets, by time of the first report
    title: str  #: of the latest new report, plain and in the subscriber's language if possible
    outlet: str  #: name of its outlet
    again: int = 0  #: independent outlets with another report than those that the subscriber saw

    @property
    def coverage(self) -> int:
        """Independent outlets with a new report."""
        return self.outlets + self.again


@dataclass(frozen=True, slots=True)
class StoryLink:
    """A story shown as one line: headline and link."""

    story: str
    slug: str
    headline: str
    language: str | None


@dataclass(frozen=True, slots=True)
class StoryCard:
    """A story as the email shows it, with the ids of all articles that count as seen."""

    story: str
    slug: str
    headline: str
    language: str | None
    outlet: str  #: name of the outlet that wrote the headline; empty for an editor's headline
    url: str  #: of the headline's report, else of the first report
    summary: tuple[SummarySentence, ...]
    outlets: tuple[str, ...]  #: names, in order of their first reports
    independent: int
    coverage: int
    first_at: datetime
    last_at: datetime
    bars: tuple[int, ...]  #: histogram of reports, from the first to the last one
    news: StoryUpdate | None
    also: tuple[StoryLink, ...]
    articles: tuple[int, ...]
    undated: bool = False  #: no report has a date; `first_at` and `last_at` are times of arrival

    @property
    def new_sentences(self) -> tuple[SummarySentence, ...]:
        """The sentences of the summary that the subscriber has not seen, by their times."""
        news = self.news
        if news is None:
            return self.summary
        return tuple(each for each in self.summary if each.at and each.at > news.since)

    @property
    def minutes_apart(self) -> bool:
        """Whether the first and the last report have different times, to the minute."""
        first, last = (
            each.replace(second=0, microsecond=0) for each in (self.first_at, self.last_at)
        )
        return first != last


@dataclass(frozen=True, slots=True)
class FirstReport:
    """An outlet that reported a story of the edition first."""

    outlet: str
    next_outlet: str
    ahead: int  #: seconds before the next outlet
    story: StoryLink


@dataclass(frozen=True, slots=True)
class DeferredMatch:
    """A story that matched an alert whose email was deferred to the digest."""

    query: str  #: description of the alert's query
    line: StoryLink
    independent: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Content of an edition; false if it shows no story."""

    top: tuple[StoryCard, ...] = ()
    updates: tuple[StoryCard, ...] = ()  #: stories shown before, with their new reports
    low_coverage: tuple[StoryCard, ...] = ()
    first_reports: tuple[FirstReport, ...] = ()
    alerts: tuple[DeferredMatch, ...] = ()

    @property
    def cards(self) -> tuple[StoryCard, ...]:
        """All cards in display order."""
        return self.top + self.updates + self.low_coverage

    def __bool__(self) -> bool:
        return bool(self.cards or self.alerts)

    @property
    def headlines(self) -> tuple[str, ...]:
        """Headlines of all stories in display order."""
        deferred = tuple(each.line.headline for each in self.alerts)
        return tuple(each.headline for each in self.cards) + deferred
