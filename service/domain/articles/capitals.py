"""Capitalised words: possible names in the title and lead of an article.

Capital letters also start sentences and fill titles in title case. The vocabulary of the window
decides which capitalised words are names; see `Vocabulary.are_names`.
"""

import re
from collections.abc import Sequence
from itertools import chain, pairwise

from service.domain.articles import tokenization
from service.domain.articles.demonyms import country_of
from service.domain.articles.tokenization import ArticleTokens, Spelling
from service.domain.text.title_case import is_in_title_case

#: An elided article or preposition before a name, such as in `l'Hérault` and `dell'Etna`.
_ELISION = re.compile(r"[^\W\d_]{1,6}['’](?=[^\W\d_])")


def capitalised_words(tokens: ArticleTokens) -> set[str]:
    """Return the capitalised words of title and lead, normalized, demonyms as countries."""
    spelled = map(_without_elision, chain(tokens.title, tokens.lead))
    return {country_of(word) for word, original in spelled if original[0].isupper()}


def title_names(tokens: ArticleTokens) -> set[str]:
    """Return the capitalised words of a title that may be names.

    They are normalized, with demonyms as countries. Stop words and dates are never names. In a
    title in title case, only words that the lead capitalises within a sentence may be names.
    """
    names = {
        country_of(word)
        for word, original in map(_without_elision, tokens.title)
        if original[0].isupper() and _is_content(word)
    }
    if is_in_title_case([original for _, original in tokens.title]):
        names &= _capitalised_within(tokens.lead)
    return names


def title_template(tokens: ArticleTokens) -> list[str]:
    """Return the normalized words of a title, demonyms as countries.

    Stop words and dates are left out.
    """
    spelled = map(_without_elision, tokens.title)
    return [country_of(word) for word, _ in spelled if _is_content(word)]


def _without_elision(spelling: Spelling) -> Spelling:
    """The spelling of `Hérault` for `l'Hérault` and `L'Hérault`; other words unchanged."""
    word, original = spelling
    if not (elided := _ELISION.match(original)) or not original[elided.end()].isupper():
        return spelling
    return _ELISION.sub("", word, count=1), original[elided.end() :]


def _is_content(word: str) -> bool:
    return word not in tokenization.STOP_WORDS and not tokenization.is_dated(word)


def _capitalised_within(lead: Sequence[Spelling]) -> set[str]:
    """Capitalised words of the lead that follow a word in lower case."""
    return {
        country_of(word)
        for (_, before), (word, original) in pairwise(map(_without_elision, lead))
        if original[0].isupper() and before[0].islower()
    }
