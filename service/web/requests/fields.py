"""Answers of which only some fields are wanted."""

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field

from service.web.rendering.schemas import PageOut
from service.web.requests.responses import written

Names = Annotated[str, Field(min_length=1, max_length=500)]


class PartialPageOut(BaseModel):
    """Some items of a list, each with the fields that were asked for."""

    items: list[dict[str, Any]] = Field(examples=[[{"id": "9f3c1a", "coverage": 4}]])
    next: str | None = Field(description="Cursor of the next page; null at the end.")


def names_in(known: Iterable[str]) -> AfterValidator:
    """Takes names with commas between them, each one of the known ones."""
    listed = tuple(known)

    def check(value: str) -> str:
        if unknown := [name for name in value.split(",") if name.strip() not in listed]:
            raise ValueError(f"unknown: {', '.join(unknown)[:80]}; known are {', '.join(listed)}")
        return value

    return AfterValidator(check)


def fields_of(shape: type[BaseModel]) -> AfterValidator:
    """Takes names of fields of a shape."""
    return names_in(shape.model_fields)


def such_as(example: str) -> Any:
    """What the parameter `fields` says of itself."""
    return Field(
        description="Only these fields of each, with commas between them.", examples=[example]
    )


def split(names: str | None) -> list[str]:
    """The names, each once."""
    return list(dict.fromkeys(name.strip() for name in names.split(","))) if names else []


def narrowed(told: BaseModel, fields: str | None) -> dict[str, Any]:
    """An answer as JSON, whole or only some fields of it."""
    whole: dict[str, Any] = told.model_dump(mode="json", by_alias=True)
    return {name: whole[name] for name in split(fields) if name in whole} if fields else whole


def answer(told: BaseModel, fields: str | None) -> Response:
    """One thing as it goes out."""
    return JSONResponse(narrowed(told, fields)) if fields else written(told)


def page_answer(page: PageOut[Any], fields: str | None) -> Response:
    """A page as it goes out, with all or some fields of its items."""
    if not fields:
        return written(page)
    items = [narrowed(each, fields) for each in page.items]
    return JSONResponse({"items": items, "next": page.next})
