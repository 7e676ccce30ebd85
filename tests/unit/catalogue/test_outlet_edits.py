"""What an admin changes of an outlet, beside what the configuration says."""

import pytest

from service.domain.catalogue.outlet_edits import (
    OutletFields,
    apply_edit,
    normalize_fields,
    restore_configured,
)
from service.errors import BadInputError

PRESENT: OutletFields = {
    "name": "Quay",
    "family": "quay",
    "country": "GB",
    "language": "en",
    "agency": False,
}


def test_an_edit_keeps_what_is_configured_of_what_it_changes():
    first = apply_edit(PRESENT, {}, {"country": "FR", "language": "en"})
    assert first.fields == {**PRESENT, "country": "FR"}
    assert first.configured_values == {"country": "GB"}
    second = apply_edit(first.fields, first.configured_values, {"country": None, "agency": True})
    assert second.fields == {**PRESENT, "country": None, "agency": True}
    assert second.configured_values == {"country": "GB", "agency": False}
    assert restore_configured(second.fields, second.configured_values).fields == PRESENT
    assert restore_configured(second.fields, second.configured_values).configured_values == {}


def test_a_fact_that_gets_its_configured_value_is_edited_no_more():
    found = apply_edit({**PRESENT, "country": "FR"}, {"country": "GB"}, {"country": "GB"})
    assert (found.fields, found.configured_values) == (PRESENT, {})


def test_an_edit_stays_one_when_the_configuration_comes_to_say_the_same():
    found = apply_edit({**PRESENT, "country": "FR"}, {"country": "FR"}, {"name": "Q"})
    assert found.configured_values == {"name": "Quay", "country": "FR"}


def test_names_are_trimmed_and_codes_get_their_case():
    wanted: OutletFields = {
        "name": " The  Quay ",
        "country": " gb",
        "language": "FIL",
        "agency": True,
    }
    told = {"name": "The Quay", "country": "GB", "language": "fil", "agency": True}
    assert normalize_fields(wanted) == told
    assert normalize_fields({"country": None, "language": None}) == {
        "country": None,
        "language": None,
    }


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        ({"country": "GBR"}, "Invalid country 'GBR': expected a two-letter ISO 3166-1"),
        ({"country": "ŁÓ"}, "Invalid country 'ŁÓ'"),
        ({"language": "xx"}, "Invalid language 'xx': expected an ISO 639 code"),
        ({"name": None}, "Invalid name"),
        ({"name": "\u200b"}, "Invalid name"),
        ({"family": "x" * 201}, "Invalid family"),
    ],
)
def test_what_cannot_be_is_refused(wanted: OutletFields, reason: str):
    with pytest.raises(BadInputError, match=reason):
        normalize_fields(wanted)
