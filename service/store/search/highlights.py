"""Where the words that were searched for stand in what was found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, cast, func, literal, select
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.database.arrays import among
from service.store.search.lookup import as_query, stemmer_for
from service.store.tables import ArticleRow, StoryRow

#: Marks around a word that was found: private characters, which no text is left with.
BEGIN, END = "\ue000", "\ue001"
_MARKS = f"StartSel={BEGIN}, StopSel={END}"
#: A title is shown whole, of a text about thirty words around what was found.
_WHOLE = f"{_MARKS}, HighlightAll=true"
_AROUND = f"{_MARKS}, MaxFragments=1, MaxWords=30, MinWords=12"
#: So much of a text is looked through.
_CHARACTERS = 4000
_Text = ColumnElement[str] | InstrumentedAttribute[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `hit` if it is a word that was searched for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Highlights:
    """A title, and the part of a text where the words stand; its beginning if they don't."""

    title: tuple[Piece, ...]
    text: tuple[Piece, ...]


def of_articles(
    session: Session, query: str, ids: Collection[int], languages: Sequence[str]
) -> dict[int, Highlights]:
    """The highlights of articles by id; one statement."""
    if not ids:
        return {}
    text = func.coalesce(func.nullif(ArticleRow.text, ""), ArticleRow.body)
    columns = _marked(query, languages, ArticleRow.title.expression, func.left(text, _CHARACTERS))
    rows = session.execute(select(ArticleRow.id, *columns).where(among(ArticleRow.id, ids)))
    return {key: Highlights(pieces(title), pieces(told)) for key, title, told in rows}


def of_stories(
    session: Session, query: str, ids: Collection[str], languages: Sequence[str]
) -> dict[str, Highlights]:
    """The highlights of stories' headlines and keywords by id; one statement."""
    if not ids:
        return {}
    keywords = func.array_to_string(StoryRow.keywords, ", ")
    columns = _marked(query, languages, StoryRow.headline.expression, keywords)
    rows = session.execute(select(StoryRow.id, *columns).where(among(StoryRow.id, ids)))
    return {key: Highlights(pieces(title), pieces(told)) for key, title, told in rows}


def pieces(marked: str) -> tuple[Piece, ...]:
    """A text with marks, cut at them."""
    found = []
    for part in marked.split(BEGIN):
        hit, mark, rest = part.partition(END)
        if not mark:
            hit, rest = "", part
        found += [Piece(hit, hit=True), Piece(rest, hit=False)]
    return tuple(piece for piece in found if piece.text)


def _marked(
    query: str, languages: Sequence[str], title: _Text, text: _Text
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    stemmer, asked = stemmer_for(languages), as_query(query)

    def shown(column: _Text, options: str) -> ColumnElement[Any]:
        clean = func.translate(column, BEGIN + END, "")
        return func.ts_headline(cast(stemmer, REGCONFIG), clean, asked, literal(options))

    return shown(title, _WHOLE), shown(text, _AROUND)
