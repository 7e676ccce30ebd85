"""Sentences that state the same in other words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain.articles import tokenization
from service.domain.articles.model import Floats
from service.domain.pairs.vocabulary import Vocabulary, word_key
from service.domain.stories.wording.stems import content_words, full_stems, stems_without_stop_words

#: Encodes a sentence in a language: a vector of unit length, or zero if the model does not apply.
Encode = Callable[[str, str], Floats]

#: Two sentences repeat each other if they share this much of the words of the shorter one.
_MIN_SHARED_WORDS = 0.55
#: Minimum words of a sentence that the headline and the quoted sentences lack.
_MIN_NEW_WORDS = 5
#: A sentence adds a fact with this many words that the headline lacks.
_MIN_WORDS_OF_FACT = 3
#: Minimum letters of a word that counts; shorter ones are mostly articles and prepositions.
_LONG_WORD = 4
#: A sentence is new with this many new names and numbers, or with this share of new words.
_MIN_SPECIFICS, _MIN_NEW_SHARE = 2, 0.75
#: A name in a larger share of the articles of the window, and in more articles, is common.
_MAX_WINDOW_SHARE, _MAX_ARTICLES = 0.03, 5
#: A sentence with more names and numbers adds them, even if its meaning is close.
_MANY_SPECIFICS = 6


@dataclass(frozen=True, slots=True)
class _Limits:
    """Two sentences repeat each other at this cosine, or if it and the shared words sum to this."""

    cosine: float
    total: float


#: Limits by the least number of names and numbers that a sentence adds.
_LIMITS = (
    (_MANY_SPECIFICS, _Limits(0.66, 1.07)),
    (3, _Limits(0.64, 1.0)),
    (2, _Limits(0.6, 0.98)),
    (0, _Limits(0.56, 0.85)),
)


class Repetition:
    """Compares sentences; without an encoder by their words only.

    Names of the `vocabulary` that many articles of the window have count as other words.
    """

    def __init__(self, vocabulary: Vocabulary, encode: Encode | None = None) -> None:
        self._vocabulary = vocabulary
        self._encode = encode

    def adds(self, sentence: str, headline: str, quoted: Sequence[str], language: str) -> bool:
        """Whether a sentence adds something to a headline and to the sentences quoted before it.

        `language` is an ISO 639 code. Names and numbers count more than other words. After two
        quoted sentences, a third must have two new names or numbers, or mostly new words.
        """
        before = "\n".join((headline, *quoted))
        words = full_stems(sentence, language)
        new = len(words - full_stems(before, language))
        specifics = self._count_specifics(sentence, before, language)
        if specifics < _MIN_SPECIFICS and new < _MIN_NEW_WORDS:
            return False
        is_new = specifics >= _MIN_SPECIFICS or new >= _MIN_NEW_SHARE * len(words)
        if len(quoted) > 1 and not is_new:
            return False
        limits = next(limits for fewest, limits in _LIMITS if specifics >= fewest)
        return not any(self._repeats(sentence, each, language, limits) for each in quoted)

    def adds_fact(self, sentence: str, headline: str, language: str) -> bool:
        """Whether a sentence adds a number, names or words to a headline; `language` is ISO 639."""
        new = full_stems(sentence, language) - full_stems(headline, language)
        if any(word[0].isdigit() for word in new) or len(new) >= _MIN_WORDS_OF_FACT:
            return True
        # `full_stems` also leaves out frequent verbs, but "the posts will open within a week" is a
        # fact. So only stop words and short words are left out here.
        new = stems_without_stop_words(sentence, language) - stems_without_stop_words(
            headline, language
        )
        if sum(len(word) >= _LONG_WORD for word in new) >= _MIN_WORDS_OF_FACT:
            return True
        return self._count_specifics(sentence, headline, language) >= _MIN_SPECIFICS

    def _count_specifics(self, sentence: str, before: str, language: str) -> int:
        """Number of names and numbers of a sentence that are rare and not in the text before."""
        named = set(content_words(" ".join(_specifics(sentence)), language))
        new = sorted(named - set(content_words(before, language)))
        keys = np.array([word_key(word) for word in new], dtype=np.uint32)
        most = max(_MAX_WINDOW_SHARE * self._vocabulary.articles, _MAX_ARTICLES)
        return int((self._vocabulary.document_frequencies(keys) <= most).sum())

    def _repeats(self, one: str, other: str, language: str, limits: _Limits) -> bool:
        first, second = full_stems(one, language), full_stems(other, language)
        shared = len(first & second) / max(min(len(first), len(second)), 1)
        if shared >= _MIN_SHARED_WORDS:
            return True
        if self._encode is None:
            return False
        cosine = round(float(self._encode(one, language) @ self._encode(other, language)), 6)
        return cosine >= limits.cosine or cosine + shared >= limits.total


def _specifics(sentence: str) -> list[str]:
    """The names and numbers of a sentence: its words with a capital or a digit, after the first.

    Weekdays and months are not names.
    """
    words = (word.strip("“”\"'‘’.,;:()$€£") for word in sentence.split()[1:])
    return [
        word
        for word in words
        if (word[:1].isupper() and not tokenization.is_dated(word.lower())) or word[:1].isdigit()
    ]
