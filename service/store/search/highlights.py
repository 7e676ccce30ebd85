"""Highlights: the matched words in the titles and texts of search results."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.search.word_forms import split_words
from service.domain.search.word_match import LanguageText, find_spans
from service.store.database.arrays import equals_any
from service.store.tables import ArticleDocumentRow, ArticleRow, StoryRow

#: Words of an excerpt, and those of them before the first match.
_WORDS, _WORDS_BEFORE = 30, 8
#: Characters of a text that are searched for matches.
_CHARACTERS = 4000


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
    session: Session, phrases: frozenset[str], ids: Collection[int]
) -> dict[int, Highlights]:
    """Return the highlights of articles by id; one statement."""
    if not ids:
        return {}
    text = func.coalesce(func.nullif(ArticleRow.text, ""), ArticleRow.body)
    language = ArticleDocumentRow.language
    statement = (
        select(ArticleRow.id, language, ArticleRow.title, func.left(text, _CHARACTERS))
        .join(ArticleDocumentRow, ArticleDocumentRow.article_id == ArticleRow.id)
        .where(equals_any(ArticleRow.id, ids))
    )
    return {
        key: Highlights(_mark(title, code, phrases), _mark_excerpt(body, code, phrases))
        for key, code, title, body in session.execute(statement)
    }


def highlight_stories(
    session: Session, phrases: frozenset[str], ids: Collection[str]
) -> dict[str, Highlights]:
    """Return the highlights of headlines and keywords of stories, by story id; one statement."""
    if not ids:
        return {}
    columns = (StoryRow.id, StoryRow.languages, StoryRow.headline, StoryRow.keywords)
    rows = session.execute(select(*columns).where(equals_any(StoryRow.id, ids)))
    highlights = {}
    for key, languages, headline, keywords in rows:
        language = languages[0] if len(languages) == 1 else ""
        highlights[key] = Highlights(
            _mark(headline, language, phrases), _mark(", ".join(keywords), language, phrases)
        )
    return highlights


def _mark_excerpt(text: str, language: str, phrases: frozenset[str]) -> tuple[Piece, ...]:
    """Mark the matches in an excerpt from the first match on."""
    words = list(split_words(text))
    spans = find_spans(LanguageText(text, language), phrases)
    matched = [n for n, word in enumerate(words) if spans and word.start == spans[0][0]]
    first = max(matched[0] - _WORDS_BEFORE, 0) if matched else 0
    shown = words[first : first + _WORDS]
    start = shown[0].start if shown and first else 0
    end = shown[-1].end if first + _WORDS < len(words) else len(text)
    return _mark(text[start:end], language, phrases)


def _mark(text: str, language: str, phrases: frozenset[str]) -> tuple[Piece, ...]:
    pieces, end = [], 0
    for start, stop in find_spans(LanguageText(text, language), phrases):
        pieces += [Piece(text[end:start], hit=False), Piece(text[start:stop], hit=True)]
        end = stop
    pieces.append(Piece(text[end:], hit=False))
    return tuple(piece for piece in pieces if piece.text)
