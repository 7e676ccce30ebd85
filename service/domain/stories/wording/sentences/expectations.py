"""Expectations that later reports of an event no longer share: "is expected to plead guilty"."""

import re
from collections.abc import Sequence

from service.domain.stories.wording.figures import DatedText

#: Words of expectations in the languages of the catalogue with the most outlets.
_EXPECTATION = re.compile(
    r"\b(?:(?:is|are|was|were) (?:\w+ )?(?:expected|set|due|scheduled|poised|likely|about|preparing|planning) to|"
    r"expected to|plans? to|will|could|may|might|wird erwartet|voraussichtlich|soll(?:en)?|wird|werden|"
    r"devrai(?:t|ent)|doi(?:t|vent)|attendue?s?|se espera|se prevé|prev[eé]n?|podría|dovrebbero?|"
    r"previsto|deve|verwacht|ожида\w{2,6}|намерен\w{0,2}|планиру\w{2,4}|очіку\w{2,6}|"
    r"bekleniyor|beklenen|planlıyor|يتوقع|المتوقع|يعتزم|سوف)\b|"
    r"预计|預計|将于|將於|計画|見通し|見込み|予定|คาดว่า",
    re.IGNORECASE,
)
#: Minimum later titles, and the minimum share of them without an expectation.
_MIN_LATER, _MIN_SHARE = 2, 0.75


class Expectations:
    """Expectations in the titles of the reports of one event."""

    def __init__(self, titles: Sequence[DatedText]) -> None:
        self._titles = [(title.at, bool(_EXPECTATION.search(title.text))) for title in titles]

    def outdate(self, sentence: DatedText) -> bool:
        """Whether a sentence has an expectation that most titles of later reports do not have."""
        if not _EXPECTATION.search(sentence.text):
            return False
        later = [expected for at, expected in self._titles if at > sentence.at]
        return len(later) >= _MIN_LATER and later.count(False) >= _MIN_SHARE * len(later)
