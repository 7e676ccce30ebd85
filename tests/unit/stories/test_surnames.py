"""Tests of surnames that need an introduction."""

import pytest

from service.domain.stories.wording.sentences.surnames import Surnames
from tests.support.content.vocabularies import vocabulary_of

REPORTS = [
    "Sarah Karsia, captain of the ferry, was questioned by police in Orlan.",
    "Sen. Ilka Brenn praised the crew, as did Dorin Vask, 61, a passenger.",
]


def surnames() -> Surnames:
    return Surnames(REPORTS, vocabulary_of([["ferry", "orlan"]]))


@pytest.mark.parametrize(
    "sentence",
    [
        "Police said on Monday that the ferry left late because Karsia was ill.",
        "Karsia’s lawyer denied the claims about the ferry on Monday.",
        "The harbour thanked Brenn for help after the accident.",
        "A rope had slipped, according to Vask, and hit the pier.",
        "An inspector said Morvald was repairing the engine before the trip.",
    ],
)
def test_bare_surname_lacks_an_introduction(sentence: str) -> None:
    assert surnames().lack_introduction(sentence, "Ferry hits pier in Orlan")


@pytest.mark.parametrize(
    ("sentence", "before"),
    [
        ("Police said the ferry left late because Sarah Karsia was ill.", ""),
        ("Captain Karsia steered the ferry into the pier on Monday.", ""),
        ("The ferry left late because Karsia was ill.", "Police question Sarah Karsia"),
        ("Karsia Brenn, a namesake, was on another ferry that day.", ""),
        ("An inspector said Paris is the home of the owner of the ferry.", ""),
        ("Ilka Brenn promised money, and Brenn keeps promises to sailors.", ""),
    ],
)
def test_introduced_person_or_known_place_is_accepted(sentence: str, before: str) -> None:
    assert not surnames().lack_introduction(sentence, before)
