"""Decoding of JSON into the client's dataclasses."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from samestory_client import InvalidResponseError
from samestory_client.decoding import decode


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    score: float | None


@dataclass(frozen=True, slots=True)
class Whole:
    id: int
    at: datetime
    parts: tuple[Part, ...] = ()
    links: dict[str, str] | None = None


def test_nested_dataclasses_are_decoded():
    value = {
        "id": 7,
        "at": "2026-11-02T09:14:00Z",
        "parts": [{"name": "a", "score": 1}, {"name": "b", "score": None}],
        "links": {"self": "/7"},
    }
    assert decode(Whole, value) == Whole(
        7,
        datetime(2026, 11, 2, 9, 14, tzinfo=UTC),
        (Part("a", 1.0), Part("b", None)),
        {"self": "/7"},
    )


def test_unknown_fields_are_ignored_and_defaults_apply():
    assert decode(Part, {"name": "a", "score": 0.5, "colour": "red"}) == Part("a", 0.5)
    assert decode(Whole, {"id": 7, "at": "2026-11-02T09:14:00Z"}).parts == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "7"}, "id is of type str, expected int"),
        ({"id": True}, "id is of type bool, expected int"),
        ({"at": "yesterday"}, "at is of type str, expected datetime"),
        ({"parts": {}}, "parts is of type dict, expected tuple"),
        ({"parts": [{"name": "a"}]}, r"field parts\[0\]\.score is missing"),
        ({"parts": [{"name": "a", "score": True}]}, r"parts\[0\]\.score is of type bool"),
        ({"links": {"self": None}}, r"links\.self is of type NoneType, expected str"),
    ],
)
def test_wrong_type_raises_with_the_path_of_the_field(change: dict[str, Any], message: str):
    with pytest.raises(InvalidResponseError, match=message):
        decode(Whole, {"id": 7, "at": "2026-11-02T09:14:00Z"} | change)


def test_body_that_is_not_an_object_raises():
    with pytest.raises(InvalidResponseError, match="the body is of type list, expected Whole"):
        decode(Whole, [])
