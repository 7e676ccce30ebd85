"""Rejection of unknown, repeated and badly encoded query parameters, with the nearest valid name.

An ignored filter would return misleading results, so the API rejects unknown parameters.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.params import Cookie, Header, Path

from service.domain.text.field_errors import describe_field_error
from service.domain.text.nearest import suggest
from service.settings.sources import nearest

Schema = Mapping[str, Any]

#: Pages and metrics ignore parameters that others append to their URLs.
CHECKED_PREFIX = "/v1/"
NOT_UTF8 = "Not UTF-8: encode the text as UTF-8 before percent-encoding it"
#: A value in the list of an error message of pydantic.
_QUOTED = re.compile("'([^']+)'")
_NOT_IN_QUERY = (Cookie, Header, Path)
REPEATED = "Parameter given more than once: send one value"


async def reject_unknown_parameters(request: Request) -> None:
    """Check the query of a request; a dependency of every route.

    Raises:
        RequestValidationError: a parameter is unknown, repeated without being a list, or not UTF-8.
    """
    query: bytes = request.scope["query_string"]
    if not request.scope["path"].startswith(CHECKED_PREFIX) or not query:
        return
    if errors := list(_find_encoding_errors(query)) or list(_find_parameter_errors(request)):
        raise RequestValidationError(errors)


def _find_encoding_errors(query: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield parameters that are not UTF-8; decoding them would replace characters silently."""
    codec = "latin-1"
    for name, value in parse_qsl(query.decode(codec), keep_blank_values=True, encoding=codec):
        try:
            f"{name}={value}".encode(codec).decode()
        except UnicodeDecodeError:
            shown = name.encode(codec).decode(errors="replace")
            yield {"type": "not_utf8", "loc": ("query", shown), "msg": NOT_UTF8}


def _find_parameter_errors(request: Request) -> Iterator[Mapping[str, Any]]:
    """Yield parameters that the route does not define, or that are repeated but not lists."""
    schemas = parameter_schemas(request)
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in schemas:
            yield {"type": "extra_forbidden", "loc": ("query", name), "msg": ""}
            continue
        types = (schemas[name], *schemas[name].get("anyOf", ()))
        if count > 1 and not any(each.get("type") == "array" for each in types):
            yield {"type": "repeated", "loc": ("query", name), "msg": REPEATED}


def suggest_parameter(request: Request, location: Sequence[str | int]) -> str:
    """Error message for an unknown parameter or field, with the most similar existing one."""
    if location[0] == "body":
        name, fields = str(location[-1]), _body_fields(request, location[1:-1])
        if name in fields:
            return "This field does not go with the others: remove it, or send another request"
        return f"Unknown field; {nearest(name, fields)}" if fields else "Unknown field"
    names = parameter_schemas(request) or _page_parameters(request)
    hint = nearest(str(location[-1]), names) if names else "this route takes none"
    return f"Unknown parameter; {hint}"


def _body_fields(request: Request, location: Sequence[str | int]) -> set[str]:
    """Names of the fields at a location of the request body, from the OpenAPI document."""
    content = _operation(request).get("requestBody", {}).get("content", {})
    schemas = request.app.openapi()["components"]["schemas"]
    variants = _variants(content.get("application/json", {}).get("schema", {}), schemas)
    for part in location:
        inner = [
            each["items"] if isinstance(part, int) else each["properties"][part]
            for each in variants
            if ("items" in each if isinstance(part, int) else part in each.get("properties", ()))
        ]
        variants = [variant for each in inner for variant in _variants(each, schemas)]
    return {name for each in variants for name in each.get("properties", ())}


def _variants(schema: Schema, schemas: Mapping[str, Schema]) -> list[Schema]:
    """The schemas that a schema refers to or combines, otherwise the schema alone."""
    if "$ref" in schema:
        return _variants(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas)
    combined = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    return [variant for each in combined for variant in _variants(each, schemas)] or [schema]


def _operation(request: Request) -> Schema:
    """The route's operation in the OpenAPI document; empty for pages."""
    path = request.scope["route"].path
    operation: Schema = request.app.openapi()["paths"].get(path, {}).get(request.method.lower(), {})
    return operation


def _page_parameters(request: Request) -> dict[str, Mapping[str, Any]]:
    """The query parameters of a page, which the OpenAPI document does not list."""
    fields = get_flat_params(request.scope["route"].dependant)
    return {each.alias: {} for each in fields if not isinstance(each.field_info, _NOT_IN_QUERY)}


def suggest_choice(error: Mapping[str, Any]) -> str:
    """Message for an invalid value; for one outside of a closed list also the most similar one."""
    message = describe_field_error(error["type"], error["msg"], error.get("ctx", {}))
    if error["type"] not in {"enum", "literal_error"} or not isinstance(error["input"], str):
        return message
    if not error["input"].strip():  # nothing is similar to an empty text
        return message
    choices = _QUOTED.findall(error["ctx"]["expected"])
    return f"{message}; {suggest(error['input'][:200], dict(zip(choices, choices, strict=True)))}"


def parameter_schemas(request: Request) -> dict[str, Mapping[str, Any]]:
    """JSON schemas of the route's query parameters by name, from the OpenAPI document."""
    parameters = _operation(request).get("parameters", [])
    return {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}
