"""OpenAPI document: FastAPI's document plus problem responses, headers and examples."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.web.docs.error_examples import example_problem
from service.web.docs.examples import example_of
from service.web.docs.tags import TAGS

#: API version, as in the paths.
VERSION = "1"
DESCRIPTION = """\
A story is a group of articles of many outlets that report the same event.

All times are UTC. Lists with a field `next` are paged. Send its value as `cursor` of the next \
request (for `/v1/changes`, as `since`).

Send an API key as `Authorization: Bearer <key>`. Writing always requires a key. The \
setting `access.read_access` controls whether reading requires a key.

Responses to GET requests under `/v1` have an ETag, except those of `/v1/keys`, \
`/v1/subscribers`, `/v1/webhooks`, exports and event streams. Send the ETag as If-None-Match to get 304 if \
nothing changed.
"""
NOT_MODIFIED = {"description": "Nothing changed since the ETag in If-None-Match. No body."}
CACHE_HEADERS = {
    "ETag": {
        "description": "Version of the response.",
        "schema": {"type": "string"},
        "example": 'W/"2a-5a1f3c9e7b2d4f60"',
    },
    "Last-Modified": {
        "description": "Time of the last change; absent if unknown.",
        "schema": {"type": "string"},
        "example": "Mon, 02 Nov 2026 09:14:00 GMT",
    },
}
#: Headers of draft-ietf-httpapi-ratelimit-headers-10; absent without a rate limit.
RATE_LIMIT_HEADERS = {
    "RateLimit-Policy": {
        "description": "Allowed requests (q) per window (w, in seconds). The limit applies to each "
        "key, and to each address that sends no key.",
        "schema": {"type": "string"},
        "example": '"key";q=1200;w=60',
    },
    "RateLimit": {
        "description": "Remaining requests (r), and seconds until the full quota is available (t).",
        "schema": {"type": "string"},
        "example": '"key";r=1188;t=1',
    },
}
RETRY_AFTER = {
    "description": "Seconds to wait before a retry.",
    "schema": {"type": "string"},
    "example": "3",
}
CHALLENGE = {
    "description": "Expected authentication scheme.",
    "schema": {"type": "string"},
    "example": 'Bearer realm="samestory"',
}
#: Responses of the access middleware and of checks before the route.
ACCESS_RESPONSES: dict[str, Any] = {
    "401": {"description": "The key is missing or invalid.", "WWW-Authenticate": CHALLENGE},
    "413": {"description": "The body is too large."},
    "415": {"description": "The body is compressed, or its type is not JSON."},
    "429": {"description": "Too many requests; see Retry-After.", "Retry-After": RETRY_AFTER},
}
#: The statuses above that only apply to requests with a body.
BODY_STATUSES = ("413", "415")
#: Paths with `Cache-Control: no-store`, which have no ETag.
UNCACHED_PATHS = ("/v1/keys", "/v1/subscribers", "/v1/webhooks")

INFO = {
    "contact": {"name": "Operator of this service"},
    "license": {
        "name": "Apache 2.0",
        "url": "https://www.apache.org/licenses/LICENSE-2.0",
    },
}
SERVERS = [{"url": "/", "description": "This service."}]
#: Security scheme of the routes that need no role.
READER_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "API key, created with `samestory keys create`. Every key allows reading.",
}
#: Rejected before the route, by the HTTP server.
MALFORMED = {"description": "The request is not valid HTTP."}
#: Media types of responses without an ETag, because they are sent while they are computed.
STREAM_TYPES = {"text/event-stream", "application/jsonl"}

Document = dict[str, Any]


def describe(app: FastAPI) -> Document:
    """The OpenAPI document of an application; generated once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=VERSION, description=DESCRIPTION, routes=app.routes
        )
        document["info"] |= INFO
        document["servers"] = SERVERS
        document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
        document["components"]["securitySchemes"]["key"] = READER_KEY
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        read_without_key: bool = app.state.access.read_without_key
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if path.startswith(("/v1", "/metrics")):
                    _add_access_responses(operation, read_without_key=read_without_key)
                else:
                    operation["security"] = []
                    operation["responses"].setdefault("400", MALFORMED)
                _add_examples(operation, path, document["components"]["schemas"])
                _add_cache_headers(operation, path, method)
        app.openapi_schema = document
    return app.openapi_schema


def _add_access_responses(operation: Document, *, read_without_key: bool) -> None:
    """Add the security scheme and the responses of the access middleware."""
    # A key is optional on open routes, but the rate limit is then per key.
    operation.setdefault("security", [{"key": []}, *([{}] if read_without_key else [])])
    for status, described in ACCESS_RESPONSES.items():
        if status not in BODY_STATUSES or "requestBody" in operation:
            headers = {name: each for name, each in described.items() if name != "description"}
            response = {"description": described["description"], "headers": headers}
            operation["responses"].setdefault(status, response)
    for status, response in operation["responses"].items():
        if status < "300" or status == "429":
            response.setdefault("headers", {}).update(RATE_LIMIT_HEADERS)
        if status == "503":
            response.setdefault("headers", {})["Retry-After"] = RETRY_AFTER


def _complete_parameter(parameter: Document, schemas: Document) -> None:
    """Add serialization, example and description of a parameter."""
    schema = parameter["schema"]
    if any(each.get("type") == "array" for each in (schema, *schema.get("anyOf", ()))):
        parameter |= {"style": "form", "explode": True}
    if parameter["name"] != "cursor":  # valid for one list and order only
        parameter["example"] = example_of(schema, schemas, parameter["name"])
    # FastAPI leaves the description of an optional type inside its schema.
    for each in schema.get("anyOf", ()):
        if "description" in each:
            parameter.setdefault("description", each["description"])


def _add_examples(operation: Document, path: str, schemas: Document) -> None:
    for parameter in operation.get("parameters", ()):
        _complete_parameter(parameter, schemas)
    for media in operation.get("requestBody", {}).get("content", {}).values():
        if "anyOf" in media["schema"] and all("$ref" in each for each in media["schema"]["anyOf"]):
            media["examples"] = {
                each["$ref"].rpartition("/")[2]: {"value": example_of(each, schemas)}
                for each in media["schema"]["anyOf"]
            }
        else:
            media.setdefault("example", example_of(media["schema"], schemas))
    for status, response in operation["responses"].items():
        if status >= "400":
            schema = {"$ref": "#/components/schemas/Problem"}
            example = example_problem(int(status), path, operation)
            response["content"] = {
                "application/problem+json": {"schema": schema, "example": example}
            }
        for media in response.get("content", {}).values():
            media.setdefault("example", example_of(media.get("schema", {}), schemas))


def _add_cache_headers(operation: Document, path: str, method: str) -> None:
    responses = operation["responses"]
    streams = STREAM_TYPES & responses.get("200", {}).get("content", {}).keys()
    if (
        method == "get"
        and path.startswith("/v1")
        and not streams
        and not path.startswith(UNCACHED_PATHS)
    ):
        responses["200"].setdefault("headers", {}).update(CACHE_HEADERS)
        responses["304"] = NOT_MODIFIED
