"""JSON format of story details in the column `details`."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from service.domain.stories.description import Details

_DETAILS = TypeAdapter(Details)


def to_json(details: Details) -> dict[str, Any]:
    """The JSON value of the column `details`; inverse of `from_json`."""
    stored: dict[str, Any] = _DETAILS.dump_python(details, mode="json")
    return stored


def from_json(stored: Mapping[str, Any]) -> Details:
    """The details from the column `details`; empty if their format is unknown."""
    try:
        return _DETAILS.validate_python(stored)
    except ValidationError:
        return Details()
