"""Selection of the stories of a digest edition: filters, ranking, updates, deduplication."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from service.domain.search.word_match import LanguageText, WordIndex
from service.domain.subscribers.digest_cards import build_card, first_reports, summarise_update
from service.domain.subscribers.digest_model import (
    Digest,
    DigestStory,
    StoryCard,
    StoryUpdate,
)
from service.domain.text.codes import primary_subtag
from service.settings.delivery import DigestSettings

#: Hours of recency that each match of a followed value adds to the rank.
_FOLLOW_BONUS_HOURS = 12.0
#: Stories whose latest report is older than this before the last edition are skipped.
_MAX_AGE = timedelta(hours=24)
#: Stories whose headline words overlap this much (Jaccard) share one card.
_MIN_WORD_OVERLAP = 0.5
#: Stories of one storyline with this many common headline words share one card.
_MIN_SHARED_WORDS = 2
#: Maximum links below a card.
_MAX_RELATED = 2
#: Related stories are searched among this many times the section's size.
_RELATED_SEARCH_FACTOR = 4


@dataclass(frozen=True, slots=True)
class Filters:
    """What a subscriber follows and mutes, and the coverage that a story needs.

    Outlets are slugs, countries ISO 3166 codes, storylines ids, languages ISO 639 codes; words
    match as in `service.domain.search.word_match`. Empty lists do not restrict.
    """

    language: str = "en"  #: preferred language of headlines
    min_independent: int = 1
    languages: frozenset[str] = frozenset()  #: a story needs a report in one of them
    followed_outlets: frozenset[str] = frozenset()
    muted_outlets: frozenset[str] = frozenset()
    followed_countries: frozenset[str] = frozenset()
    muted_countries: frozenset[str] = frozenset()
    followed_words: frozenset[str] = frozenset()
    muted_words: frozenset[str] = frozenset()
    followed_storylines: frozenset[str] = frozenset()
    muted_storylines: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class History:
    """Articles that earlier editions showed to a subscriber.

    A story counts as seen if it contains any of them. The history has no story ids, because stories
    merge and split.
    """

    since: datetime  #: creation of the last edition
    articles: frozenset[int] = field(default_factory=frozenset)


def select_stories(
    stories: Collection[DigestStory], filters: Filters, history: History, settings: DigestSettings
) -> Digest:
    """Select the stories for one subscriber; deterministic.

    Stories are ranked as on the front page, followed ones higher. Stories of one storyline or with
    similar headlines share one card, the lower ranked as links. A seen story returns only as an
    update, when enough new outlets report it.
    """
    earliest = history.since - _MAX_AGE
    recent = [each for each in stories if max(each.times[-1], each.changed_at) > earliest]
    unmuted = [story for each in recent if (story := apply_mutes(each, filters))]
    ranked = sorted(unmuted, key=lambda each: (not each.pinned, -_rank(each, filters), each.id))
    unseen = [each for each in ranked if history.articles.isdisjoint(each.articles)]
    seen = [each for each in ranked if not history.articles.isdisjoint(each.articles)]
    fresh = [each for each in unseen if max(each.times[-1], each.changed_at) > history.since]
    wide = [each for each in fresh if each.independent >= filters.min_independent]
    news: dict[str, StoryUpdate] = {}
    for each in seen:
        if update := summarise_update(
            each, history.articles, history.since, min_outlets=settings.new_outlets
        ):
            news[each.id] = update
    updated = [each for each in seen if each.id in news]

    sections = _Deduplicator()
    top = sections.take(wide, settings.max_stories)
    updates = sections.take(updated, settings.max_updates)
    wide_storylines = _wide_storylines(stories, settings)
    rest = [each for each in fresh if each.storyline not in wide_storylines]
    narrow = _select_low_coverage(rest, filters, settings) if top else []
    low_coverage = sections.take(narrow, settings.max_low_coverage)

    def cards(section: Sequence[DigestStory]) -> tuple[StoryCard, ...]:
        return tuple(
            build_card(each, sections.related(each), filters.language, news.get(each.id))
            for each in section
        )

    first = first_reports(top, filters.language, settings.max_first_reports)
    return Digest(cards(top), cards(updates), cards(low_coverage), first)


def _wide_storylines(stories: Iterable[DigestStory], settings: DigestSettings) -> frozenset[str]:
    """Storylines with more families that report independently than a story with low coverage."""
    families: dict[str, set[str]] = {}
    for story in stories:
        if story.storyline:
            reporting = {each.family for each in story.reports if each.is_independent}
            families.setdefault(story.storyline, set()).update(reporting)
    return frozenset(
        storyline
        for storyline, reporting in families.items()
        if len(reporting) > settings.low_coverage_outlets
    )


def _select_low_coverage(
    fresh: Sequence[DigestStory], filters: Filters, settings: DigestSettings
) -> list[DigestStory]:
    """Stories with a report and low coverage: dated ones first, then by coverage, summary, rank.

    Empty if the subscriber's filters require a higher coverage.
    """
    if filters.min_independent > settings.low_coverage_outlets:
        return []
    return sorted(
        (each for each in fresh if 1 <= each.independent <= settings.low_coverage_outlets),
        key=lambda each: (
            not each.dated,
            -each.independent,
            -len(each.summary),
            -each.rank,
            each.id,
        ),
    )


def apply_mutes(story: DigestStory, filters: Filters) -> DigestStory | None:
    """Remove muted outlets and countries from a story; None if the story is filtered out."""
    if find_muted_reason(story, filters):
        return None
    rest = _remove_muted_reports(_remove_muted_sentences(story, filters), filters)
    if rest and filters.languages and filters.languages.isdisjoint(rest.languages):
        return None
    return rest


def find_muted_reason(story: DigestStory, filters: Filters) -> str:
    """Describe the muted storyline or word of a story; "" without one."""
    if story.storyline in filters.muted_storylines:
        return f"muted storyline {story.storyline}"
    word = story.words.find(filters.muted_words)
    return "" if word is None else f"muted word “{word}”"


def _remove_muted_sentences(story: DigestStory, filters: Filters) -> DigestStory:
    """Remove the sentences of the summary that contain a muted word."""
    if not filters.muted_words:
        return story
    summary = tuple(
        sentence
        for sentence, words in zip(story.summary, story.summary_words, strict=True)
        if words.find(filters.muted_words) is None
    )
    return story if summary == story.summary else replace(story, summary=summary)


def is_muted_text(text: str, language: str | None, filters: Filters) -> bool:
    """Whether a text contains a muted word."""
    index = WordIndex([LanguageText(text, primary_subtag(language))])
    return index.find(filters.muted_words) is not None


def _remove_muted_reports(story: DigestStory, filters: Filters) -> DigestStory | None:
    outlets, countries = filters.muted_outlets, filters.muted_countries
    if outlets.isdisjoint(story.outlets) and countries.isdisjoint(story.countries):
        return story
    reports = tuple(
        each
        for each in story.reports
        if each.outlet not in outlets and each.country not in countries
    )
    if not reports:
        return None
    names = {each.name for each in reports}
    summary = tuple(each for each in story.summary if each.outlet in names)
    rest = replace(story, summary=summary, reports=reports)
    if story.headline_article is None or story.headline_article in rest.articles:
        return rest
    return replace(rest, headline=reports[0].title, headline_article=reports[0].article)


def _rank(story: DigestStory, filters: Filters) -> float:
    followed = (
        not filters.followed_outlets.isdisjoint(story.outlets),
        not filters.followed_countries.isdisjoint(story.countries),
        story.storyline in filters.followed_storylines,
        story.words.find(filters.followed_words) is not None,
    )
    return story.rank + _FOLLOW_BONUS_HOURS * sum(followed)


class _Deduplicator:
    """Assigns stories to sections so that related stories share one card."""

    def __init__(self) -> None:
        self._taken: list[DigestStory] = []
        self._related: dict[str, list[DigestStory]] = {}

    def take(self, stories: Sequence[DigestStory], limit: int) -> list[DigestStory]:
        """Take the first `limit` stories without a card; attach duplicates to existing cards."""
        chosen: list[DigestStory] = []
        for position, story in enumerate(stories):
            if len(chosen) == limit and position >= _RELATED_SEARCH_FACTOR * limit:
                break
            if other := self._duplicate_of(story):
                if other is not story and story not in (related := self._related[other.id]):
                    related.append(story)
            elif len(chosen) < limit:
                chosen.append(story)
                self._taken.append(story)
                self._related[story.id] = []
        return chosen

    def related(self, story: DigestStory) -> list[DigestStory]:
        """The stories linked below the card of `story`."""
        return self._related[story.id][:_MAX_RELATED]

    def _duplicate_of(self, story: DigestStory) -> DigestStory | None:
        for other in self._taken:
            if story.id == other.id or _share_storyline(story, other):
                return other
            if story.headline_words and _have_similar_headlines(story, other):
                return other
        return None


def _share_storyline(one: DigestStory, other: DigestStory) -> bool:
    """Whether two stories share a storyline and a topic.

    The topic matters because a storyline may contain an unrelated story, which a card would hide:
    one without a common keyword or name and with hardly a common word in the headline.
    """
    if not one.storyline or one.storyline != other.storyline:
        return False
    if not one.topics or not other.topics or not one.topics.isdisjoint(other.topics):
        return True
    return len(one.headline_words & other.headline_words) >= _MIN_SHARED_WORDS


def _have_similar_headlines(one: DigestStory, other: DigestStory) -> bool:
    shared = len(one.headline_words & other.headline_words)
    total = len(one.headline_words) + len(other.headline_words) - shared
    return shared >= _MIN_WORD_OVERLAP * total
