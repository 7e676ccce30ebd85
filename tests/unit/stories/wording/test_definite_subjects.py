"""Tests of sentences whose subject an earlier text has to introduce."""

import pytest

from service.domain.stories.wording.sentences.definite_subjects import lacks_introduction
from service.domain.stories.wording.stems import full_stems


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The retreat began on Monday after weeks of shelling near Orlan."),
        ("en", 'The "Harbour" actress shared photos from Orlan on Thursday.'),
        ("en", "In a ruling on Friday, the judge told Karsia to reopen the port."),
        ("de", "Der Angeklagte sagte in Orlan, er habe die Fähre nicht gesehen."),
        ("fr", "L'actrice a partagé des photos du port d'Orlan jeudi."),
        ("es", "La jueza dijo el lunes que Karsia debe reabrir el puerto."),
    ],
)
def test_definite_subject_without_introduction(language: str, sentence: str) -> None:
    assert lacks_introduction(sentence, language, set())


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "The government said on Monday that the port of Orlan stays closed."),
        ("en", "The retreat of the army from Orlan began on Monday."),
        ("en", "The standoff in Orlan entered a new stage on Friday."),
        ("en", "The former Orlan mayor promised a new pier."),
        ("en", "A judge told Karsia to reopen the port."),
        ("de", "Die Landesregierung sagte am Montag, der Hafen bleibe geschlossen."),
        ("fr", "La police a déclaré lundi que le port reste fermé."),
        ("es", "La huelga de los marineros comenzó el lunes en Orlan."),
        ("tr", "Geri çekilme pazartesi günü Orlan yakınlarında başladı."),
    ],
)
def test_subject_that_is_known_or_identified(language: str, sentence: str) -> None:
    assert not lacks_introduction(sentence, language, set())


def test_headline_introduces_a_subject() -> None:
    known = full_stems("Troops retreat from the pier of Orlan", "en")
    assert not lacks_introduction("The retreat began on Monday after weeks.", "en", known)
