"""Edits of an outlet by an admin, and the configured values that they override."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.domain.locales.codes import country_code, language_code
from service.errors import BadInputError

#: All other fields come from the configuration only.
EDITABLE_FIELDS = ("name", "family", "country", "language", "agency")
#: Fields that contain ISO codes and may be None.
CODE_FIELDS = ("country", "language")
_MAX_CHARACTERS = 200

FieldValue = str | bool | None
OutletFields = Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class OutletEdit:
    """The fields of an outlet after an edit."""

    fields: OutletFields  #: new values of all `EDITABLE_FIELDS`
    configured_values: OutletFields  #: configured values of the edited fields


def apply_edit(
    current: OutletFields, configured_values: OutletFields, changes: OutletFields
) -> OutletEdit:
    """Change some fields; a field that is set to its configured value is no longer edited.

    `configured_values` contains the configured values of the fields edited before.
    """
    configured = {**current, **configured_values}
    reset = {name for name in changes if changes[name] == configured[name]}
    edited = (configured_values.keys() | changes.keys()) - reset
    return OutletEdit(
        fields={**current, **changes},
        configured_values={name: configured[name] for name in EDITABLE_FIELDS if name in edited},
    )


def restore_configured(current: OutletFields, configured_values: OutletFields) -> OutletEdit:
    """Undo all edits."""
    return OutletEdit({**current, **configured_values}, {})


def normalize_fields(changes: OutletFields) -> OutletFields:
    """Return the fields in stored form: names trimmed, codes in their canonical case.

    Raises:
        BadInputError: a name or code is invalid; the message names the field.
    """
    return {name: _normalize_field(name, value) for name, value in changes.items()}


def _normalize_field(name: str, value: FieldValue) -> FieldValue:
    if isinstance(value, bool) or (value is None and name in CODE_FIELDS):
        return value
    text = " ".join((value or "").split())
    if name == "country":
        return country_code(text)
    if name == "language":
        return language_code(text)
    if not text or len(text) > _MAX_CHARACTERS or not text.isprintable():
        raise BadInputError(f"Invalid {name}: expected 1 to {_MAX_CHARACTERS} printable characters")
    return text
