"""Alerts: conditions of subscribers on stories, matching stories, and the emails to send."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.domain.locales.names import country_name
from service.domain.queries.conditions import EVERYTHING, Query
from service.domain.queries.matching import matches as matches_query
from service.domain.subscribers.digests.cards import build_card, summarise_update
from service.domain.subscribers.digests.editions import DeferredMatch, StoryCard, StoryLink
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters, apply_mutes, is_muted_text
from service.domain.subscribers.story_index import IndexField, StoryIndex
from service.settings.sections.delivery import AlertSettings

#: Maximum alerts of one subscriber.
MAX_ALERTS = 20


@dataclass(frozen=True, slots=True)
class SavedCondition:
    """A saved query with its id; `query` is resolved and has no conditions until it is loaded."""

    id: str
    query: Query = EVERYTHING


@dataclass(frozen=True, slots=True)
class AlertConditions:
    """Conditions on a story: all given fields must match, each by any of its values.

    Empty fields do not restrict. Outlets are slugs, countries ISO 3166 codes. Words may be phrases
    and match as in `service.domain.search.word_match`; an entity's name must match as a whole.
    """

    words: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    outlets: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    min_independent: int = 1
    saved: SavedCondition | None = None

    def __bool__(self) -> bool:
        """Whether there is any condition."""
        return self.min_independent > 1 or any(
            (self.words, self.entities, self.outlets, self.countries, self.saved)
        )

    def __str__(self) -> str:
        """Describe the conditions for their subscriber."""
        parts = [
            f"query {self.saved.id}" if self.saved else "",
            " or ".join(sorted(self.words)),
            " or ".join(sorted(self.entities)),
            f"from {' or '.join(sorted(self.outlets))}" if self.outlets else "",
            f"from {' or '.join(map(country_name, sorted(self.countries)))}"
            if self.countries
            else "",
            f"{self.min_independent} or more independent outlets"
            if self.min_independent > 1
            else "",
        ]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Alert:
    """Conditions of a subscriber.

    Stories that matched before `created_at` count only when they grow.
    Times are the times of arrival of reports, not their dates.
    """

    id: int
    conditions: AlertConditions
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Notification:
    """A past notification of a subscriber about a story, with the coverage at that time.

    It applies to each story that contains one of its articles, because stories merge and split.
    """

    alerts: frozenset[int]
    articles: frozenset[int]
    independent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertLabel:
    """Number of an alert, and its conditions in words, as an alert email shows them."""

    id: int
    query: str  #: the conditions; stored emails have this name


@dataclass(frozen=True, slots=True)
class AlertEmail:
    """Content of an email about one story; `card.news` shows its growth since an earlier email."""

    alerts: tuple[AlertLabel, ...]
    card: StoryCard

    @property
    def deferred_match(self) -> DeferredMatch:
        """The one-line form in a digest."""
        card = self.card
        link = StoryLink(card.story, card.slug, card.headline, card.language)
        return DeferredMatch(" · ".join(each.query for each in self.alerts), link, card.independent)


def find_matches(index: StoryIndex, conditions: AlertConditions) -> list[DigestStory]:
    """The stories that match the conditions, in the order of the index."""
    candidates = set(range(len(index.stories)))
    if conditions.words:
        candidates &= index.with_phrases(IndexField.WORDS, conditions.words)
    if conditions.entities:
        candidates &= index.with_phrases(IndexField.NAMES, conditions.entities)
    if conditions.outlets:
        candidates &= index.having(IndexField.OUTLETS, conditions.outlets)
    if conditions.countries:
        candidates &= index.having(IndexField.COUNTRIES, conditions.countries)
    stories = (index.stories[position] for position in sorted(candidates))
    return [each for each in stories if matches(each, conditions)]


def matches(story: DigestStory, conditions: AlertConditions) -> bool:
    """Whether a story matches the conditions."""
    return not failed_conditions(story, conditions)


def failed_conditions(story: DigestStory, conditions: AlertConditions) -> list[str]:
    """Names of the conditions that a story does not match."""
    passed = {
        "min_independent": story.independent >= conditions.min_independent,
        "outlets": not conditions.outlets or not conditions.outlets.isdisjoint(story.outlets),
        "countries": not conditions.countries
        or not conditions.countries.isdisjoint(story.countries),
        "entities": not conditions.entities or story.name_words.has_whole_text(conditions.entities),
        "words": not conditions.words or story.words.find(conditions.words) is not None,
        "query": conditions.saved is None or matches_query(conditions.saved.query, story.record),
    }
    return [name for name, has_passed in passed.items() if not has_passed]


def build_alert_emails(
    alerts: Sequence[Alert],
    stories: StoryIndex,
    filters: Filters,
    notifications: Collection[Notification],
    settings: AlertSettings,
) -> list[AlertEmail]:
    """The alert emails that a subscriber should get now: one per story, highest rank first.

    An alert is triggered when a story first matches, and again when the independent coverage has
    grown by `settings.growth`. Muted stories and reports never trigger it.
    """
    matched: dict[str, DigestStory] = {}
    matching_alerts: dict[str, list[Alert]] = defaultdict(list)
    for alert in alerts:
        for story in find_matches(stories, alert.conditions):
            unmuted = apply_mutes(story, filters)
            if unmuted and matches(unmuted, alert.conditions):
                matched.setdefault(unmuted.id, unmuted)
                matching_alerts[unmuted.id].append(alert)
    emails = []
    for story in sorted(matched.values(), key=lambda each: (-each.rank, each.id)):
        email = _build_alert_email(
            matching_alerts[story.id], story, filters, notifications, settings
        )
        if email:
            emails.append(email)
    return emails


def list_deferred(emails: Iterable[AlertEmail], filters: Filters) -> tuple[DeferredMatch, ...]:
    """The lines of a digest for deferred alert emails, without those muted since."""
    return tuple(
        each.deferred_match
        for each in emails
        if not is_muted_text(each.card.headline, each.card.language, filters)
    )


def preview_alert_email(
    story: DigestStory, conditions: AlertConditions, filters: Filters
) -> AlertEmail:
    """The email of an alert that has not been triggered by the story before."""
    card = build_card(story, (), filters.language, None)
    return AlertEmail((AlertLabel(0, str(conditions)),), card)


def _build_alert_email(
    alerts: Sequence[Alert],
    story: DigestStory,
    filters: Filters,
    notifications: Collection[Notification],
    settings: AlertSettings,
) -> AlertEmail | None:
    about_story = [each for each in notifications if not each.articles.isdisjoint(story.articles)]
    if any(each.independent >= story.independent for each in about_story):
        return None  # the subscriber has seen this coverage, perhaps through another alert
    triggered = []
    baselines = []
    for alert in alerts:
        baseline = _find_baseline(alert, story, about_story)
        if baseline is None:
            triggered.append(alert)
        elif story.independent >= settings.growth * baseline.independent:
            triggered.append(alert)
            baselines.append(baseline)
    if not triggered:
        return None
    widest = _widest(baselines)
    news = summarise_update(story, widest.articles, widest.at) if widest else None
    labels = tuple(AlertLabel(each.id, str(each.conditions)) for each in triggered)
    return AlertEmail(labels, build_card(story, (), filters.language, news))


def _find_baseline(
    alert: Alert, story: DigestStory, notifications: Iterable[Notification]
) -> Notification | None:
    """Widest coverage that the alert has already reported, or that matched before its creation."""
    levels = [each for each in notifications if alert.id in each.alerts]
    for reports in story.groups_at(alert.created_at):
        before = replace(story, reports=reports)
        if matches(before, alert.conditions):
            seen = Notification(frozenset(), before.articles, before.independent, alert.created_at)
            levels.append(seen)
    return _widest(levels)


def _widest(notifications: Iterable[Notification]) -> Notification | None:
    return max(notifications, key=lambda each: each.independent, default=None)
