"""Edits of outlets and their configured values."""

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


def test_edit_stores_the_configured_values():
    first = apply_edit(PRESENT, {}, {"country": "FR", "language": "en"})
    assert first.fields == {**PRESENT, "country": "FR"}
    assert first.configured_values == {"country": "GB"}
    second = apply_edit(first.fields, first.configured_values, {"country": None, "agency": True})
    assert second.fields == {**PRESENT, "country": None, "agency": True}
    assert second.configured_values == {"country": "GB", "agency": False}
    assert restore_configured(second.fields, second.configured_values).fields == PRESENT
    assert restore_configured(second.fields, second.configured_values).configured_values == {}


def test_field_set_to_its_configured_value_is_not_edited():
    result = apply_edit({**PRESENT, "country": "FR"}, {"country": "GB"}, {"country": "GB"})
    assert (result.fields, result.configured_values) == (PRESENT, {})


def test_edit_persists_if_the_configuration_becomes_equal():
    result = apply_edit({**PRESENT, "country": "FR"}, {"country": "FR"}, {"name": "Q"})
    assert result.configured_values == {"name": "Quay", "country": "FR"}


def test_names_and_codes_are_normalized():
    fields: OutletFields = {
        "name": " The  Quay ",
        "country": " gb",
        "language": "FIL",
        "agency": True,
    }
    normalized = {"name": "The Quay", "country": "GB", "language": "fil", "agency": True}
    assert normalize_fields(fields) == normalized
    assert normalize_fields({"country": None, "language": None}) == {
        "country": None,
        "language": None,
    }


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"country": "GBR"}, "Invalid country 'GBR': expected a two-letter ISO 3166-1"),
        ({"country": "ŁÓ"}, "Invalid country 'ŁÓ'"),
        ({"language": "xx"}, "Invalid language 'xx': expected an ISO 639 code"),
        ({"name": None}, "Invalid name"),
        ({"name": "\u200b"}, "Invalid name"),
        ({"family": "x" * 201}, "Invalid family"),
    ],
)
def test_invalid_field_is_rejected(fields: OutletFields, reason: str):
    with pytest.raises(BadInputError, match=reason):
        normalize_fields(fields)
