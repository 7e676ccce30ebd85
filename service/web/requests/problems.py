"""Error responses: RFC 9457 problem details for programs, an HTML page for browsers."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Match, Mount

from service.errors import (
    AlreadyExistsError,
    BadInputError,
    DatabaseError,
    DecisionConflictError,
    EncoderError,
    FeedError,
    IdempotencyKeyReusedError,
    MailError,
    MaintenanceError,
    ModelLoadingError,
    NotFoundError,
    RequestInProgressError,
    SettingsError,
    SuppressedAddressError,
)
from service.web.dependencies import web_context
from service.web.requests.content_type import UNSUPPORTED_MEDIA_TYPE, unsupported_reason
from service.web.requests.parameters.unknown_parameters import suggest_choice, suggest_parameter

#: Paths with responses for programs; all other paths are HTML pages.
PROGRAM_PATHS = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")
PROBLEM_TYPES = {
    401: "invalid-key",
    403: "missing-role",
    400: "invalid-body",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    410: "gone",
    413: "too-large",
    415: "unsupported-body",
    421: "unknown-host",
    422: "invalid-request",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}
#: Details for errors of the router, which carry only the status phrase.
ROUTER_DETAILS = {
    404: "Unknown path: see /docs for all routes",
    405: "Method not allowed for this path: use one of those in the Allow header",
}
DATABASE_UNAVAILABLE = "Database unavailable. Retry later"
MODEL_UNAVAILABLE = "The embedding model cannot be loaded; see the service log"
#: Characters that RFC 3986 allows in a path without escaping.
_PATH_CHARACTERS = "/!$&'()*+,;=:@"
#: For a body that FastAPI cannot parse; `place` counts characters from 0.
INVALID_JSON = "The body is not JSON: check it near character {place}"
BAD_REQUEST, METHOD_NOT_ALLOWED = 400, 405
#: Path that lists the objects of each kind.
LISTS = {
    "article": "/v1/articles",
    "decision": "/v1/decisions",
    "feed": "/v1/feeds",
    "key": "/v1/keys",
    "outlet": "/v1/outlets",
    "saved query": "/v1/queries",
    "story": "/v1/stories",
    "storyline": "/v1/storylines",
    "subscriber": "/v1/subscribers",
    "webhook": "/v1/webhooks",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RETRY_AFTER = {"Retry-After": "5"}
IN_PROGRESS_RETRY = {"Retry-After": "1"}
#: Longer than for other outages: an operator usually has to fix the model.
MODEL_RETRY = {"Retry-After": "60"}
MAINTENANCE_RETRY = {"Retry-After": "60"}
DATABASE_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError, DatabaseError)


class FieldError(BaseModel):
    """An invalid part of a request."""

    location: str = Field(
        description="Part of the request and name of the field, separated by a dot.",
        examples=["query.limit"],
    )
    detail: str = Field(
        description="Error message.", examples=["Input should be less than or equal to 100"]
    )


class ConflictingDecision(BaseModel):
    """An active decision that conflicts with the request."""

    decision: int = Field(description="Id of the decision.", examples=[7])
    message: str = Field(
        description="The decision in words.",
        examples=["decision 7 (lock g6eppbxpoc, ann, 2026-11-02 09:14:00)"],
    )
    undo: str = Field(
        description="Path for a POST request that undoes the decision.",
        examples=["/v1/decisions/7/undo"],
    )


class Problem(BaseModel):
    """Problem details of a failed request (RFC 9457)."""

    type: str = Field(
        description="URN of the kind of problem.", examples=["urn:samestory:problem:not-found"]
    )
    title: str = Field(description="Name of the HTTP status.", examples=["Not Found"])
    status: int = Field(description="HTTP status code.", examples=[404])
    detail: str = Field(
        description="Error message.",
        examples=["Story moscow not found. For a list, see: /v1/stories"],
    )
    instance: str = Field(description="Path of the request.", examples=["/v1/stories/moscow"])
    request_id: str = Field(description="Id of the request in the service log.")
    errors: list[FieldError] = Field(default=[], description="Invalid parts of the request.")
    conflicts: list[ConflictingDecision] = Field(
        default=[], description="Active decisions that conflict with the request."
    )


#: Error responses of every API route, for its OpenAPI description.
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "The request is invalid."},
    500: {"model": Problem, "description": "Internal error; see the service log."},
    503: {
        "model": Problem,
        "description": "The database or a model is not available, all streams or exports are in "
        "use, or maintenance mode is on. Retry later.",
    },
}
UNREADABLE_BODY_RESPONSE: dict[str, Any] = {
    "model": Problem,
    "description": "The body cannot be parsed.",
}
NOT_FOUND_RESPONSE: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "The resource does not exist."}
}


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: Sequence[FieldError] = (),
    conflicts: Sequence[ConflictingDecision] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Error response: HTML for browsers on pages, otherwise `application/problem+json`.

    `kind` is the last part of the problem type; by default it depends on the status.
    """
    content = Problem(
        type=f"urn:samestory:problem:{kind or PROBLEM_TYPES.get(status, 'http-error')}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=quote(request.scope["path"], safe=_PATH_CHARACTERS, errors="replace"),
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=list(errors),
        conflicts=list(conflicts),
    )
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if expects_html(request):
        template = web_context(request).templates.get_template("error.html")
        page = template.render(problem=content, unknown_path=ROUTER_DETAILS[404])
        return HTMLResponse(page, status, headers)
    return JSONResponse(content.model_dump(), status, headers, "application/problem+json")


def unavailable(request: Request) -> Response:
    """Response while the database is unreachable."""
    return problem(request, 503, DATABASE_UNAVAILABLE, headers=RETRY_AFTER)


def expects_html(request: Request) -> bool:
    """Whether a browser requests a page."""
    accepts = request.headers.get("accept", "")
    return not request.scope["path"].startswith(PROGRAM_PATHS) and "text/html" in accepts


def add_exception_handlers(app: FastAPI) -> None:
    """Render exceptions as problems; `RequestContextMiddleware` handles unexpected ones."""

    def respond_with(
        status: int, kind: str = "", headers: Mapping[str, str] | None = None
    ) -> Callable[[Request, Exception], Response]:
        return lambda request, error: problem(
            request, status, str(error), kind=kind, headers=headers
        )

    handlers: dict[type[Exception], Callable[[Request, Exception], Response]] = {
        NotFoundError: _handle_missing,
        DecisionConflictError: _handle_conflict,
        BadInputError: respond_with(422),
        AlreadyExistsError: respond_with(409, "already-exists"),
        SuppressedAddressError: respond_with(409, "suppressed-address"),
        IdempotencyKeyReusedError: respond_with(422, "idempotency-key-reused"),
        RequestInProgressError: respond_with(409, "request-in-progress", IN_PROGRESS_RETRY),
        FeedError: respond_with(422, "invalid-feed"),
        # Only admins reach routes that need these settings, so the message may name them.
        MaintenanceError: respond_with(503, "maintenance", MAINTENANCE_RETRY),
        MailError: respond_with(503, "not-configured", RETRY_AFTER),
        SettingsError: respond_with(503, "not-configured", RETRY_AFTER),
        ModelLoadingError: respond_with(503, headers=RETRY_AFTER),
        EncoderError: lambda request, _: problem(
            request, 503, MODEL_UNAVAILABLE, headers=MODEL_RETRY
        ),
        HTTPException: _handle_http_error,
        RequestValidationError: _handle_invalid_request,
        **dict.fromkeys(DATABASE_ERRORS, lambda request, _: unavailable(request)),
    }
    for error_type, handler in handlers.items():
        app.add_exception_handler(error_type, handler)


def _handle_missing(request: Request, error: Exception) -> Response:
    if not isinstance(error, NotFoundError):
        raise error
    detail = str(error) if expects_html(request) else error.with_remedy(LISTS)
    return problem(request, 404, detail)


def _handle_http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == BAD_REQUEST and (reason := unsupported_reason(request)):
        return problem(request, UNSUPPORTED_MEDIA_TYPE, reason)
    detail, headers = error.detail, error.headers
    if error.status_code == METHOD_NOT_ALLOWED and (methods := allowed_methods(request)):
        headers = {**(headers or {}), "Allow": ", ".join(methods)}
    if detail == HTTPStatus(error.status_code).phrase:  # would only repeat the title
        detail = ROUTER_DETAILS.get(error.status_code, detail)
    return problem(request, error.status_code, detail, headers=headers)


def allowed_methods(request: Request) -> list[str]:
    """Methods of all routes that match the path; GET implies HEAD."""
    routes = [each for each in request.app.router.routes if not isinstance(each, Mount)]
    methods = [
        method
        for method in METHODS
        if any(
            each.matches({**request.scope, "method": method})[0] is Match.FULL for each in routes
        )
    ]
    if "GET" in methods:
        return ["GET", "HEAD", *(each for each in methods if each != "GET")]
    return methods


def _handle_invalid_request(request: Request, error: Exception) -> Response:
    """List the invalid parts of a request without repeating the input."""
    if not isinstance(error, RequestValidationError):
        raise error
    # FastAPI stops at an unparsable body, which may be of an unsupported type.
    unparsed = next((each for each in error.errors() if each["type"] == "json_invalid"), None)
    if unparsed and (reason := unsupported_reason(request)):
        return problem(request, UNSUPPORTED_MEDIA_TYPE, reason)
    if unparsed:
        return problem(request, BAD_REQUEST, INVALID_JSON.format(place=unparsed["loc"][-1]))
    errors = [
        FieldError(
            location=".".join(str(part) for part in each["loc"]),
            detail=suggest_parameter(request, each["loc"])
            if each["type"] == "extra_forbidden"
            else suggest_choice(each),
        )
        for each in error.errors()
    ]
    detail = "; ".join(f"{each.location}: {each.detail}" for each in errors)
    return problem(request, 422, detail, errors=errors)


def _handle_conflict(request: Request, error: Exception) -> Response:
    if not isinstance(error, DecisionConflictError):
        raise error
    conflicts = [
        ConflictingDecision(decision=number, message=message, undo=f"/v1/decisions/{number}/undo")
        for number, message in zip(error.decisions, error.messages, strict=True)
    ]
    detail = f"Conflicts with {'; '.join(error.messages)}. Undo the conflicting decisions first"
    return problem(request, 409, detail, kind="decision-conflict", conflicts=conflicts)
