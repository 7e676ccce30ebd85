"""Names and numbers that two articles share, as a reason why they report the same event."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain.articles.demonyms import country_of
from service.domain.articles.tokenization import (
    LEAD_CHARACTERS,
    STOP_WORDS,
    TITLE_CHARACTERS,
    Spelling,
    is_dated,
    spellings,
)
from service.domain.text.title_case import is_in_title_case
from service.domain.text.title_suffixes import strip_title_suffix

#: A number of at least two digits, perhaps with separators.
_NUMBER = re.compile(r"\d[\d.,]*\d")
#: Years are in many articles about different events.
_YEAR = re.compile(r"(?:19|20)\d\d")
_POSSESSIVE = re.compile(r"['’]s?$")


@dataclass(frozen=True, slots=True)
class SharedWords:
    """Capitalised words and numbers that two articles share, in the spelling of the first one."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]


def find_shared_words(first: tuple[str, str], second: tuple[str, str]) -> SharedWords:
    """Compare two articles; each is its title and the beginning of its text.

    A name has a capital letter in both articles, and in one of them also within a sentence.
    """
    parts = [[list(spellings(part)) for part in _cut(*article)] for article in (first, second)]
    names, others = (_capitalised(*each) for each in parts)
    certain = _capitalised_within(parts[0]) | _capitalised_within(parts[1])
    shared = [name for word, name in names.items() if word in others and word in certain]
    numbers, other_numbers = (_numbers(each) for each in parts)
    return SharedWords(tuple(shared), tuple(each for each in numbers if each in other_numbers))


def _cut(title: str, lead: str) -> tuple[str, str]:
    return strip_title_suffix(title[:TITLE_CHARACTERS]), lead[:LEAD_CHARACTERS]


def _capitalised(title: Sequence[Spelling], lead: Sequence[Spelling]) -> dict[str, str]:
    """Capitalised words of title and lead with their first spelling, in order."""
    found: dict[str, str] = {}
    for word, original in (*title, *lead):
        if _is_name(word, original):
            found.setdefault(country_of(word), _POSSESSIVE.sub("", original))
    return found


def _capitalised_within(parts: Sequence[Sequence[Spelling]]) -> set[str]:
    """Capitalised words after a word in lower case; titles in title case do not count."""
    return {
        country_of(word)
        for part in parts
        if not is_in_title_case([original for _, original in part])
        for (_, before), (word, original) in pairwise(part)
        if before[0].islower() and _is_name(word, original)
    }


def _is_name(word: str, original: str) -> bool:
    return original[0].isupper() and word not in STOP_WORDS and not is_dated(word)


def _numbers(parts: Sequence[Sequence[Spelling]]) -> dict[str, None]:
    return dict.fromkeys(_list_numbers(parts))


def _list_numbers(parts: Sequence[Sequence[Spelling]]) -> Iterator[str]:
    for part in parts:
        for _, original in part:
            if _NUMBER.fullmatch(original) and not _YEAR.fullmatch(original):
                yield original
