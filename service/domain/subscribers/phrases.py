"""Words, phrases and names in lists of subscribers: operators of queries are rejected."""

from service.domain.queries.conditions import HasWords
from service.domain.queries.grammar import parse_query
from service.domain.search.search_terms import SearchTerms
from service.errors import BadInputError


def parse_phrase(label: str, item: str) -> str:
    """Return an item of a list of words, without quotes around it.

    An operator of the query language would be ignored, so the item would match other texts, or
    none.

    Raises:
        BadInputError: the item has an operator, or no letter or digit; `label` is the list.
    """
    is_quoted = len(item) > 1 and item[0] in '"“„' and item[-1] in '"“”'
    phrase = item[1:-1].strip() if is_quoted else item
    if remedy := _find_remedy(phrase):
        raise BadInputError(f"Invalid {label} {item[:80]!r}: {remedy}")
    return phrase


def _find_remedy(phrase: str) -> str:
    """What to change; "" if the phrase has no operator."""
    if not any(map(str.isalnum, phrase)):
        return "write a word of letters or digits"
    try:
        query = parse_query(phrase)
    except BadInputError as error:
        return str(error)
    terms = query.words
    if terms is None or query.meaning or query.as_of or query.conditions != (HasWords(terms),):
        return "conditions are not supported here: save a query with them and use it in an alert"
    return _find_operator(phrase, terms)


def _find_operator(phrase: str, terms: SearchTerms) -> str:
    remedies = {
        "- and NOT are not supported here: save a query with them and use it in an alert": bool(
            terms.excluded
        ),
        "or is not supported here: separate the alternatives by commas": len(terms.groups) > 1,
        "leave the quotes out: all words of an item match as one phrase": terms.has_phrase,
        "AND and + are not supported here: leave them out": terms.text != " ".join(phrase.split()),
    }
    return next((remedy for remedy, applies in remedies.items() if applies), "")
