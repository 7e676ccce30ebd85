"""Example problems for the OpenAPI document, matching the errors of each route."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from service.domain.access.roles import Role
from service.errors import NotFoundError
from service.web.middleware.authenticate import AUTHENTICATION_REQUIRED
from service.web.middleware.request_context import INTERNAL_ERROR
from service.web.requests.content_type import NOT_JSON
from service.web.requests.problems import DATABASE_UNAVAILABLE, LISTS, PROBLEM_TYPES

CONFLICT, INVALID = 409, 422
REQUEST_ID = "5f0c7b1de4d94c5c8f1f6f0c2a8b7e11"
LOCK = "decision 7 (lock g6eppbxpoc, Ruth Pell, 2026-11-02 09:14:00)"
CONFLICTING_DECISION = {"decision": 7, "message": LOCK, "undo": "/v1/decisions/7/undo"}
IN_PROGRESS = "A request with Idempotency-Key 5f0c7b1d is still in progress; retry in a second"
#: 409 of routes that create a unique object; other routes return `IN_PROGRESS`.
ALREADY_EXISTS = {
    "/v1/feeds": "Feed https://harbour-times.example/feed.xml already exists as feed 7",
    "/v1/keys": "A key named Harbour Times already exists as key 7; "
    "choose another name or revoke that key",
    "/v1/queries": "The saved query 'harbour' already exists: change it, or choose another id",
    "/v1/subscribers": "reader@example.org is subscriber 7 and has not confirmed yet; "
    "change this subscriber, or remove it and add it again",
    "/v1/subscribers/{subscriber_id}/alerts": "This alert already exists as alert 7: query harbour, "
    "ferry or pier, Orlan, from harbour-times, from United Kingdom, 2 or more independent outlets",
}
DETAILS = {
    400: "There was an error parsing the body",
    401: AUTHENTICATION_REQUIRED,
    413: "Request body exceeds 1048576 bytes: send a smaller body",
    415: NOT_JSON,
    429: "Rate limit exceeded: 1200 requests in 60 seconds. Retry after 3 seconds",
    500: INTERNAL_ERROR,
    503: DATABASE_UNAVAILABLE,
}
#: Noun and example id of a missing object, by path parameter.
PATH_OBJECTS = {
    "query_id": ("saved query", "harbour"),
    "story_id": ("story", "g6eppbxpoc"),
    "storyline_id": ("storyline", "mlp7fvbmqu"),
    "article_id": ("article", "7031"),
    "slug": ("outlet", "harbour-times"),
    "feed_id": ("feed", "7"),
    "number": ("decision", "7"),
    "subscriber_id": ("subscriber", "7"),
    "alert_id": ("alert", "7"),
    "key_id": ("key", "7"),
    "webhook_id": ("webhook", "7"),
    "change": ("change", "42"),
    "form": ("form", "atom"),
}
INVALID_TIME = "Invalid time: use ISO 8601, such as 2026-11-02T09:14:00Z"
#: Errors of query parameters; the first one that a route has is its example.
QUERY_ERRORS = {
    "limit": "Input should be less than or equal to 100",
    "fields": "Unknown name colour: expected some of the fields of the response",
    "since": INVALID_TIME,
    "as_of": INVALID_TIME,
}
INVALID_INTEGER = "Expected a whole number"
INVALID_TEXT = "Remove control characters such as line breaks"

Operation = Mapping[str, Any]


def example_problem(status: int, path: str, operation: Operation) -> dict[str, Any]:
    """A problem with this status that the route can return."""
    is_decision = path.startswith("/v1/decisions")
    errors = [_field_error(operation)] if status == INVALID else []
    kind = PROBLEM_TYPES.get(status, "http-error")
    if status == CONFLICT:
        kind = "already-exists" if path in ALREADY_EXISTS else "request-in-progress"
        kind = "decision-conflict" if is_decision else kind
    return {
        "type": f"urn:samestory:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _detail(status, path, operation, errors),
        "instance": re.sub(r"{(\w+)}", lambda match: PATH_OBJECTS[match[1]][1], path),
        "request_id": REQUEST_ID,
        "errors": errors,
        "conflicts": [CONFLICTING_DECISION] if status == CONFLICT and is_decision else [],
    }


def _detail(status: int, path: str, operation: Operation, errors: list[dict[str, str]]) -> str:
    if errors:
        return f"{errors[0]['location']}: {errors[0]['detail']}"
    if status == CONFLICT and path.startswith("/v1/decisions"):
        return f"Conflicts with {LOCK}. Undo the conflicting decisions first"
    if status == CONFLICT:
        return ALREADY_EXISTS.get(path, IN_PROGRESS)
    if status == HTTPStatus.NOT_FOUND:
        # If the path has several objects, the last one is missing.
        parameters = re.findall(r"{(\w+)}", path) or ["story_id"]
        noun, example = PATH_OBJECTS[parameters[-1]]
        return NotFoundError(noun, example).with_remedy(LISTS)
    if status == HTTPStatus.FORBIDDEN:
        schemes = [name for each in operation.get("security", ()) for name in each]
        role = next((each for each in Role if f"{each}Key" in schemes), Role.EDITOR)
        return f"Role {role} required; this key has: reader. Use a key with the required role"
    return DETAILS.get(status, HTTPStatus(status).phrase)


def _field_error(operation: Operation) -> dict[str, str]:
    """An invalid part that a request of this operation can have."""
    locations = {each["name"]: each["in"] for each in operation.get("parameters", ())}
    for name, detail in QUERY_ERRORS.items():
        if locations.get(name) == "query":
            return {"location": f"query.{name}", "detail": detail}
    if "requestBody" in operation:
        return {"location": "body.colour", "detail": "Unknown field"}
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            is_integer = each["schema"].get("type") == "integer"
            detail = INVALID_INTEGER if is_integer else INVALID_TEXT
            return {"location": f"path.{each['name']}", "detail": detail}
    return {"location": "query.colour", "detail": "Unknown parameter; this route takes none"}
