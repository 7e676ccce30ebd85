"""Syntax of words: terms, quoted phrases, `or`, and exclusion with a minus or `NOT`.

`domain.queries.grammar` adds fields with values. Operators of other search engines are rejected,
because ignoring them would return wrong results.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from service.domain.search.readings import WHOLE, Reading, query_readings
from service.domain.search.word_forms import split_words, without_joints
from service.errors import BadInputError

#: A quoted phrase, or a piece without spaces and quotes.
_TERM = re.compile(r'"(?P<phrase>[^"]*)"|(?P<piece>[^\s"]+)')
_PHRASE = re.compile(r'"[^"]*"')
_MASK = '""'
#: A phrase with or without a sign, or a piece without spaces and quotes.
_TOKEN = re.compile(r'[-+]?"[^"]*"|[^\s"]+|"\S*')
_TYPOGRAPHIC_PHRASE = re.compile('[“”„]([^“”„"]*)[“”]')
#: `|` between two terms means `or`.
_BAR = re.compile(r'(?<=[\w"])\s*\|\|?\s*(?=[\w"])')
#: Minus sign, en dash and hyphens that word processors write instead of a minus before a term.
_LEADING_DASH = re.compile(r'(?<!\S)[\u2010\u2011\u2013\u2212](?=[\w"])')
#: Unsupported operators, in a query with empty phrases, each with its remedy.
_UNSUPPORTED = (
    (
        re.compile(r"(?<!\S)\*\w|\w\*(?!\S)"),
        "the wildcard * is not supported: leave it out, because words match in all their forms",
    ),
    (
        re.compile(r'(?<!\S)[-+]{2,}[\w"]'),
        "write one - before a term to exclude it, or one + to require it",
    ),
    (
        re.compile(r'(?<!\S)!+[\w"]'),
        "! is not supported: write - before a term to exclude it, or put the text into quotes",
    ),
    (
        re.compile(r'[\w"]~\d*(?!\S)|\w\^\d'),
        "~ and ^ are not supported: leave them out",
    ),
    (
        re.compile(r"(?<!\S)(?:NEAR|ADJ|WITHIN)/\d+(?!\S)"),
        (
            "a search for near words is not supported: put the words into quotes, or leave the "
            "operator out"
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """A parsed query.

    Excluded terms are separate because each term matches in several forms: any form of a required
    term is a match, while no form of an excluded term may occur.
    """

    text: str  #: required terms, with quotes and `or` as written
    excluded: tuple[str, ...]  #: words, and phrases in quotes

    @property
    def has_phrase(self) -> bool:
        """Whether a required phrase is in quotes."""
        return '"' in self.text

    @property
    def embedding_text(self) -> str:
        """The required terms without quotes and `or`, as input for the embedding model."""
        return " ".join(each for each in _split_terms(self.text) if each is not None)

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The required words and phrases: alternatives joined by `or`, each with all its terms."""
        groups: list[list[str]] = [[]]
        for term in _split_terms(self.text):
            if term is None:
                groups.append([])
            elif any(map(str.isalnum, term)):
                groups[-1].append(term)
        return tuple(tuple(each) for each in groups if each)

    @property
    def phrases(self) -> frozenset[str]:
        """The required words and phrases."""
        return frozenset(each for each in _split_terms(self.text) if each is not None)


def format_websearch(text: str, reading: Reading = WHOLE) -> str:
    """Write terms in the syntax of Postgres's `websearch_to_tsquery`, each in quotes.

    Words are spelled as in a reading of the search index. A hyphenated word becomes a phrase.
    """
    terms = []
    for term in _split_terms(text):
        if term is None:
            terms.append("or")
            continue
        forms = [reading.spell(each.spelling) for each in split_words(term)]
        if any(forms):
            terms.append(f'"{" ".join(forms)}"')
    return " ".join(terms)


def websearch_texts(text: str, languages: Iterable[str]) -> list[tuple[Reading, str]]:
    """Return terms in each reading of some languages, whole words first.

    Terms with compounds occur as written and joined. Readings equal to the whole words are left
    out.
    """
    readings = (WHOLE, *(each for language in languages for each in query_readings(language)))
    unique: dict[tuple[str, bool, str], Reading] = {}
    for version in dict.fromkeys((text, without_joints(text))):
        whole = format_websearch(version)
        for reading in readings:
            written = format_websearch(version, reading)
            if reading is WHOLE or reading.is_stemmed or written != whole:
                unique.setdefault((reading.language, reading.is_stemmed, written), reading)
    return [(reading, written) for (_, _, written), reading in unique.items() if written]


def _split_terms(text: str) -> Iterator[str | None]:
    """Yield words and phrases; None for `or`."""
    for match in _TERM.finditer(text):
        piece = match["piece"]
        is_or = piece is not None and piece.lower() == "or"
        yield None if is_or else piece or match["phrase"]


def parse_search_terms(query: str) -> SearchTerms:
    """Parse a query such as `ferry or tram "Orlan harbour" -strike`.

    `AND` and a plus before a term change nothing, because all terms are required. `NOT` excludes
    the next term. `or` binds less tightly than the space: `a b or c` matches both `a b` and `c`.

    Raises:
        BadInputError: an operator is not supported, or has no term.
    """
    query = replace_dashes(_TYPOGRAPHIC_PHRASE.sub(r'"\1"', query))
    _reject_unsupported(query)
    query = _outside_phrases(query, lambda part: _BAR.sub(" or ", part))
    pieces = _apply_operators(_TOKEN.findall(query))
    excluded = tuple(each[1:] for each in pieces if _is_excluded(each))
    # A minus before signs only, such as "-..." excludes nothing.
    required = (each for each in pieces if not each.startswith("-") or each == "-")
    return SearchTerms(" ".join(" ".join(required).split()), excluded)


def replace_dashes(query: str) -> str:
    """Replace the dashes before terms by a minus; phrases and positions do not change."""
    return _outside_phrases(query, lambda part: _LEADING_DASH.sub("-", part))


def _outside_phrases(query: str, change: Callable[[str], str]) -> str:
    """Change a query; the phrases in the result are as written."""
    phrases = iter(_PHRASE.findall(query))
    return _PHRASE.sub(lambda _: next(phrases), change(_PHRASE.sub(_MASK, query)))


def _reject_unsupported(query: str) -> None:
    # Spaces keep the positions of the other terms.
    masked = _PHRASE.sub(lambda phrase: f'"{" " * (len(phrase.group()) - 2)}"', query)
    for operator, remedy in _UNSUPPORTED:
        if match := operator.search(masked):
            raise BadInputError(f"Invalid search at position {match.start() + 1}: {remedy}")
    tokens = [each.strip("()") for each in _TOKEN.findall(masked)]
    has_or = "or" in map(str.lower, tokens) or _BAR.search(masked)
    has_operator = has_or or "NOT" in tokens or any(map(_is_excluded, tokens))
    if has_operator and (match := re.search("[()]", masked)):
        raise BadInputError(
            f"Invalid search at position {match.start() + 1}: parentheses are not supported beside "
            "or and -: leave them out, or send several searches"
        )


def _apply_operators(pieces: list[str]) -> list[str]:
    """Replace the operators by `or` and by the minus of excluded terms."""
    written: list[str] = []
    is_negated = False
    for piece in pieces:
        if is_negated and (piece in {"AND", "&&", "NOT"} or piece.lower() == "or"):
            raise BadInputError(f"Invalid search: NOT needs a term, not {piece}: leave {piece} out")
        if is_negated and _is_excluded(piece):
            raise BadInputError(f"Invalid search: NOT {piece} is excluded twice: leave NOT out")
        if piece == "NOT":
            is_negated = True
        elif piece not in {"AND", "&&"}:
            term = "or" if piece == "OR" else piece.removeprefix("+")
            written.append(f"-{term}" if is_negated else term)
            is_negated = False
    if is_negated:
        raise BadInputError(
            "Invalid search: NOT needs a term; add the term that the results must not contain"
        )
    is_term = [each.lower() != "or" and not _is_excluded(each) for each in written]
    for position, term in enumerate(written):
        before, after = is_term[:position][-1:], is_term[position + 1 :][:1]
        if term.lower() == "or" and not all(before + after + [bool(before), bool(after)]):
            raise BadInputError(
                "Invalid search: or needs a term on both sides, without -; add a term, or write "
                '"or" in quotes'
            )
    return written


def _is_excluded(piece: str) -> bool:
    return piece.startswith("-") and any(map(str.isalnum, piece))
