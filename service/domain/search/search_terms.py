"""Search syntax: terms, quoted phrases, `or`, and exclusion with a minus."""

import re
from dataclasses import dataclass

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


def parse_search_terms(query: str) -> SearchTerms:
    """Parse a query such as `ferry or tram "Orlan harbour" -strike`; accepts any text."""
    excluded = tuple(
        f'"{match["phrase"]}"' if match["phrase"] is not None else match["word"]
        for match in _EXCLUDED.finditer(query)
    )
    text = " ".join(_EXCLUDED.sub(" ", query).split())
    return SearchTerms(text, tuple(each for each in excluded if any(map(str.isalnum, each))))
