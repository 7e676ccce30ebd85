"""Phrases and names as tsqueries, by the rules of search: a word matches in its forms."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.search.search_terms import format_websearch
from service.domain.search.word_forms import languages_of_script

#: Languages whose words the index also contains in their stemmer's input: Arabic words without
#: prefixes, Turkish words in the lower case of the language.
_INDEXED_UNSTEMMED = frozenset({"ar", "tr"})
#: The word before and after each name in the SQL function `name_document`.
_NAME_LIMIT = "0000"


def languages_of_forms(languages: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return, for each form of a term, the language of its stemmer, "" for none, and of its input.

    The first form is the word as written.
    """
    unstemmed = tuple(each for each in languages if each in _INDEXED_UNSTEMMED)
    return ("", *languages, *("" for _ in unstemmed)), ("", *languages, *unstemmed)


def phrase_query(text: str) -> ColumnElement[Any]:
    """Return the tsquery of a phrase; that of a phrase without a word matches nothing."""
    phrase = text.replace('"', " ")
    stemmers, inputs = languages_of_forms(languages_of_script(phrase))
    texts = [format_websearch(f'"{phrase}"', each) for each in inputs]
    return func.word_query(_array(stemmers), _array(inputs), _array(texts))


def name_query(name: str) -> ColumnElement[Any]:
    """Return the tsquery of a whole name in a `name_document`."""
    return phrase_query(f"{_NAME_LIMIT} {name} {_NAME_LIMIT}")


def _array(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(Text))
