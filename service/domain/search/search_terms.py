"""Search syntax: terms, quoted phrases, `or`, and exclusion with a minus."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.domain.search.word_forms import normalize, split_words, stemmer_input

#: A quoted phrase, or a piece without spaces and quotes.
_TERM = re.compile(r'"(?P<phrase>[^"]*)"|(?P<piece>[^\s"]+)')
_EXCLUDED = re.compile(r'(?<!\S)-(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))')


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """A parsed query.

    Excluded terms are separate because each term matches in several forms: any form of a required
    term is a match, while no form of an excluded term may occur.
    """

    text: str  #: required terms, with quotes and `or` as written
    excluded: tuple[str, ...]  #: words, and phrases in quotes

    @property
    def embedding_text(self) -> str:
        """The required terms without quotes, as input for the embedding model."""
        return " ".join(self.text.replace('"', " ").split())

    @property
    def phrases(self) -> frozenset[str]:
        """The required words and phrases."""
        return frozenset(each for each in _split_terms(self.text) if each is not None)


def format_websearch(text: str, language: str = "") -> str:
    """Write terms in the syntax of Postgres's `websearch_to_tsquery`, each in quotes.

    Words are normalized as in the search index: with `language`, as the index has them for its
    stemmer, otherwise as whole words. A hyphenated word becomes a phrase.
    """
    terms = []
    for term in _split_terms(text):
        if term is None:
            terms.append("or")
            continue
        words = [each.spelling for each in split_words(term)]
        forms = [stemmer_input(each, language) if language else normalize(each) for each in words]
        if any(forms):
            terms.append(f'"{" ".join(forms)}"')
    return " ".join(terms)


def _split_terms(text: str) -> Iterator[str | None]:
    """Yield words and phrases; None for `or`."""
    for match in _TERM.finditer(text):
        piece = match["piece"]
        is_or = piece is not None and piece.lower() == "or"
        yield None if is_or else piece or match["phrase"]


def parse_search_terms(query: str) -> SearchTerms:
    """Parse a query such as `ferry or tram "Orlan harbour" -strike`; accepts any text."""
    excluded = tuple(
        f'"{match["phrase"]}"' if match["phrase"] is not None else match["word"]
        for match in _EXCLUDED.finditer(query)
    )
    text = " ".join(_EXCLUDED.sub(" ", query).split())
    return SearchTerms(text, tuple(each for each in excluded if any(map(str.isalnum, each))))
