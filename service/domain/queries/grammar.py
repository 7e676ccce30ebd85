"""Grammar of the query language: words, phrases, and `field:value` with ranges and exclusion.

    ferry "dock strike" -tram outlet:harbour-courier,meridian-wire -country:GB independent:3..
    since:-24h

All terms must match. A comma separates alternative values of a field. A minus or `NOT` excludes a
word, a phrase or a field with its values. `or` joins words only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from service.domain.queries.conditions import HasWords, Query, all_of
from service.domain.queries.fields import NAMES, build_condition
from service.domain.search.search_terms import parse_search_terms, replace_dashes
from service.errors import BadInputError

#: Maximum number of characters, of words, and of fields with values.
MAX_LENGTH, MAX_WORDS, MAX_FIELDS = 1000, 60, 60
_TOKEN = re.compile(
    r'(?P<phrase>[-+]?"[^"]*")'
    r'|(?P<sign>[-+]?)(?P<name>[A-Za-z][A-Za-z_]*):(?!//)(?P<values>(?:"[^"]*"?|[^\s"])+)'
    r'|(?P<word>[^\s"]+|"\S*)'
)
_VALUE = re.compile(r'"([^"]*)"|([^",]+)|(,)(?=,|$)|^(,)')
_TYPOGRAPHIC = str.maketrans("“”„", '"""')
_OPENED = re.compile(rf"\(+[-+]?(?:{'|'.join(NAMES)}):", re.IGNORECASE)
_JOINED = re.compile(rf"\|[-+]?(?:{'|'.join(NAMES)}):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Token:
    """A part of a query; `start` and `end` are its slice."""

    start: int
    end: int
    text: str
    name: str = ""  #: of a field; "" for a word or phrase
    values: str = ""
    negated: bool = False


def parse_query(text: str) -> Query:
    """Parse a query such as `ferry -strike outlet:harbour-courier independent:3.. since:-24h`.

    Raises:
        BadInputError: the syntax, a field or a value is invalid. The message names the position,
            counted from 1, and the remedy.
    """
    if len(text) > MAX_LENGTH:
        raise BadInputError(f"The query is longer than {MAX_LENGTH:,} characters: shorten it")
    if not text.strip():
        raise BadInputError("The query is blank: write a word or a condition, or leave it out")
    text = replace_dashes(text.translate(_TYPOGRAPHIC))
    tokens = list(_scan(text))
    parts: list[Query] = []
    words = list(text)
    for position, token in enumerate(tokens):
        before = tokens[position - 1] if position else None
        after = tokens[position + 1] if position + 1 < len(tokens) else None
        if not token.name:
            _reject_parentheses(token)
            _reject_spaces(token, after)
            continue
        _reject_or(token, before, after)
        is_negated = before is not None and before.text == "NOT"
        if is_negated and (token.negated or (position > 1 and tokens[position - 2].text == "NOT")):
            raise _error(token, f"{token.name} is excluded twice: leave one NOT or - out")
        start = before.start if before is not None and is_negated else token.start
        words[start : token.end] = " " * (token.end - start)
        parts.append(_parse_field(token, negated=is_negated or token.negated))
    if len(parts) > MAX_FIELDS:
        raise BadInputError(f"The query has more than {MAX_FIELDS} fields: use fewer")
    return all_of((_parse_words("".join(words)), *parts))


def _scan(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        name, values = match["name"] or "", match["values"] or ""
        yield _Token(*match.span(), match.group(), name.lower(), values, match["sign"] == "-")


def _parse_words(text: str) -> Query:
    if not text.strip():
        return Query()
    if len(text.split()) > MAX_WORDS:
        raise BadInputError(f"The query has more than {MAX_WORDS} words: shorten it")
    terms = parse_search_terms(text)
    if not terms.excluded and not any(map(str.isalnum, terms.text)):
        raise BadInputError("Invalid query: no search term; write a word of letters or digits")
    return Query((HasWords(terms),))


def _parse_field(token: _Token, *, negated: bool) -> Query:
    if token.values.count('"') % 2:
        raise _error(token, f"{token.name} has no closing quote: add it")
    values = [
        match[1] if match[1] is not None else match[2] or ""
        for match in _VALUE.finditer(token.values)
    ]
    try:
        query = build_condition(token.name, values, negated=negated)
        return replace(query, places=tuple((each, token.start + 1) for each in values))
    except BadInputError as error:
        raise _error(token, str(error)) from error


def _reject_or(token: _Token, *neighbours: _Token | None) -> None:
    if any(each and each.text.lower() in {"or", "|", "||"} for each in neighbours):
        raise _error(
            token,
            f"or joins words only: separate alternative values of {token.name} by commas, or send "
            "several queries",
        )


def _reject_parentheses(token: _Token) -> None:
    if _OPENED.match(token.text):
        raise _error(token, "parentheses are not supported: leave them out")


def _reject_spaces(token: _Token, after: _Token | None) -> None:
    """Reject a field that a space separates from its colon or value, or that follows `|`."""
    name = token.text.lstrip("-+")
    is_split = after is not None and (
        (name in NAMES and re.match(r":\S", after.text))
        or (name.endswith(":") and name.removesuffix(":") in NAMES)
    )
    if is_split:
        name = name.removesuffix(":")
        raise _error(
            token,
            f"a space beside the colon of {name}: leave it out, or put the text into quotes",
        )
    if _JOINED.search(token.text):
        raise _error(
            token, "| joins words only: separate the alternative values of a field by commas"
        )


def _error(token: _Token, reason: str) -> BadInputError:
    return BadInputError(f"Invalid query at position {token.start + 1}: {reason}")
