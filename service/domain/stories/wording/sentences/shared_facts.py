"""Facts of a story: words, names and numbers that several of its reports have."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from service.domain.pairs.vocabulary import Vocabulary, word_key

#: Weight of a name and of a number against another word.
_SPECIFIC = 2.0
#: Minimum reports with a word of a fact: a word of two reports is often background.
_MIN_REPORTS = 3


class SharedFacts:
    """Values of the words of a story, by the share of reports that have them and by rarity."""

    def __init__(self, reports: Sequence[Collection[str]], vocabulary: Vocabulary) -> None:
        """`reports` have the words of each report."""
        counts = Counter(word for words in reports for word in set(words))
        shared = sorted(word for word, count in counts.items() if count >= _MIN_REPORTS)
        keys = np.array([word_key(word) for word in shared], dtype=np.uint32)
        are_names, idf = vocabulary.are_names(keys), vocabulary.idf(keys)
        self._values = {
            word: ((counts[word] - 1) / (len(reports) - 1)) ** 2
            * float(rarity)
            * (_SPECIFIC if is_name or word[0].isdigit() else 1)
            for word, is_name, rarity in zip(shared, are_names, idf, strict=True)
        }

    def value(self, words: Collection[str]) -> float:
        """The sum of the values of distinct words; 0 for words of a single report."""
        return sum(self._values.get(word, 0.0) for word in set(words))
