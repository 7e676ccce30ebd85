"""Alerts: saved queries of a subscriber, and the stories that they tell of at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.domain.articles import tokenization
from service.domain.subscribers.digest_cards import card, news
from service.domain.subscribers.digest_model import Card, Line, Match, News, Story
from service.domain.subscribers.digest_selection import Taste, heard, holds
from service.domain.text.language_names import country_name

#: Alerts that one subscriber may have.
MOST = 20


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """When an alert tells of a story, and when again; see the section `[alerts]`."""

    growth: float  #: told again when the independent coverage is so many times what was told
    per_hour: int  #: emails to one subscriber; what comes beyond waits for the next digest
    recent_hours: float  #: a story without a report for so long is no news
    changed_minutes: float  #: stories that changed so lately are looked at
    fold_after_minutes: float  #: what could not be sent for so long waits for the next digest

    @property
    def recent(self) -> timedelta:
        """How old the latest report of a story may be."""
        return timedelta(hours=self.recent_hours)

    @property
    def changed(self) -> timedelta:
        """How long ago a story may have changed."""
        return timedelta(minutes=self.changed_minutes)

    @property
    def fold_after(self) -> timedelta:
        """How long a notice may wait for the mail server."""
        return timedelta(minutes=self.fold_after_minutes)


@dataclass(frozen=True, slots=True)
class Query:
    """Which stories: one of the words, of the names, of the outlets and of the countries each.

    What is empty asks for nothing. Outlets by slug, countries by ISO 3166 code; words may be
    phrases, and words and names come in any case.
    """

    words: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    min_independent: int = 1

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return self.min_independent > 1 or any(
            (self.words, self.entities, self.outlets, self.countries)
        )

    def __str__(self) -> str:
        """What it asks for, in words."""
        parts = [
            " or ".join(sorted(self.words)),
            " or ".join(sorted(self.entities)),
            f"from {' or '.join(sorted(self.outlets))}" if self.outlets else "",
            f"from {' or '.join(map(country_name, sorted(self.countries)))}"
            if self.countries
            else "",
            f"{self.min_independent} or more outlets" if self.min_independent > 1 else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Alert:
    """A saved query; what matched it before `since` is known."""

    id: int
    query: Query
    since: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscriber was told of a story: by which alerts, and how widely it was covered then.

    By articles, since stories merge and split: whatever holds an article that was told is told.
    """

    alerts: frozenset[int]
    articles: frozenset[int]
    independent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """An alert as a notice names it."""

    id: int
    query: str  #: in words


@dataclass(frozen=True, slots=True)
class Notice:
    """The email of alerts that tell of one story; `card.news` says how it grew, if it was known."""

    alerts: tuple[Asked, ...]
    card: Card

    @property
    def match(self) -> Match:
        """The same in one line of a digest."""
        told = self.card
        line = Line(told.story, told.slug, told.headline, told.language)
        return Match(" · ".join(each.query for each in self.alerts), line, told.independent)


class Stories:
    """Stories to be asked for by many queries."""

    def __init__(self, stories: Iterable[Story]) -> None:
        """Each is found by the words, names, outlets and countries that it has."""
        self._stories = tuple(stories)
        self._holding: dict[tuple[str, str | None], set[int]] = defaultdict(set)
        for place, story in enumerate(self._stories):
            for kind, values in _facets(story).items():
                for value in values:
                    self._holding[kind, value].add(place)

    def matching(self, query: Query) -> list[Story]:
        """The stories that a query asks for."""
        found = set(range(len(self._stories)))
        first_words = {word for each in query.words for word in list(tokenization.words(each))[:1]}
        for kind, asked, values in (
            ("word", query.words, first_words),
            ("name", query.entities, map(_folded, query.entities)),
            ("outlet", query.outlets, query.outlets),
            ("country", query.countries, query.countries),
        ):
            if asked:
                found &= set().union(*(self._holding.get((kind, each), set()) for each in values))
        return [
            self._stories[place] for place in sorted(found) if matches(self._stories[place], query)
        ]


def matches(story: Story, query: Query) -> bool:
    """Whether a query asks for a story."""
    return (
        story.independent >= query.min_independent
        and (not query.words or holds(story, query.words))
        and (not query.entities or not story.names.isdisjoint(map(_folded, query.entities)))
        and (not query.outlets or not query.outlets.isdisjoint(story.outlets))
        and (not query.countries or not query.countries.isdisjoint(story.countries))
    )


def notices(
    alerts: Sequence[Alert],
    stories: Stories,
    taste: Taste,
    told: Collection[Told],
    settings: AlertSettings,
) -> list[Notice]:
    """What a subscriber is to be told now, the highest by rank first; one notice for a story.

    An alert tells of a story when it first matches, and again when its independent coverage has
    grown by the set factor. Of what somebody mutes nothing is told.
    """
    calls: dict[str, list[tuple[Alert, Story]]] = defaultdict(list)
    for alert in alerts:
        for story in stories.matching(alert.query):
            left = heard(story, taste)
            if left and matches(left, alert.query):
                calls[left.id].append((alert, left))
    found = [
        notice
        for asking in calls.values()
        if (notice := _notice([alert for alert, _ in asking], asking[0][1], taste, told, settings))
    ]
    rank = {left.id: left.rank for asking in calls.values() for _, left in asking}
    return sorted(found, key=lambda each: (-rank[each.card.story], each.card.story))


def as_notice(story: Story, query: Query, taste: Taste) -> Notice:
    """What an alert would tell of a story that is new to it."""
    return Notice((Asked(0, str(query)),), card(story, (), taste.language, None))


def _notice(
    alerts: Sequence[Alert],
    story: Story,
    taste: Taste,
    told: Collection[Told],
    settings: AlertSettings,
) -> Notice | None:
    here = [each for each in told if not each.articles.isdisjoint(story.articles)]
    if any(each.independent >= story.independent for each in here):
        return None  # they were told as much, be it by another alert
    before = {alert.id: _before(alert, story, here) for alert in alerts}
    calling = [
        alert
        for alert in alerts
        if (known := before[alert.id]) is None
        or story.independent >= settings.growth * known.independent
    ]
    if not calling:
        return None
    asked = tuple(Asked(each.id, str(each.query)) for each in calling)
    known = _widest(each for alert in calling if (each := before[alert.id]))
    return Notice(asked, card(story, (), taste.language, _news(story, known)))


def _before(alert: Alert, story: Story, told: Iterable[Told]) -> Told | None:
    """The widest coverage of a story that an alert told, or that matched before it was made."""
    levels = [each for each in told if alert.id in each.alerts]
    earlier = tuple(each for each in story.reports if each.at <= alert.since)
    if earlier and matches(known := replace(story, reports=earlier), alert.query):
        levels.append(Told(frozenset(), known.articles, known.independent, alert.since))
    return _widest(levels)


def _widest(told: Iterable[Told]) -> Told | None:
    return max(told, key=lambda each: each.independent, default=None)


def _news(story: Story, before: Told | None) -> News | None:
    return news(story, before.articles, before.at) if before else None


def _facets(story: Story) -> dict[str, Iterable[str | None]]:
    return {
        "word": story.told.replace("|", " ").split(),
        "name": story.names,
        "outlet": story.outlets,
        "country": story.countries,
    }


def _folded(name: str) -> str:
    return " ".join(tokenization.words(name))
