"""Sentences that state the same in other words."""

from collections.abc import Callable

from service.domain.articles.model import Floats
from service.domain.locales.codes import primary_subtag
from service.domain.search import word_forms
from service.domain.stories.wording.stems import content_words

#: Encodes a sentence in a language: a vector of unit length, or zero if the model does not apply.
Encode = Callable[[str, str], Floats]

#: Two sentences repeat each other if they share this much of the words of the shorter one, if the
#: cosine of their vectors reaches this value, or if the sum of both reaches the last value.
_MIN_SHARED_WORDS, _MIN_COSINE, _MIN_SUM = 0.55, 0.64, 1.05


class Repetition:
    """Compares sentences; without an encoder by their words only."""

    def __init__(self, encode: Encode | None = None) -> None:
        self._encode = encode

    def repeats(self, one: str, other: str, language: str) -> bool:
        """Whether two sentences of a language, an ISO 639 code, state the same."""
        first, second = _stems(one, language), _stems(other, language)
        shared = len(first & second) / max(min(len(first), len(second)), 1)
        if shared >= _MIN_SHARED_WORDS:
            return True
        if self._encode is None:
            return False
        cosine = round(float(self._encode(one, language) @ self._encode(other, language)), 6)
        return cosine >= _MIN_COSINE or cosine + shared >= _MIN_SUM


def _stems(sentence: str, language: str) -> set[str]:
    return {
        word_forms.stem(word, primary_subtag(language) or "en")
        for word in content_words(sentence, language)
    }
