"""What is asked of articles and stories in a search, as conditions with named values."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from service.store.search.lookup import Lookup
from service.store.story_views.reports import LANGUAGE
from service.store.tables import ArticleDocumentRow, ArticleRow, OutletRow

#: Names of the values that a search gives: those of a filter, the words, and those left out.
Given = frozenset[str]

WORDS = cast(bindparam("words"), TSQUERY)
_LEFT_OUT = cast(bindparam("left_out"), TSQUERY)
_OUTLETS, _LANGUAGES = (bindparam(name, type_=ARRAY(Text)) for name in ("outlets", "languages"))


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Which reports are looked at; None and () leave a condition out."""

    since: datetime | None = None  #: reported then or later
    until: datetime | None = None  #: reported before
    outlets: tuple[str, ...] = ()  #: slugs
    languages: tuple[str, ...] = ()  #: ISO 639-1


def values_of(lookup: Lookup, wanted: SearchFilter) -> dict[str, Any]:
    """The values of a search by their names, without those that ask for nothing."""
    values = {
        "words": lookup.words,
        "left_out": lookup.left_out,
        "since": wanted.since,
        "until": wanted.until,
        "outlets": list(wanted.outlets),
        "languages": list(wanted.languages),
    }
    return {name: value for name, value in values.items() if value}


def holds(document: ColumnElement[Any], given: Given) -> Iterable[ColumnElement[bool]]:
    """Whether a document has the words, and none that is left out."""
    yield document.op("@@", is_comparison=True)(WORDS)
    yield from spares(document, given)


def spares(document: ColumnElement[Any], given: Given) -> Iterable[ColumnElement[bool]]:
    """Whether a document has none of the words that are left out."""
    if "left_out" in given:
        yield ~document.op("@@", is_comparison=True)(_LEFT_OUT)


def of_documents(given: Given) -> Iterable[ColumnElement[bool]]:
    """What the filter asks of an article's document."""
    row = ArticleDocumentRow
    if "since" in given:
        yield row.reported_at >= bindparam("since")
    if "until" in given:
        yield row.reported_at < bindparam("until")
    if "outlets" in given:
        named = select(OutletRow.id).where(OutletRow.slug == any_(_OUTLETS))
        yield row.outlet_id.in_(named)
    if "languages" in given:
        yield row.language == any_(_LANGUAGES)


def of_reports(given: Given) -> Iterable[ColumnElement[bool]]:
    """The same of a report, as `has_report` takes it."""
    if "since" in given:
        yield ArticleRow.reported_at >= bindparam("since")
    if "until" in given:
        yield ArticleRow.reported_at < bindparam("until")
    if "outlets" in given:
        yield OutletRow.slug == any_(_OUTLETS)
    if "languages" in given:
        yield func.lower(func.split_part(LANGUAGE, "-", 1)) == any_(_LANGUAGES)
