"""Readings: ways to normalize words before a phrase is compared with a text.

One reading has whole words, the others have stems in the language of the text. A phrase matches a
text if the text contains it in one reading of both. `service.store.search.phrase_query` and the SQL
functions of migration 0055 apply the same readings to the search index.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.domain.search.endings import (
    ENDINGS,
    strip_arabic_prefix,
    strip_arabic_preposition,
    strip_ending,
)
from service.domain.search.word_forms import (
    STEMMERS,
    Word,
    apply_stemmer,
    fold,
    join_compounds,
    languages_of_script,
    remove_accents,
    split_words,
    stemmer_input,
    without_joints,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to normalize words of texts in a language (ISO 639-1), or in any language ("")."""

    language: str = ""
    is_stemmed: bool = False  #: by a stemmer of Postgres
    has_accents: bool = False
    has_preposition: bool = True  #: Arabic words keep a preposition of one letter

    def spell(self, word: str) -> str:
        """Return a word in this reading, before the stemmer of Postgres."""
        if self.is_stemmed:
            part = stemmer_input(word, self.language)
            return part if self.has_accents else remove_accents(part.replace("ı", "i"))
        part = fold(word)
        if self.language == "ar":
            strip = strip_arabic_prefix if self.has_preposition else strip_arabic_preposition
            return strip(part)
        return strip_ending(part, self.language)

    def form(self, word: str) -> str:
        """Return a word in this reading, as the search index contains it."""
        return _form(self, word)


@lru_cache(200_000)
def _form(reading: Reading, word: str) -> str:
    part = reading.spell(word)
    return apply_stemmer(part, reading.language) if reading.is_stemmed else part


#: Whole words in texts of any language.
WHOLE = Reading()


def query_readings(language: str) -> tuple[Reading, ...]:
    """Return the readings of a phrase in texts of a language, besides whole words."""
    if language in ENDINGS or language == "fa":
        return (Reading(language),)
    if language not in STEMMERS:
        return ()
    stems = (Reading(language, True, True), Reading(language, True))
    return (*stems, Reading(language)) if language == "ar" else stems


def text_readings(language: str) -> tuple[Reading, ...]:
    """Return the readings of a text in a language, besides whole words."""
    own = query_readings(language)
    return (*own, Reading(language, has_preposition=False)) if language == "ar" else own


def default_language(text: str) -> str:
    """Return the most frequent language with stems that uses the script of a text, or ""."""
    return next(iter(languages_of_script(text)), "")


def words_of_text(text: str) -> Iterator[list[Word]]:
    """Yield the words of a text, then the words of each sentence with its compounds joined."""
    yield list(split_words(text))
    yield from join_compounds(text)


def phrases_of(phrase: str) -> list[list[str]]:
    """Return the words of a phrase as written, and again with its compounds joined, if any."""
    versions = dict.fromkeys((phrase, without_joints(phrase)))
    words = ([word.spelling for word in split_words(each)] for each in versions)
    return [each for each in words if each]


def phrase_forms(
    phrase: str, language: str, special: Callable[[str], str] = lambda _: ""
) -> list[tuple[str, ...]]:
    """Return the forms of a phrase in each reading of a language; "" has only whole words.

    `special` returns a form that replaces all readings of a word, or "".
    """
    readings = (WHOLE, *query_readings(language))
    forms = (
        tuple(form for word in words if (form := special(word) or reading.form(word)))
        for words in phrases_of(phrase)
        for reading in readings
    )
    return [each for each in dict.fromkeys(forms) if each]


class ReadTexts:
    """Texts in each of their readings, in which phrases can be searched."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, ...]] = []
        self._positions: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def add(self, forms: tuple[str, ...]) -> None:
        """Add the forms of a text, or of a sentence, in one reading."""
        for position, form in enumerate(forms):
            self._positions[form].append((len(self._rows), position))
        self._rows.append(forms)

    @property
    def forms(self) -> Collection[str]:
        """Forms of all words."""
        return self._positions.keys()

    def has(self, phrase: tuple[str, ...], *, as_whole: bool = False) -> bool:
        """Whether a text contains a phrase; with `as_whole`, whether a text equals the phrase."""
        return any(
            self._rows[row][start : start + len(phrase)] == phrase
            and (not as_whole or len(self._rows[row]) == len(phrase))
            for row, start in self._positions.get(phrase[0], ())
        )


def read_text(words: Sequence[Word], languages: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the forms of the words of a text in each reading, without repetitions."""
    readings = dict.fromkeys((WHOLE, *(each for code in languages for each in text_readings(code))))
    forms = (tuple(reading.form(word.spelling) for word in words) for reading in readings)
    yield from dict.fromkeys(forms)
