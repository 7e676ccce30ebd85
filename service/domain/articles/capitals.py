"""Capitalised words: possible names in the title and lead of an article.

Capital letters also start sentences and fill titles in title case. The vocabulary of the window
decides which capitalised words are names; see `Vocabulary.are_names`.
"""

from itertools import pairwise

from service.domain.articles import tokenization
from service.domain.articles.demonyms import country_of
from service.domain.articles.model import Article
from service.domain.text.title_case import is_in_title_case


def capitalised_words(article: Article) -> set[str]:
    """Return the capitalised words of title and lead, normalized, demonyms as countries."""
    text = f"{tokenization.compared_title(article)}\n{article.text[: tokenization.LEAD_CHARACTERS]}"
    return {
        country_of(word) for word, original in tokenization.spellings(text) if original[0].isupper()
    }


def title_names(article: Article) -> set[str]:
    """Return the capitalised words of a title that may be names.

    They are normalized, with demonyms as countries. Stop words and dates are never names. In a
    title in title case, only words that the lead capitalises within a sentence may be names.
    """
    title = list(tokenization.spellings(tokenization.compared_title(article)))
    names = {
        country_of(word)
        for word, original in title
        if original[0].isupper()
        and word not in tokenization.STOP_WORDS
        and not tokenization.is_dated(word)
    }
    if is_in_title_case([original for _, original in title]):
        names &= _capitalised_within(article)
    return names


def title_template(article: Article) -> list[str]:
    """Return the normalized words of a title, demonyms as countries.

    Stop words and dates are left out.
    """
    words = tokenization.undated_words(article)
    return [country_of(word) for word in words if word not in tokenization.STOP_WORDS]


def _capitalised_within(article: Article) -> set[str]:
    """Capitalised words of the lead that follow a word in lower case."""
    words = list(tokenization.spellings(article.text[: tokenization.LEAD_CHARACTERS]))
    return {
        country_of(word)
        for (_, before), (word, original) in pairwise(words)
        if original[0].isupper() and before[0].islower()
    }
