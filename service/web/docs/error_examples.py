"""What errors look like on the wire, for each route one that it may really answer."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from service.web.requests.content_type import NO_JSON
from service.web.requests.problems import TYPES

CONFLICT, INVALID = 409, 422
REQUEST = "5f0c7b1de4d94c5c8f1f6f0c2a8b7e11"
LOCKED = "decision 7 (lock 9f3c1a, Ruth Pell, 2026-11-02 09:14:00)"
CONTRADICTED = {"decision": 7, "told": LOCKED, "undo": "/v1/decisions/7/undo"}
UNDERWAY = "a request with Idempotency-Key 5f0c7b1d is still in progress"
#: Where something is there already; elsewhere the same request is under way.
TAKEN = {
    "/v1/feeds": "the feed https://harbour-times.example/feed.xml is known already",
    "/v1/keys": "there is a key newsroom already; choose another name, or revoke that one",
    "/v1/subscribers": "reader@example.org was asked already, as subscriber 7, and has not confirmed; "
    "change that one, or remove it and add it again",
    "/v1/subscribers/{subscriber_id}/alerts": "there is such an alert already: ferry or pier",
}
DETAILS = {
    400: "There was an error parsing the body",
    401: "this takes a key: send Authorization: Bearer, and the key",
    413: "the body is larger than 1048576 bytes; send less",
    415: NO_JSON,
    429: "more than 1200 requests in 60 seconds; ask again in 3",
    500: "an unexpected error; it has been logged",
    503: "the database does not answer",
}
#: What there may be none of, by the parameter of the path that names it, and which one.
NAMED = {
    "story_id": ("story", "9f3c1a"),
    "storyline_id": ("storyline", "orlan-harbour"),
    "article_id": ("article", "7031"),
    "slug": ("outlet", "harbour-times"),
    "feed_id": ("feed", "7"),
    "number": ("decision", "7"),
    "subscriber_id": ("subscriber", "7"),
    "alert_id": ("alert", "7"),
    "key_id": ("key", "7"),
    "webhook_id": ("webhook", "7"),
    "form": ("form", "atom"),
}
#: In which order parameters are taken for an example of a wrong one.
WRONG = {
    "limit": "Input should be less than or equal to 100",
    "fields": "unknown: colour; known are the fields of the answer",
    "since": "write the time as ISO 8601 does, such as 2026-11-02T09:14:00Z",
    "as_of": "write the time as ISO 8601 does, such as 2026-11-02T09:14:00Z",
}
IS_WRONG = "Input should be a valid integer, unable to parse string as an integer"
HAS_CONTROLS = "String should match pattern '^[^\\x00-\\x1f\\x7f]+$'"

Operation = Mapping[str, Any]


def problem_of(status: int, path: str, operation: Operation) -> dict[str, Any]:
    """One answer of a status that a route may give."""
    contradicts = status == CONFLICT and path.startswith("/v1/decisions")
    faults = [_fault(operation)] if status == INVALID else []
    kind = TYPES.get(status, "http-error")
    if status == CONFLICT:
        kind = "contradiction" if contradicts else "taken" if path in TAKEN else "underway"
    return {
        "type": f"urn:samestory:problem:{kind}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _detail(status, path, operation, faults),
        "instance": re.sub(r"{(\w+)}", lambda found: NAMED[found[1]][1], path),
        "request_id": REQUEST,
        "errors": faults,
        "contradicts": [CONTRADICTED] if contradicts else [],
    }


def _detail(status: int, path: str, operation: Operation, faults: list[dict[str, str]]) -> str:
    if faults:
        return f"{faults[0]['where']}: {faults[0]['detail']}"
    if status == CONFLICT:
        decided = path.startswith("/v1/decisions")
        contradiction = f"contradicts {LOCKED}; undo what should not stand"
        return contradiction if decided else TAKEN.get(path, UNDERWAY)
    if status == HTTPStatus.NOT_FOUND_RESPONSE:
        named = [*re.findall(r"{(\w+)}", path), "story_id"]
        return "no {} {}".format(*NAMED[named[-2] if len(named) > 1 else named[0]])
    if status == HTTPStatus.FORBIDDEN:
        [role, *_] = [*_roles(operation), "editor"]
        return f"this takes the role {role}; the key's is reader"
    return DETAILS.get(status, HTTPStatus(status).phrase)


def _roles(operation: Operation) -> list[str]:
    return [role for each in operation.get("security", ()) for role in each.get("key", ())]


def _fault(operation: Operation) -> dict[str, str]:
    """Something that may be wrong with a request of this operation."""
    taken = {each["name"]: each["in"] for each in operation.get("parameters", ())}
    for name, detail in WRONG.items():
        if taken.get(name) == "query":
            return {"where": f"query.{name}", "detail": detail}
    if "requestBody" in operation:
        return {"where": "body.colour", "detail": "no such field here"}
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            whole = each["schema"].get("type") == "integer"
            detail = IS_WRONG if whole else HAS_CONTROLS
            return {"where": f"path.{each['name']}", "detail": detail}
    return {"where": "query.colour", "detail": "no such parameter; none is taken here"}
