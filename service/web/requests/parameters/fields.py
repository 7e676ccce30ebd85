"""Query parameter `fields`: responses with a subset of the fields."""

from collections.abc import Iterable, Mapping
from copy import copy
from functools import cache
from types import GenericAlias, MappingProxyType
from typing import Annotated, Any, Union

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field, create_model

from service.web.rendering.schemas import PageOut
from service.web.requests.responses import model_response

NO_SUMMARY: Mapping[str, Any] = MappingProxyType({})
Names = Annotated[str, Field(min_length=1, max_length=500)]


def or_partial(model: type[BaseModel]) -> Any:
    """The response type of one resource: the model, or some of its fields."""
    return Union[model, partial_model(model)]  # noqa: UP007  # types that are only known here


def or_partial_page(page: type[BaseModel], item: type[BaseModel]) -> Any:
    """The response type of a list: the page, or one whose items have some fields of `item`."""
    fields: dict[str, Any] = {
        name: (each.annotation, each) for name, each in page.model_fields.items()
    }
    fields["items"] = (GenericAlias(list, (partial_model(item),)), Field())
    name = f"Partial{item.__name__.removesuffix('Out')}Page"
    doc = "A page whose items have only the requested fields."
    return Union[page, create_model(name, __doc__=doc, **fields)]  # noqa: UP007  # as above


@cache
def partial_model(model: type[BaseModel]) -> type[BaseModel]:
    """The model of a response with some of the fields of `model`; no field is required."""
    fields: dict[str, Any] = {}
    for name, each in model.model_fields.items():
        optional = copy(each)
        # A factory makes the field optional without allowing null. No instance is ever created.
        optional.default_factory = dict
        fields[name] = (each.annotation, optional)
    doc = f"{model.__doc__ or ''} Only the requested fields.".strip()
    return create_model(f"Partial{model.__name__}", __doc__=doc, **fields)


def validate_names(allowed: Iterable[str]) -> AfterValidator:
    """Validator of a comma-separated list of allowed names."""
    names = tuple(allowed)

    def check(value: str) -> str:
        if unknown := [name for name in value.split(",") if name.strip() not in names]:
            raise ValueError(
                f"Unknown name {', '.join(unknown)[:80]}: expected some of {', '.join(names)}"
            )
        return value

    return AfterValidator(check)


def validate_fields(model: type[BaseModel]) -> AfterValidator:
    """Validator of a comma-separated list of a model's fields."""
    return validate_names(model.model_fields)


def fields_parameter(example: str) -> Any:
    """Description of the parameter `fields`."""
    return Field(
        description="Comma-separated fields to return. Default: all.",
        examples=[example],
    )


def split_names(names: str | None) -> list[str]:
    """Names of a comma-separated list, each once."""
    return list(dict.fromkeys(name.strip() for name in names.split(","))) if names else []


def select_fields(model: BaseModel, fields: str | None) -> dict[str, Any]:
    """A model as JSON, with all or only the requested fields."""
    data: dict[str, Any] = model.model_dump(mode="json", by_alias=True)
    return {name: data[name] for name in split_names(fields) if name in data} if fields else data


def json_response(model: BaseModel, fields: str | None) -> Response:
    """Response with one model, with all or only the requested fields."""
    return JSONResponse(select_fields(model, fields)) if fields else model_response(model)


def page_response(
    page: PageOut[Any], fields: str | None, summary: Mapping[str, Any] = NO_SUMMARY
) -> Response:
    """Response with a page whose items have all or only the requested fields.

    `summary` contains further fields of the page as JSON.
    """
    if not fields and not summary:
        return model_response(page)
    items = [select_fields(each, fields) for each in page.items]
    return JSONResponse({"items": items, "next": page.next, **summary})
