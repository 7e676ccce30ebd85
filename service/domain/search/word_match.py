"""Matching of words and phrases in texts, for alerts, mutes, follows and highlights of searches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.domain.search.readings import (
    ReadTexts,
    default_language,
    phrase_forms,
    read_text,
    words_of_text,
)
from service.domain.search.word_forms import Word

#: Forms of the words of a phrase or text in one reading, in order.
Forms = tuple[str, ...]
#: Function words of English that are also abbreviations. Written in capitals in a phrase, they
#: match only words in capitals: `US` does not match "join us".
_AMBIGUOUS = frozenset(
    [
        "all",
        "am",
        "and",
        "as",
        "at",
        "do",
        "go",
        "he",
        "in",
        "is",
        "it",
        "me",
        "no",
        "on",
        "or",
        "so",
        "us",
        "we",
        "who",
    ]
)
#: Prefix of the form of words in capitals.
_CAPITALS = "^"


@dataclass(frozen=True, slots=True)
class LanguageText:
    """A text and its language (ISO 639-1); "" if the language is unknown."""

    text: str
    language: str = ""


class WordIndex:
    """The words of some texts, in which many phrases can be searched."""

    def __init__(self, texts: Iterable[LanguageText]) -> None:
        self._by_language: dict[str, ReadTexts] = defaultdict(ReadTexts)
        for text in dict.fromkeys(texts):
            language, readings = _read_text(text)
            for forms in readings:
                self._by_language[language].add(forms)

    @property
    def languages(self) -> Iterable[str]:
        """Languages of the texts."""
        return self._by_language.keys()

    @property
    def forms(self) -> frozenset[str]:
        """Forms of all words."""
        return frozenset().union(*(each.forms for each in self._by_language.values()))

    def find(self, phrases: frozenset[str]) -> str | None:
        """Return one of the phrases that a text contains, or None."""
        return self._find(phrases, as_whole=False)

    def has_whole_text(self, phrases: frozenset[str]) -> bool:
        """Whether a whole text, such as a name, matches one of the phrases."""
        return self._find(phrases, as_whole=True) is not None

    def _find(self, phrases: frozenset[str], *, as_whole: bool) -> str | None:
        if not phrases:
            return None
        for language, texts in self._by_language.items():
            compiled = _compile_phrases(phrases, language)
            for form in compiled.keys() & texts.forms:
                for phrase, words in compiled[form]:
                    if texts.has(words, as_whole=as_whole):
                        return phrase
        return None


@lru_cache(1 << 14)  # subscribers see the same titles in different selections
def _read_text(text: LanguageText) -> tuple[str, tuple[Forms, ...]]:
    """Return the language of a text, and the forms of its words in each reading."""
    language = text.language or default_language(text.text)
    readings = (forms for words in words_of_text(text.text) for forms in _read(words, language))
    return language, tuple(readings)


def first_forms(phrases: frozenset[str], languages: Iterable[str]) -> frozenset[str]:
    """Return the forms that the first word of a match has in one of the languages."""
    return frozenset(form for each in languages for form in _compile_phrases(phrases, each))


def find_spans(text: LanguageText, phrases: frozenset[str]) -> list[tuple[int, int]]:
    """Return the disjoint slices of a text that match one of the phrases, in order."""
    language = text.language or default_language(text.text)
    compiled = _compile_phrases(phrases, language)
    matches = sorted(
        (words[start].start, words[start + len(phrase) - 1].end)
        for words in words_of_text(text.text)
        for forms in _read(words, language)
        for start, form in enumerate(forms)
        for _, phrase in compiled.get(form, ())
        if forms[start : start + len(phrase)] == phrase
    )
    spans: list[tuple[int, int]] = []
    for start, end in matches:
        if spans and spans[-1][1] >= start:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


@lru_cache(4096)  # a subscriber has two sets of phrases, each matched in many stories
def _compile_phrases(phrases: frozenset[str], language: str) -> dict[str, list[tuple[str, Forms]]]:
    """Return each phrase with its forms in a reading, by the first of these forms."""
    compiled: dict[str, list[tuple[str, Forms]]] = defaultdict(list)
    for phrase in sorted(phrases):
        for forms in phrase_forms(phrase, language, _capitals):
            compiled[forms[0]].append((phrase, forms))
    return dict(compiled)


def _capitals(spelling: str) -> str:
    """Return the form of an ambiguous abbreviation, which matches only capitals; else ""."""
    letters = spelling.replace(".", "")
    is_ambiguous = letters.isupper() and letters.lower() in _AMBIGUOUS
    return _CAPITALS + letters.lower() if is_ambiguous else ""


def _read(words: Sequence[Word], language: str) -> Iterator[Forms]:
    """Yield the forms of the words of a text in each reading.

    Ambiguous abbreviations also occur in their form for capitals.
    """
    capitals = [_capitals(each.spelling) for each in words]
    for forms in read_text(words, [language]):
        yield forms
        if any(capitals):
            yield tuple(upper or form for upper, form in zip(capitals, forms, strict=True))
