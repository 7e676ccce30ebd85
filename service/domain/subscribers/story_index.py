"""Index of the stories of a run, shared by all subscribers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum, auto
from functools import cached_property, lru_cache

from service.domain.search.word_match import WordIndex, first_forms
from service.domain.subscribers.digests.stories import DigestStory
from service.domain.subscribers.filters import remove_reports

#: Maximum stories without muted reports that an index keeps; one takes about 5 kB.
_MAX_VARIANTS = 4096
#: Maximum phrases whose stories an index keeps.
_MAX_PHRASES = 1 << 14


class IndexField(StrEnum):
    """What an inverted index of stories contains."""

    WORDS = auto()  #: forms of `DigestStory.words`
    NAMES = auto()  #: forms of `DigestStory.name_words`
    OUTLETS = auto()  #: slugs
    COUNTRIES = auto()
    STORYLINES = auto()  #: ids


class StoryIndex:
    """Stories with inverted indexes, each built when it is first used.

    A lookup returns positions in `stories`, in no order.
    """

    def __init__(self, stories: Iterable[DigestStory]) -> None:
        self.stories = tuple(stories)
        self.by_id = {each.id: each for each in self.stories}
        #: Time of the latest report.
        self.newest = max((each.latest for each in self.stories), default=None)
        self._positions: dict[IndexField, dict[str | None, set[int]]] = {}
        self._languages: dict[IndexField, frozenset[str]] = {}
        self._low_coverage: dict[int, frozenset[str]] = {}
        # Subscribers share words and mutes, so each index keeps the results.
        self._with_phrase = lru_cache(_MAX_PHRASES)(self._find_phrase)
        self._without = lru_cache(_MAX_VARIANTS)(self._remove_reports)

    def having(self, field: IndexField, values: Iterable[str]) -> set[int]:
        """Positions of the stories with at least one of the values."""
        postings = self._load(field)
        return set[int]().union(*(postings.get(each, ()) for each in values))

    def with_phrases(self, field: IndexField, phrases: frozenset[str]) -> set[int]:
        """Positions of the stories in which a text contains one of the phrases."""
        return set[int]().union(*(self._with_phrase(field, each) for each in phrases))

    def containing(self, articles: Iterable[int]) -> set[int]:
        """Positions of the stories with at least one of the articles."""
        return set[int]().union(*(self._by_article.get(each, ()) for each in articles))

    def without(
        self, position: int, outlets: frozenset[str], countries: frozenset[str]
    ) -> DigestStory | None:
        """The story at a position without reports of muted outlets and countries.

        None if no report is left.
        """
        story = self.stories[position]
        return self._without(position, outlets & story.outlets, countries & story.countries)

    def low_coverage(self, most: int) -> frozenset[str]:
        """Ids of the stories with low coverage, regardless of the mutes of a subscriber.

        At most `most` outlets have an article of any kind in the story, and at most as many
        publisher families report its storyline.
        """
        if most not in self._low_coverage:
            self._low_coverage[most] = frozenset(_find_low_coverage(self.stories, most))
        return self._low_coverage[most]

    @cached_property
    def _by_article(self) -> dict[int, list[int]]:
        positions: dict[int, list[int]] = defaultdict(list)
        for position, story in enumerate(self.stories):
            for article in story.articles:
                positions[article].append(position)
        return positions

    def _find_phrase(self, field: IndexField, phrase: str) -> frozenset[int]:
        self._load(field)
        phrases = frozenset([phrase])
        candidates = self.having(field, first_forms(phrases, self._languages[field]))
        return frozenset(
            position
            for position in candidates
            if any(each.find(phrases) for each in _texts(self.stories[position], field))
        )

    def _remove_reports(
        self, position: int, outlets: frozenset[str], countries: frozenset[str]
    ) -> DigestStory | None:
        return remove_reports(self.stories[position], outlets, countries)

    def _load(self, field: IndexField) -> dict[str | None, set[int]]:
        if field not in self._positions:
            postings: dict[str | None, set[int]] = defaultdict(set)
            languages: set[str] = set()
            for position, story in enumerate(self.stories):
                texts = list(_texts(story, field))
                languages.update(language for each in texts for language in each.languages)
                for value in _values(story, field).union(*(each.forms for each in texts)):
                    postings[value].add(position)
            self._positions[field] = postings
            self._languages[field] = frozenset(languages)
        return self._positions[field]


def _texts(story: DigestStory, field: IndexField) -> Iterator[WordIndex]:
    match field:
        case IndexField.WORDS:
            yield story.words
        case IndexField.NAMES:
            yield story.name_words


def _values(story: DigestStory, field: IndexField) -> frozenset[str | None]:
    match field:
        case IndexField.OUTLETS:
            return frozenset[str | None](story.outlets)
        case IndexField.COUNTRIES:
            return story.countries
        case IndexField.STORYLINES:
            return frozenset([story.storyline])
        case _:
            return frozenset()


def _find_low_coverage(stories: Iterable[DigestStory], most: int) -> Iterator[str]:
    stories = list(stories)
    families: dict[str, set[str]] = defaultdict(set)
    for story in stories:
        if story.storyline:
            families[story.storyline].update(
                each.family for each in story.reports if each.is_independent
            )
    for story in stories:
        widest = max(
            len(story.outlets),
            story.storyline_families,
            len(families[story.storyline]) if story.storyline else 0,
        )
        if story.independent and widest <= most:
            yield story.id
