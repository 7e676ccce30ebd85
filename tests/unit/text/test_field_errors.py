"""Messages for invalid fields."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from service.domain.text.field_errors import PATTERN_REMEDIES, describe_field_error
from service.web.requests.parameters.unknown_parameters import suggest_choice
from tests.support.typescript import openapi_document


class Nested(BaseModel):
    name: str


class Sample(BaseModel):
    word: Annotated[str, StringConstraints(min_length=1, max_length=5, pattern=r"^[^\x00]*$")] = "a"
    words: Annotated[list[str], Field(min_length=1, max_length=2)] = Field(default=["a"])
    count: Annotated[int, Field(ge=0)] = 0
    nested: Nested | None = None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"word": ""}, "Empty: send a text"),
        ({"word": "abcdef"}, "Too long: use at most 5 characters"),
        ({"word": "a\0"}, "Remove the NUL character"),
        ({"word": 1}, "Expected a text"),
        ({"words": ["a"] * 3}, "Too many values: send at most 2"),
        ({"words": []}, "Too few values: send at least 1"),
        ({"words": "a"}, "Expected a list"),
        ({"count": "a"}, "Expected a whole number"),
        ({"count": -1}, "Input should be greater than or equal to 0"),
        ({"nested": 1}, "Expected a JSON object"),
    ],
)
def test_message_names_the_remedy(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(fields)
    [error] = caught.value.errors()
    assert describe_field_error(error["type"], error["msg"], error.get("ctx", {})) == message


def test_empty_text_is_similar_to_no_choice() -> None:
    error = {"type": "literal_error", "msg": "Input should be 'a' or 'b'", "input": ""}
    context = {"ctx": {"expected": "'a' or 'b'"}}
    assert suggest_choice({**error, **context}) == "Input should be 'a' or 'b'"
    assert "did you mean b?" in suggest_choice({**error, **context, "input": "bb"})


def test_each_pattern_of_the_api_has_a_remedy() -> None:
    patterns = set(find_patterns(openapi_document()))
    assert patterns
    assert patterns <= PATTERN_REMEDIES.keys()


def find_patterns(schema: Any) -> Iterator[str]:
    """Yield the patterns in a document."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for each in schema.values():
            yield from find_patterns(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from find_patterns(each)
