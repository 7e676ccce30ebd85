"""The API's description: FastAPI's, with problems under their own media type, and examples."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.web.docs.error_examples import problem_of
from service.web.docs.examples import example_of

#: The version of the API, as in its paths.
VERSION = "1"
DESCRIPTION = """\
Stories: who reported which event, when, and which reports are copies of one another.
Times are UTC. Lists are paged: pass `next` of one page as `cursor` of the following request.
Every answer has an ETag: send it as If-None-Match, and 304 says that nothing changed.
Whoever has a key sends it as `Authorization: Bearer …`; writing always takes one.
"""
NOT_MODIFIED = {"description": "The answer is the one that If-None-Match names; no body."}
HEADERS = {
    "ETag": {
        "description": "What this answer is known by.",
        "schema": {"type": "string"},
        "example": 'W/"2a-5a1f3c9e7b2d4f60"',
    },
    "Last-Modified": {
        "description": "When anything was changed last; absent where that is not known.",
        "schema": {"type": "string"},
        "example": "Mon, 02 Nov 2026 09:14:00 GMT",
    },
}
#: Of draft-ietf-httpapi-ratelimit-headers-10; absent where there is no limit.
LIMITS = {
    "RateLimit-Policy": {
        "description": "Requests (q) in so many seconds (w), for each key or address.",
        "schema": {"type": "string"},
        "example": '"key";q=1200;w=60',
    },
    "RateLimit": {
        "description": "Requests left (r), and seconds (t) until all are there again.",
        "schema": {"type": "string"},
        "example": '"key";r=1188;t=1',
    },
}
RETRY_AFTER = {
    "description": "Seconds until it may be asked again.",
    "schema": {"type": "string"},
    "example": "3",
}
CHALLENGE = {
    "description": "What to bring.",
    "schema": {"type": "string"},
    "example": 'Bearer realm="samestory"',
}
#: What may be answered before any route does its work.
GATE: dict[str, Any] = {
    "401": {"description": "No key, or none that is good.", "WWW-Authenticate": CHALLENGE},
    "413": {"description": "The body is too large."},
    "415": {"description": "The body is no JSON, or is compressed."},
    "429": {"description": "Too many requests.", "Retry-After": RETRY_AFTER},
}
#: Of these, what takes a body to be refused.
OF_BODIES = ("413", "415")
#: Lists that nobody may keep.
UNKEPT = ("/v1/keys", "/v1/subscribers", "/v1/webhooks")

Document = dict[str, Any]


def describe(app: FastAPI) -> Document:
    """The OpenAPI document of an application, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=VERSION, description=DESCRIPTION, routes=app.routes
        )
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        reading_open: bool = app.state.access.reading_open
        for path, method, operation in _operations(document):
            if path.startswith(("/v1", "/metrics")):
                _guard(operation, reading_open=reading_open)
            _complete(operation, path, method, document["components"]["schemas"])
        app.openapi_schema = document
    return app.openapi_schema


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield path, method, operation


def _guard(operation: Document, *, reading_open: bool) -> None:
    """Tell what the gate asks of a request, and how it refuses one."""
    # A key is welcome everywhere: requests are counted by it.
    operation.setdefault("security", [{"key": []}, *([{}] if reading_open else [])])
    for status, told in GATE.items():
        if status not in OF_BODIES or "requestBody" in operation:
            headers = {name: each for name, each in told.items() if name != "description"}
            response = {"description": told["description"], "headers": headers}
            operation["responses"].setdefault(status, response)
    for status, response in operation["responses"].items():
        if status < "300" or status == "429":
            response.setdefault("headers", {}).update(LIMITS)
        if status == "503":
            response.setdefault("headers", {})["Retry-After"] = RETRY_AFTER


def _complete(operation: Document, path: str, method: str, schemas: Document) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["example"] = example_of(parameter["schema"], schemas, parameter["name"])
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if "anyOf" in media["schema"] and all("$ref" in each for each in media["schema"]["anyOf"]):
            media["examples"] = _examples(media["schema"]["anyOf"], schemas)
        else:
            media.setdefault("example", example_of(media["schema"], schemas))
    responses = operation["responses"]
    for status, response in responses.items():
        if status >= "400":
            schema = {"$ref": "#/components/schemas/Problem"}
            example = problem_of(int(status), path, operation)
            response["content"] = {
                "application/problem+json": {"schema": schema, "example": example}
            }
        for media in response.get("content", {}).values():
            media.setdefault("example", example_of(media.get("schema", {}), schemas))
    streams = "text/event-stream" in responses.get("200", {}).get("content", {})
    if method == "get" and path.startswith("/v1") and not streams and not path.startswith(UNKEPT):
        responses["200"].setdefault("headers", {}).update(HEADERS)
        responses["304"] = NOT_MODIFIED


def _examples(shapes: list[Document], schemas: Document) -> Document:
    """One for each shape that a body may have, by the name of the shape."""
    return {
        shape["$ref"].rpartition("/")[2]: {"value": example_of(shape, schemas)} for shape in shapes
    }
