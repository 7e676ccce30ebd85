"""Readers of many editions, and the faults that a critical reader would count."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from jobs.sending.digest import HISTORY_PERIOD, MAX_LOOKBACK
from service.domain.subscribers.digests.cards import summarise_update
from service.domain.subscribers.digests.editions import Digest, StoryCard
from service.domain.subscribers.digests.schedule import DeliverySchedule, DueDate, next_due_date
from service.domain.subscribers.digests.selection import History, select_stories
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import Filters, apply_mutes
from service.domain.subscribers.story_index import StoryIndex
from service.mail.render import DigestMessage, Links, RenderedEmail, Renderer
from service.settings.sections.delivery import DigestSettings

_CATCH_UP = timedelta(hours=20)
_EVERY_DAY = frozenset(range(1, 8))
_RENDERER = Renderer(title="samestory", site="https://news.example")
#: Most cards of one storyline.
_MAX_STORYLINE_CARDS = 3


@dataclass(slots=True)
class Reader:
    """A subscriber with the editions so far: their times and articles."""

    name: str
    schedule: DeliverySchedule
    filters: Filters
    since: datetime
    last: DueDate | None = None
    read: list[tuple[datetime, frozenset[int]]] = field(default_factory=list)

    def next_edition(
        self, stories: Sequence[DigestStory], now: datetime, settings: DigestSettings
    ) -> "Edition | None":
        """Build the edition that is due, if any; one with a story counts as read."""
        due = next_due_date(
            self.schedule, now, since=self.since, last=self.last, catch_up=_CATCH_UP
        )
        if due is None:
            return None
        self.last = due
        recent = [(at, articles) for at, articles in self.read if at >= now - HISTORY_PERIOD]
        seen = frozenset[int]().union(*(articles for _, articles in recent))
        first = max(self.since - timedelta(days=1), now - MAX_LOOKBACK)
        history = History(max((at for at, _ in recent), default=first), seen)
        digest = select_stories(StoryIndex(stories), self.filters, history, settings)
        if digest:
            shown = frozenset(article for card in digest.cards for article in card.articles)
            self.read.append((now, shown))
        return Edition(self, now, tuple(stories), history, digest)


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition with all that it was selected from."""

    reader: Reader
    at: datetime
    stories: tuple[DigestStory, ...]
    history: History
    digest: Digest

    def render(self) -> RenderedEmail:
        """The email of the edition."""
        zone = self.reader.schedule.time_zone
        message = DigestMessage(self.digest, self.at.astimezone(zone).date(), self.at, zone)
        return _RENDERER.digest(message, "reader@x.example", Links("https://news.example"))

    def find_faults(
        self, settings: DigestSettings, event_of: Mapping[int, str]
    ) -> Iterator[tuple[str, str]]:
        """Kind and headline of each fault; `event_of` has the true event of each article."""
        yield from self._repeated_events(event_of)
        yield from self._missing_widest()
        yield from self._buried_updates()
        yield from self._unfounded_cards(settings)
        yield from self._scattered_storylines()
        text = self.render().text
        for word in self.reader.filters.muted_words:
            if re.search(rf"\b{re.escape(word)}s?\b", text, re.IGNORECASE):
                yield "muted word", word

    def _repeated_events(self, event_of: Mapping[int, str]) -> Iterator[tuple[str, str]]:
        """Cards of an event that an earlier card shows; the event of a card is the commonest."""
        shown: set[str] = set()
        for card in self.digest.cards:
            headline_story = self._story(card)
            events = Counter(event_of[each] for each in headline_story.articles if each in event_of)
            if events:
                [(event, _)] = events.most_common(1)
                if event in shown:
                    yield "event on two cards", card.headline
                shown.add(event)

    def _missing_widest(self) -> Iterator[tuple[str, str]]:
        """The widest story that is new to the reader, if no card of new stories shows it."""
        new = [
            story
            for each in self.stories
            if max(each.times[-1], each.changed_at) > self.history.since
            and each.times[-1] > self.history.since - timedelta(days=1)
            and self.history.articles.isdisjoint(each.articles)
            and (story := apply_mutes(each, self.reader.filters))
            and story.independent >= self.reader.filters.min_independent
        ]
        most = max((each.independent for each in new), default=0)
        widest = [each for each in new if each.independent == most]
        if widest and not {each.id for each in widest} & {
            self._story(c).id for c in self.digest.top
        }:
            yield "widest new story missing", widest[0].headline

    def _buried_updates(self) -> Iterator[tuple[str, str]]:
        """Updates by more outlets than each main story reports, below these stories."""
        widest = max((card.independent for card in self.digest.top), default=0)
        for card in self.digest.updates if widest else ():
            if card.news and card.news.coverage > widest:
                yield "wide update below narrower stories", card.headline

    def _unfounded_cards(self, settings: DigestSettings) -> Iterator[tuple[str, str]]:
        """Cards without anything new, of an empty headline, or of a story that many report."""
        for card in self.digest.cards:
            story = self._story(card)
            if not card.headline.strip():
                yield "empty headline", card.story
            if card.headline in [line.headline for line in card.also]:
                yield "headline repeated in a link", card.headline
            is_seen = bool(self.history.articles & story.articles)
            if is_seen != (card.news is not None):
                yield "seen story as new" if is_seen else "new story as update", card.headline
            update = summarise_update(story, self.history.articles, self.history.since)
            if card.news is not None and update is None:
                yield "update without news", card.headline
        for card in self.digest.low_coverage:
            story = self._story(card)
            line = [
                each
                for each in self.stories
                if each.storyline and each.storyline == story.storyline
            ]
            families = {
                report.family
                for each in (story, *line)
                for report in each.reports
                if report.is_independent
            }
            if len(families) > settings.low_coverage_outlets:
                yield "low coverage of a widely covered storyline", card.headline

    def _scattered_storylines(self) -> Iterator[tuple[str, str]]:
        """Storylines whose cards of one section do not stand together, or are too many."""
        for section in (self.digest.top, self.digest.updates, self.digest.low_coverage):
            lines = [self._story(card).storyline for card in section]
            for line in {each for each in lines if each}:
                positions = [at for at, each in enumerate(lines) if each == line]
                if positions[-1] - positions[0] >= len(positions):
                    yield "storyline apart", line
                if len(positions) > _MAX_STORYLINE_CARDS:
                    yield "storyline fills the edition", line

    def _story(self, card: StoryCard) -> DigestStory:
        return next(
            each
            for each in self.stories
            if card.story in {each.id, *(part.id for part in each.parts)}
        )


def five_readers(
    since: datetime, outlets: Sequence[str], storylines: Sequence[str]
) -> list[Reader]:
    """Five readers with different preferences; `outlets` and `storylines` can be followed."""

    def daily(zone: str, hour: int, days: frozenset[int] = _EVERY_DAY) -> DeliverySchedule:
        return DeliverySchedule(ZoneInfo(zone), hour, days)

    followed = Filters(
        followed_outlets=frozenset(outlets[:6]),
        followed_words=frozenset({"ferry", "election"}),
        followed_storylines=frozenset(storylines[:3]),
        min_independent=2,
    )
    muted = Filters(
        muted_outlets=frozenset(outlets[:4]),
        muted_words=frozenset({"wildfire", "strike"}),
        muted_storylines=frozenset(storylines[3:5]),
    )
    german = Filters(
        language="de", languages=frozenset({"de"}), followed_countries=frozenset({"DE"})
    )
    return [
        Reader("default", daily("UTC", 7), Filters(min_independent=2), since),
        Reader("follower", daily("America/Los_Angeles", 18), followed, since),
        Reader("muter", daily("Asia/Kathmandu", 6), muted, since),
        Reader(
            "weekly", daily("Europe/Berlin", 8, frozenset({6})), Filters(min_independent=3), since
        ),
        Reader("german", daily("Pacific/Auckland", 21, frozenset({1, 3, 5})), german, since),
    ]
