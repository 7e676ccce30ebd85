"""What an admin changes of an outlet, beside what the configuration says."""

import pytest

from service.domain.catalogue.outlet_edits import Facts, checked, edited, restored
from service.errors import BadInputError

PRESENT: Facts = {
    "name": "Quay",
    "family": "quay",
    "country": "GB",
    "language": "en",
    "agency": False,
}


def test_an_edit_keeps_what_is_configured_of_what_it_changes():
    first = edited(PRESENT, {}, {"country": "FR", "language": "en"})
    assert first.facts == {**PRESENT, "country": "FR"}
    assert first.configured == {"country": "GB"}
    second = edited(first.facts, first.configured, {"country": None, "agency": True})
    assert second.facts == {**PRESENT, "country": None, "agency": True}
    assert second.configured == {"country": "GB", "agency": False}
    assert restored(second.facts, second.configured).facts == PRESENT
    assert restored(second.facts, second.configured).configured == {}


def test_a_fact_that_gets_its_configured_value_is_edited_no_more():
    found = edited({**PRESENT, "country": "FR"}, {"country": "GB"}, {"country": "GB"})
    assert (found.facts, found.configured) == (PRESENT, {})


def test_an_edit_stays_one_when_the_configuration_comes_to_say_the_same():
    found = edited({**PRESENT, "country": "FR"}, {"country": "FR"}, {"name": "Q"})
    assert found.configured == {"name": "Quay", "country": "FR"}


def test_names_are_trimmed_and_codes_get_their_case():
    wanted: Facts = {"name": " The  Quay ", "country": " gb", "language": "FIL", "agency": True}
    told = {"name": "The Quay", "country": "GB", "language": "fil", "agency": True}
    assert checked(wanted) == told
    assert checked({"country": None, "language": None}) == {"country": None, "language": None}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"country": "GBR"}, "'GBR' is no country; write its ISO 3166-1 code"),
        ({"country": "ŁÓ"}, "'ŁÓ' is no country"),
        ({"language": "xx"}, "'xx' is no language; write its ISO 639 code"),
        ({"name": None}, "the name must be"),
        ({"name": "\u200b"}, "the name must be"),
        ({"family": "x" * 201}, "the family must be"),
    ],
)
def test_what_cannot_be_is_refused(wanted: Facts, reason: str):
    with pytest.raises(BadInputError, match=reason):
        checked(wanted)
