"""Index of the stories of a run, shared by all subscribers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import StrEnum, auto

from service.domain.search.word_match import WordIndex, first_forms
from service.domain.subscribers.digest_model import DigestStory


class IndexField(StrEnum):
    """What an inverted index of stories contains."""

    WORDS = auto()  #: forms of `DigestStory.words`
    SUMMARY = auto()  #: forms of the words of the summary, and of those of the story's parts
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
        self.newest = max((each.times[-1] for each in self.stories), default=None)
        self._positions: dict[IndexField, dict[str | None, set[int]]] = {}
        self._languages: dict[IndexField, frozenset[str]] = {}
        self._low_coverage: dict[int, frozenset[str]] = {}

    def having(self, field: IndexField, values: Iterable[str]) -> set[int]:
        """Positions of the stories with at least one of the values."""
        postings = self._load(field)
        return set[int]().union(*(postings.get(each, ()) for each in values))

    def with_phrases(self, field: IndexField, phrases: frozenset[str]) -> set[int]:
        """Positions of all stories that match a phrase, and of others that share a word with it."""
        if not phrases:
            return set()
        self._load(field)
        return self.having(field, first_forms(phrases, self._languages[field]))

    def low_coverage(self, most: int) -> frozenset[str]:
        """Ids of the stories with low coverage, regardless of the mutes of a subscriber.

        At most `most` outlets have an article of any kind in the story, and at most as many
        publisher families report its storyline.
        """
        if most not in self._low_coverage:
            self._low_coverage[most] = frozenset(_find_low_coverage(self.stories, most))
        return self._low_coverage[most]

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
        case IndexField.SUMMARY:
            yield story.all_summary_words
            for part in story.parts:
                yield from _texts(part, field)


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
