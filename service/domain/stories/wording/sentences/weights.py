"""Weights of sentences of an event by their figures, expectations and strong words."""

from collections import Counter
from collections.abc import Sequence

from service.domain.stories.wording.figures import DatedText, LatestFigures, named_kinds
from service.domain.stories.wording.sentences.expectations import Expectations
from service.domain.stories.wording.title_flaws import LOADED

#: Factor for each sentence further down an article, and for strong words.
_DEPTH, _LOADED = 0.85, 0.8
#: Factor for the latest of several figures, and for an expectation that later titles do not share.
_UPDATE, _OUTDATED = 1.6, 0.4
#: Factor for a sentence without victims if the headline or most leads have them: deaths, injured,
#: missing or evacuated people.
_WITHOUT_RESULT = 0.7
_MOST = 0.6


class SentenceWeights:
    """Weighs sentences against the reports of one event."""

    def __init__(
        self, leads: Sequence[DatedText], titles: Sequence[DatedText], headline: str
    ) -> None:
        """`leads` have title and text; `headline` is empty if there is none."""
        self._figures = LatestFigures(leads)
        self._expectations = Expectations(titles)
        named = Counter(kind for lead in leads for kind in named_kinds(lead.text))
        most = {kind for kind, count in named.items() if count > _MOST * len(leads)}
        self._results = named_kinds(headline) or most

    def weigh(self, sentence: DatedText, depth: int) -> float:
        """The factor on the centrality of a sentence after `depth` other ones.

        It is 0 if a later report changed a figure of the sentence.
        """
        if self._figures.supersede(sentence.text, sentence.at):
            return 0.0
        has_result = not self._results or bool(self._results & named_kinds(sentence.text))
        return float(
            _DEPTH**depth
            * (_UPDATE if self._figures.updates(sentence.text) else 1)
            * (_LOADED if LOADED.search(sentence.text) else 1)
            * (_OUTDATED if self._expectations.outdate(sentence) else 1)
            * (1 if has_result else _WITHOUT_RESULT)
        )
