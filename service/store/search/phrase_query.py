"""Phrases and names as tsqueries, by the rules of search: a word matches in its forms."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.search.search_terms import websearch_texts
from service.domain.search.word_forms import languages_of_script

#: The word before and after each name in the SQL function `name_document`.
_NAME_LIMIT = "0000"


def phrase_query(text: str) -> ColumnElement[Any]:
    """Return the tsquery of a phrase; that of a phrase without a word matches nothing."""
    phrase = text.replace('"', " ")
    texts = websearch_texts(f'"{phrase}"', languages_of_script(phrase))
    return func.word_query(
        _array([each.language if each.is_stemmed else "" for each, _ in texts]),
        _array([each.language for each, _ in texts]),
        _array([written for _, written in texts]),
    )


def name_query(name: str) -> ColumnElement[Any]:
    """Return the tsquery of a whole name in a `name_document`."""
    return phrase_query(f"{_NAME_LIMIT} {name} {_NAME_LIMIT}")


def _array(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(list(values), ARRAY(Text))
