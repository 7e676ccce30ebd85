"""Highlights: the matched words in the titles and texts of search results."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.search.word_forms import split_words
from service.domain.search.word_match import LanguageText, find_spans
from service.store.database.arrays import equals_any
from service.store.story_views.as_of import story_table, valid_at
from service.store.story_views.reports import at_revision
from service.store.tables import ArticleDocumentRow, ArticleRow

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
    is_cut_before: bool = False  #: the text begins before the excerpt
    is_cut_after: bool = False


def highlight_articles(
    session: Session,
    phrases: frozenset[str],
    ids: Collection[int],
    *,
    as_of: datetime | None = None,
) -> dict[int, Highlights]:
    """Return the highlights of articles at `as_of` by id; one statement."""
    if not ids:
        return {}
    columns = (
        ArticleRow.id,
        ArticleDocumentRow.language,
        ArticleRow.title,
        ArticleRow.text,
        func.left(ArticleRow.body, _CHARACTERS),
    )
    statement = (
        select(*columns)
        .select_from(ArticleRow)
        .join(ArticleDocumentRow, ArticleDocumentRow.article_id == ArticleRow.id)
        .where(equals_any(ArticleRow.id, ids))
    )
    if as_of is not None:
        statement = at_revision(columns, statement, as_of)
    return {
        key: Highlights(
            _mark(title, code, phrases),
            *_mark_excerpt((lead or body)[:_CHARACTERS], code, phrases),
        )
        for key, code, title, lead, body in session.execute(statement)
    }


def highlight_stories(
    session: Session,
    phrases: frozenset[str],
    ids: Collection[str],
    *,
    as_of: datetime | None = None,
) -> dict[str, Highlights]:
    """Return the highlights of headlines and keywords at `as_of`, by story id; one statement."""
    if not ids:
        return {}
    story = story_table(as_of)
    columns = (story.id, story.languages, story.headline, story.keywords)
    statement = select(*columns).where(equals_any(story.id, ids), *valid_at(as_of))
    highlights = {}
    for key, languages, headline, keywords in session.execute(statement):
        language = languages[0] if len(languages) == 1 else ""
        highlights[key] = Highlights(
            _mark(headline, language, phrases), _mark(", ".join(keywords), language, phrases)
        )
    return highlights


def _mark_excerpt(
    text: str, language: str, phrases: frozenset[str]
) -> tuple[tuple[Piece, ...], bool, bool]:
    """Mark the matches in an excerpt around the first one; whether text before and after is cut."""
    words = list(split_words(text))
    spans = find_spans(LanguageText(text, language), phrases)
    matched = [n for n, word in enumerate(words) if spans and word.start == spans[0][0]]
    first = max(matched[0] - _WORDS_BEFORE, 0) if matched else 0
    shown = words[first : first + _WORDS]
    start = shown[0].start if shown and first else 0
    end = shown[-1].end if first + _WORDS < len(words) else len(text)
    return _mark(text[start:end], language, phrases), start > 0, end < len(text)


def _mark(text: str, language: str, phrases: frozenset[str]) -> tuple[Piece, ...]:
    pieces, end = [], 0
    for start, stop in find_spans(LanguageText(text, language), phrases):
        pieces += [Piece(text[end:start], hit=False), Piece(text[start:stop], hit=True)]
        end = stop
    pieces.append(Piece(text[end:], hit=False))
    return tuple(piece for piece in pieces if piece.text)
