"""Differences between a title and the headline of its story, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.articles.tokenization import fold
from service.domain.search.function_words import is_function_word
from service.domain.stories.wording.stems import stem
from service.domain.text.scripts import segment

#: A word, or the text between two words.
_RUN = re.compile(r"\w+(?:[.,’'-]\w+)*|\W+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a title; `differs` if the headline has none of its words."""

    text: str
    differs: bool


def mark_differences(title: str, headline: str, language: str) -> tuple[Piece, ...]:
    """Split a title into pieces, in order; function words never differ.

    `language` is the code of both texts, or empty.
    """
    known = {_form(word, language) for word in _words(headline)}
    return tuple(
        _join(
            [
                Piece(
                    word,
                    word[0].isalnum()
                    and _form(word, language) not in known
                    and not is_function_word(word.lower(), language),
                )
                for word in _words(title)
            ]
        )
    )


def _join(pieces: list[Piece]) -> Iterator[Piece]:
    """Join neighbours of one kind, and words that differ with the spaces between them."""
    joined: list[Piece] = []
    for number, piece in enumerate(pieces):
        is_gap = not piece.text.strip()
        after = pieces[number + 1].differs if number + 1 < len(pieces) else False
        differs = piece.differs or (is_gap and bool(joined) and joined[-1].differs and after)
        if joined and joined[-1].differs == differs:
            joined[-1] = Piece(joined[-1].text + piece.text, differs)
        else:
            joined.append(Piece(piece.text, differs))
    yield from joined


def _words(text: str) -> Iterator[str]:
    for match in _RUN.finditer(text):
        yield from segment(match.group()) if match.group()[0].isalnum() else (match.group(),)


def _form(word: str, language: str) -> str:
    return stem(fold(word.lower()), language)
