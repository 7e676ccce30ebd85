"""Matching of words and phrases in texts, for alerts, mutes, follows and highlights of searches."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.domain.search.word_forms import Word, split_words, word_forms

#: Forms of the words of a phrase or text, in order.
Forms = tuple[frozenset[str], ...]
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
#: Prefix of an additional form of words in capitals.
_CAPITALS = "^"


@dataclass(frozen=True, slots=True)
class LanguageText:
    """A text and its language (ISO 639-1); "" if the language is unknown."""

    text: str
    language: str = ""


class WordIndex:
    """The words of some texts, in which many phrases can be searched."""

    def __init__(self, texts: Iterable[LanguageText]) -> None:
        self._texts: list[Forms] = []
        #: Positions (text, word) by language and form.
        self._positions: dict[str, dict[str, list[tuple[int, int]]]] = {}
        for text in dict.fromkeys(texts):
            forms = _forms_of_text(text)
            by_form = self._positions.setdefault(text.language, defaultdict(list))
            for position, word in enumerate(forms):
                for form in word:
                    by_form[form].append((len(self._texts), position))
            self._texts.append(forms)

    @property
    def languages(self) -> Iterable[str]:
        """Languages of the texts."""
        return self._positions.keys()

    @property
    def forms(self) -> frozenset[str]:
        """Forms of all words."""
        return frozenset(form for by_form in self._positions.values() for form in by_form)

    def find(self, phrases: frozenset[str]) -> str | None:
        """Return one of the phrases that a text contains, or None."""
        return next(
            (
                phrase
                for language, by_form in self._positions.items()
                for form, candidates in _compile_phrases(phrases, language).items()
                if form in by_form
                for phrase, words in candidates
                if any(
                    _has_words(self._texts[text], position, words)
                    for text, position in by_form[form]
                )
            ),
            None,
        )

    def has_whole_text(self, phrases: frozenset[str]) -> bool:
        """Whether a whole text, such as a name, matches one of the phrases."""
        return any(
            len(words) == len(self._texts[text]) and _has_words(self._texts[text], 0, words)
            for language, by_form in self._positions.items()
            for form, candidates in _compile_phrases(phrases, language).items()
            for _, words in candidates
            for text, position in by_form.get(form, ())
            if position == 0
        )


def first_forms(phrases: frozenset[str], languages: Iterable[str]) -> frozenset[str]:
    """Return the forms that the first word of a match has in one of the languages."""
    return frozenset(form for each in languages for form in _compile_phrases(phrases, each))


def find_spans(text: LanguageText, phrases: frozenset[str]) -> list[tuple[int, int]]:
    """Return the disjoint slices of a text that match one of the phrases, in order."""
    words = list(split_words(text.text))
    forms = _forms_of_words(words, text.language)
    compiled = _compile_phrases(phrases, text.language)
    spans: list[tuple[int, int]] = []
    for position, word in enumerate(words):
        lengths = [
            len(phrase)
            for form in forms[position]
            for _, phrase in compiled.get(form, ())
            if _has_words(forms, position, phrase)
        ]
        if lengths:
            end = words[position + max(lengths) - 1].end
            if spans and spans[-1][1] >= word.start:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            else:
                spans.append((word.start, end))
    return spans


@lru_cache(4096)  # a subscriber has two sets of phrases, each matched in many stories
def _compile_phrases(phrases: frozenset[str], language: str) -> dict[str, list[tuple[str, Forms]]]:
    """Return each phrase with the forms of its words, by the forms of its first word."""
    compiled: dict[str, list[tuple[str, Forms]]] = defaultdict(list)
    for phrase in sorted(phrases):
        words = tuple(
            _require_capitals(each.spelling) or word_forms(each.spelling, language)
            for each in split_words(phrase)
        )
        for form in words[0] if words else ():
            compiled[form].append((phrase, words))
    return dict(compiled)


def _require_capitals(spelling: str) -> frozenset[str]:
    """Return the form that matches only capitals, or nothing for most words."""
    letters = spelling.replace(".", "")
    is_ambiguous = letters.isupper() and letters.lower() in _AMBIGUOUS
    return frozenset({_CAPITALS + letters.lower()} if is_ambiguous else ())


def _forms_of_text(text: LanguageText) -> Forms:
    return _forms_of_words(list(split_words(text.text)), text.language)


def _forms_of_words(words: Sequence[Word], language: str) -> Forms:
    return tuple(
        word_forms(each.spelling, language) | _require_capitals(each.spelling) for each in words
    )


def _has_words(forms: Forms, position: int, words: Forms) -> bool:
    """Whether a text, given by the forms of its words, has words at a position."""
    part = forms[position : position + len(words)]
    return len(words) == len(part) and not any(map(frozenset.isdisjoint, words, part))
