"""Highlights: matched words in the titles and texts of search results, by `ts_headline`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, cast, func, literal, select
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.database.arrays import equals_any
from service.store.search.compiled_search import as_tsquery, stemmer_for
from service.store.tables import ArticleRow, StoryRow

#: Marks around a match: characters of the private use area, removed from texts beforehand.
BEGIN, END = "\ue000", "\ue001"
_MARKS = f"StartSel={BEGIN}, StopSel={END}"
#: Options of ts_headline: the whole title, about thirty words of the text around a match.
_TITLE_OPTIONS = f"{_MARKS}, HighlightAll=true"
_TEXT_OPTIONS = f"{_MARKS}, MaxFragments=1, MaxWords=30, MinWords=12"
#: Characters of a text that are searched for matches.
_CHARACTERS = 4000
_Text = ColumnElement[str] | InstrumentedAttribute[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of a text; `hit` if it is a match."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Highlights:
    """A title, and the excerpt of a text around a match; its beginning without a match."""

    title: tuple[Piece, ...]
    text: tuple[Piece, ...]


def highlight_articles(
    session: Session, query: str, ids: Collection[int], languages: Sequence[str]
) -> dict[int, Highlights]:
    """Return the highlights of articles by id; one statement."""
    if not ids:
        return {}
    text = func.coalesce(func.nullif(ArticleRow.text, ""), ArticleRow.body)
    columns = _marked(query, languages, ArticleRow.title.expression, func.left(text, _CHARACTERS))
    rows = session.execute(select(ArticleRow.id, *columns).where(equals_any(ArticleRow.id, ids)))
    return {
        key: Highlights(split_pieces(title), split_pieces(excerpt)) for key, title, excerpt in rows
    }


def highlight_stories(
    session: Session, query: str, ids: Collection[str], languages: Sequence[str]
) -> dict[str, Highlights]:
    """Return the highlights of headlines and keywords of stories, by story id; one statement."""
    if not ids:
        return {}
    keywords = func.array_to_string(StoryRow.keywords, ", ")
    columns = _marked(query, languages, StoryRow.headline.expression, keywords)
    rows = session.execute(select(StoryRow.id, *columns).where(equals_any(StoryRow.id, ids)))
    return {
        key: Highlights(split_pieces(title), split_pieces(excerpt)) for key, title, excerpt in rows
    }


def split_pieces(marked: str) -> tuple[Piece, ...]:
    """Split a text with marks into pieces."""
    pieces = []
    for part in marked.split(BEGIN):
        hit, mark, rest = part.partition(END)
        if not mark:
            hit, rest = "", part
        pieces += [Piece(hit, hit=True), Piece(rest, hit=False)]
    return tuple(piece for piece in pieces if piece.text)


def _marked(
    query: str, languages: Sequence[str], title: _Text, text: _Text
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    stemmer, tsquery = stemmer_for(languages), as_tsquery(query)

    def headline(column: _Text, options: str) -> ColumnElement[Any]:
        clean = func.translate(column, BEGIN + END, "")
        return func.ts_headline(cast(stemmer, REGCONFIG), clean, tsquery, literal(options))

    return headline(title, _TITLE_OPTIONS), headline(text, _TEXT_OPTIONS)
