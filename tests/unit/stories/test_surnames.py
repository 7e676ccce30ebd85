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


@pytest.mark.parametrize(
    "sentence",
    [
        "Dorin Vask said he had heard a loud noise before the ferry hit the pier.",
        "When Morvald Trenn encountered the captain of the ferry, the alarm rang.",
        "Anna Karsia’s lawyer Ilka Trenn told a court that the ferry was late.",
        "Anna Karsia steered the ferry into the pier on Monday.",
    ],
)
def test_sentence_that_begins_with_an_unknown_person_names_a_stranger(sentence: str) -> None:
    assert surnames().names_stranger(sentence, "Ferry hits pier in Orlan")


@pytest.mark.parametrize(
    ("sentence", "before"),
    [
        ("Dorin Vask, 61, said he had heard a loud noise before the crash.", ""),
        ("Dorin Vask was the owner of the ferry that hit the pier.", ""),
        ("Captain Dorin Vask said he had heard a loud noise.", ""),
        ("Dorin Vask said he had heard a loud noise.", "Police question Vask"),
        ("Orlan Harbour opened a second pier for the ferry on Monday.", ""),
        ("Paris Match said it had bought the photos of the ferry.", ""),
    ],
)
def test_explained_person_is_no_stranger(sentence: str, before: str) -> None:
    assert not surnames().names_stranger(sentence, before)
