"""Matching of a query in memory; a test compares it with the SQL of `service.store.queries`."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from service.domain.queries.conditions import (
    AnyOf,
    Between,
    Condition,
    Field,
    HasReport,
    HasWords,
    IsSimilar,
    Query,
)
from service.domain.search.readings import ReadTexts, phrase_forms, read_text, words_of_text
from service.domain.search.search_terms import SearchTerms
from service.domain.search.word_forms import languages_of_script
from service.errors import BadInputError

#: Language without readings of its own: the search index does not stem texts of unknown language.
_UNKNOWN = "und"
#: Languages of the headline, keywords and names of a story without known languages.
_DEFAULT = frozenset({"en"})


class _Texts:
    """Texts in some languages, with their words as in the search index.

    The index contains a text in the readings of all its languages. A search term has the readings
    of the languages of its script.
    """

    def __init__(self, texts: Sequence[str], languages: Collection[str]) -> None:
        self._languages = {*languages, _UNKNOWN}
        self._read = ReadTexts()
        for text in texts:
            for words in words_of_text(text):
                for forms in read_text(words, languages):
                    self._read.add(forms)

    def has(self, phrase: str, *, as_whole: bool = False) -> bool:
        """Whether a text contains a phrase; with `as_whole`, whether a text equals the phrase."""
        languages = self._languages & {*languages_of_script(phrase), _UNKNOWN}
        return any(
            self._read.has(forms, as_whole=as_whole)
            for language in languages
            for forms in phrase_forms(phrase, language)
        )


@dataclass(frozen=True, slots=True)
class ReportRecord:
    """A report of a story; `text` is its title, lead and body."""

    article: int
    outlet: str  #: slug
    family: str  #: slug
    country: str | None
    language: str  #: ISO 639-1; "" if it is unknown
    type: str
    text: str


@dataclass(frozen=True)  # without slots: `cached_property` shares values between queries
class StoryRecord:
    """The properties of a story that conditions refer to."""

    id: str
    headline: str
    keywords: tuple[str, ...]
    names: tuple[str, ...]
    agencies: frozenset[str]  #: slugs of agencies whose text is printed
    storyline: str | None
    state: str
    independent: int
    velocity: float  #: new outlets per hour
    first_reported: datetime
    last_reported: datetime
    changed: datetime
    first_outlet: str | None  #: None if it is not certain
    reports: tuple[ReportRecord, ...]

    @cached_property
    def outlets(self) -> frozenset[str]:
        """Slugs of the outlets."""
        return frozenset(each.outlet for each in self.reports)

    @cached_property
    def countries(self) -> frozenset[str]:
        """Known countries of the outlets."""
        return frozenset(each.country for each in self.reports if each.country)

    @cached_property
    def languages(self) -> frozenset[str]:
        """Known languages of the reports."""
        return frozenset(each.language for each in self.reports if each.language)

    @cached_property
    def texts(self) -> tuple[_Texts, ...]:
        """Words of each report."""
        return tuple(
            _Texts([each.text], [each.language] if each.language else []) for each in self.reports
        )

    @cached_property
    def name_words(self) -> _Texts:
        """Words of the names."""
        return _Texts(self.names, self.languages or _DEFAULT)

    @cached_property
    def keyword_words(self) -> _Texts:
        """Words of the keywords."""
        return _Texts(self.keywords, self.languages or _DEFAULT)

    @cached_property
    def headline_words(self) -> _Texts:
        """Words of the headline."""
        return _Texts([self.headline], self.languages or _DEFAULT)


_VALUES: Mapping[Field, Callable[[StoryRecord], frozenset[str]]] = {
    Field.ID: lambda story: frozenset({story.id}),
    Field.OUTLET: lambda story: story.outlets,
    Field.FAMILY: lambda story: frozenset(each.family for each in story.reports),
    Field.COUNTRY: lambda story: story.countries,
    Field.LANGUAGE: lambda story: story.languages,
    Field.TYPE: lambda story: frozenset(each.type for each in story.reports),
    Field.AGENCY: lambda story: story.agencies | story.outlets,
    Field.FIRST_OUTLET: lambda story: frozenset({story.first_outlet or ""}),
    Field.STORYLINE: lambda story: frozenset({story.storyline or ""}),
    Field.STATE: lambda story: frozenset({story.state}),
}
_WORDS: Mapping[Field, Callable[[StoryRecord], _Texts]] = {
    Field.KEYWORD: lambda story: story.keyword_words,
    Field.HEADLINE: lambda story: story.headline_words,
}
_NUMBERS: Mapping[Field, Callable[[StoryRecord], float | datetime]] = {
    Field.COVERAGE: lambda story: len(story.outlets),
    Field.INDEPENDENT: lambda story: story.independent,
    Field.ARTICLES: lambda story: len(story.reports),
    Field.COUNTRIES: lambda story: len(story.countries),
    Field.LANGUAGES: lambda story: len(story.languages),
    Field.VELOCITY: lambda story: story.velocity,
    Field.FIRST_REPORTED: lambda story: story.first_reported,
    Field.REPORTED: lambda story: story.last_reported,
    Field.CHANGED: lambda story: story.changed,
}


def matches(query: Query, story: StoryRecord) -> bool:
    """Whether a story matches a resolved query without meaning and `as_of`.

    `HasReport` replaces the meaning (`store.queries.similar`).

    Raises:
        BadInputError: the query has a condition on `missing_outlet`, which needs other stories, or
            on vectors.
    """
    return all(_holds(each, story) for each in query.conditions)


def _holds(condition: Condition, story: StoryRecord) -> bool:
    match condition:
        case HasWords(terms):
            return _has_words(terms, story)
        case HasReport(articles):
            return any(each.article in articles for each in story.reports)
        case Between():
            return _is_between(condition, story) != condition.negated
        case AnyOf():
            return _has_value(condition, story) != condition.negated
        case IsSimilar():
            raise BadInputError("Vectors are not loaded: select similar reports first")


def _has_words(terms: SearchTerms, story: StoryRecord) -> bool:
    if terms.groups and not any(
        all(map(text.has, group)) for text in story.texts for group in terms.groups
    ):
        return False
    return not any(text.has(each) for text in story.texts for each in terms.excluded)


def _is_between(condition: Between, story: StoryRecord) -> bool:
    value = _NUMBERS[condition.field](story)
    low, high = condition.low, condition.high
    if isinstance(value, datetime):
        after = not isinstance(low, datetime) or value >= low
        return after and (not isinstance(high, datetime) or value < high)
    above = not isinstance(low, int | float) or value >= low
    return above and (not isinstance(high, int | float) or value <= high)


def _has_value(condition: AnyOf, story: StoryRecord) -> bool:
    values = condition.values
    if condition.field in _VALUES:
        return not _VALUES[condition.field](story).isdisjoint(values)
    if condition.field is Field.ENTITY:
        return any(story.name_words.has(each, as_whole=True) for each in values)
    if condition.field in _WORDS:
        return any(map(_WORDS[condition.field](story).has, values))
    raise BadInputError(f"{condition.field} is not supported for alerts: leave it out")
