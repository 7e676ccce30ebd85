"""Encoding of single sentences; a cache, because descriptions compare the same ones repeatedly."""

from collections.abc import Collection, Hashable
from functools import lru_cache
from typing import cast

import numpy as np

from service.domain.articles.model import Article, Floats
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder

#: Number of vectors in the cache; they take about 20 MB.
_MAX_CACHED = 8000


class CachedSentences:
    """Encodes sentences by an encoder; a zero vector in a language outside `languages`."""

    def __init__(self, encoder: Encoder, languages: Collection[str]) -> None:
        self._encoder, self._languages = encoder, frozenset(languages)

    def __call__(self, sentence: str, language: str) -> Floats:
        """Return the vector of a sentence in a language, an ISO 639 code or empty."""
        encoder = cast("Hashable", self._encoder)  # the protocol does not declare the hash
        return _encode(encoder, self._languages, sentence, language)


@lru_cache(_MAX_CACHED)
def _encode(encoder: Encoder, languages: frozenset[str], sentence: str, language: str) -> Floats:
    article = Article(0, sentence, lang=language)
    values = encode_articles(encoder, [article], languages=languages).values
    return values.astype(np.float64).reshape(-1)
