"""Errors as answers: RFC 9457 problems, or a page for somebody who browses."""

from collections.abc import Mapping, Sequence
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
    BadInputError,
    DecisionConflictError,
    DatabaseError,
    EncoderError,
    FeedError,
    MailError,
    ModelLoadingError,
    NotFoundError,
    IdempotencyKeyReusedError,
    SettingsError,
    AlreadyExistsError,
    RequestInProgressError,
)
from service.web.dependencies import web_context
from service.web.requests.content_type import UNSUPPORTED, unsupported
from service.web.requests.unknown_parameters import suggest_parameter

#: Paths that programs read; everything else is for people.
FOR_PROGRAMS = ("/v1", "/healthz", "/readyz", "/metrics", "/openapi.json")
TYPES = {
    401: "no-good-key",
    403: "role-missing",
    400: "unreadable-body",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    410: "gone",
    413: "too-large",
    415: "unsupported-body",
    422: "invalid-request",
    429: "too-many-requests",
    500: "internal-error",
    503: "unavailable",
}
EXPLAINED = {
    404: "nothing is at this address",
    405: "this address cannot be asked in this way; Allow names the ways",
}
#: What RFC 3986 lets stand in a path as it is.
_OF_PATHS = "/!$&'()*+,;=:@"
UNREAD, NOT_ALLOWED = 400, 405
WAYS = ("GET", "POST", "PUT", "PATCH", "DELETE")
RETRY_AFTER = {"Retry-After": "5"}
UNDERWAY = {"Retry-After": "1"}
DATABASE_ERRORS = (OperationalError, InterfaceError, PoolTimeoutError, DatabaseError)
#: Seconds after which a model that could not be loaded may be there: somebody has to see to it.
MODEL_RETRY = "60"


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(examples=["query.limit"])
    detail: str = Field(examples=["Input should be less than or equal to 100"])


class ConflictingDecision(BaseModel):
    """A decision that stands, and forbids what was asked."""

    decision: int = Field(examples=[7])
    told: str = Field(examples=["decision 7 (lock 9f3c1a, ann, 2026-11-02 09:14:00)"])
    undo: str = Field(description="Where to lift it.", examples=["/v1/decisions/7/undo"])


class Problem(BaseModel):
    """Why a request was not answered as asked (RFC 9457)."""

    type: str = Field(examples=["urn:samestory:problem:not-found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["no story 'moscow'"])
    instance: str = Field(examples=["/v1/stories/moscow"])
    request_id: str = Field(description="Stands in the service's log, too.")
    errors: list[FieldError] = Field(default=[], description="For invalid requests.")
    contradicts: list[ConflictingDecision] = Field(
        default=[], description="For decisions that others, which stand, forbid."
    )


#: What every route of the API may answer beside its own.
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    422: {"model": Problem, "description": "The request is invalid."},
    500: {"model": Problem, "description": "The service failed; its log says why."},
    503: {
        "model": Problem,
        "description": "The database, a model or a place is not to be had now; ask again later.",
    },
}
#: What routes that take a body may answer.
UNREADABLE_BODY_RESPONSE: dict[str, Any] = {
    "model": Problem,
    "description": "The body cannot be read.",
}
NOT_FOUND_RESPONSE: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is no such thing."}
}


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str = "",
    errors: Sequence[FieldError] = (),
    contradicts: Sequence[ConflictingDecision] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for an error; a page where a person asks, else `application/problem+json`."""
    content = Problem(
        type=f"urn:samestory:problem:{kind or TYPES.get(status, 'http-error')}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=quote(request.scope["path"], safe=_OF_PATHS, errors="replace"),
        request_id=request.scope.get("state", {}).get("request_id", ""),
        errors=list(errors),
        contradicts=list(contradicts),
    )
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if expects_html(request):
        template = web_context(request).templates.get_template("error.html")
        return HTMLResponse(template.render(problem=content), status, headers)
    return JSONResponse(content.model_dump(), status, headers, "application/problem+json")


def install(app: FastAPI) -> None:
    """Let an application answer every error as a problem; see `app` for what nobody expected."""
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(DecisionConflictError, _contradicting)
    app.add_exception_handler(BadInputError, _bad_input)
    app.add_exception_handler(RequestInProgressError, _underway)
    app.add_exception_handler(FeedError, _unreadable)
    for kind in (MailError, SettingsError):
        app.add_exception_handler(kind, _not_set_up)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    for trouble in DATABASE_ERRORS:
        app.add_exception_handler(trouble, lambda request, _: unavailable(request))
    app.add_exception_handler(EncoderError, _unread)


def unavailable(request: Request) -> Response:
    """The answer while the database cannot be asked."""
    return problem(request, 503, "the database does not answer", headers=RETRY_AFTER)


def expects_html(request: Request) -> bool:
    """Whether it is a person who asks."""
    accepts = request.headers.get("accept", "")
    return not request.scope["path"].startswith(FOR_PROGRAMS) and "text/html" in accepts


def _not_found(request: Request, error: Exception) -> Response:
    return problem(request, 404, str(error))


def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == UNREAD and (reason := unsupported(request)):
        return problem(request, UNSUPPORTED, reason)
    detail, headers = error.detail, error.headers
    if error.status_code == NOT_ALLOWED and (known := allowed_methods(request)):
        headers = {**(headers or {}), "Allow": ", ".join(known)}
    if detail == HTTPStatus(error.status_code).phrase:  # nothing but the title again
        detail = EXPLAINED.get(error.status_code, detail)
    return problem(request, error.status_code, detail, headers=headers)


def allowed_methods(request: Request) -> list[str]:
    """How an address can be asked, over all routes; what answers GET answers HEAD, too."""
    routes = [each for each in request.app.router.routes if not isinstance(each, Mount)]
    found = [
        method
        for method in WAYS
        if any(
            each.matches({**request.scope, "method": method})[0] is Match.FULL for each in routes
        )
    ]
    return ["GET", "HEAD", *(each for each in found if each != "GET")] if "GET" in found else found


def _invalid(request: Request, error: Exception) -> Response:
    """Say what is wrong where, without echoing what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    if _is_unread(error) and (reason := unsupported(request)):
        return problem(request, UNSUPPORTED, reason)
    faults = [
        FieldError(
            where=".".join(str(part) for part in fault["loc"]),
            detail=suggest_parameter(request, fault["loc"])
            if fault["type"] == "extra_forbidden"
            else fault["msg"].removeprefix("Value error, "),
        )
        for fault in error.errors()
    ]
    detail = "; ".join(f"{fault.where}: {fault.detail}" for fault in faults)
    return problem(request, 422, detail, errors=faults)


def _is_unread(error: RequestValidationError) -> bool:
    """Whether FastAPI gave up on the body before anything else was looked at."""
    return any(fault["type"] == "json_invalid" for fault in error.errors())


def _contradicting(request: Request, error: Exception) -> Response:
    if not isinstance(error, DecisionConflictError):
        raise error
    found = [
        ConflictingDecision(decision=number, told=told, undo=f"/v1/decisions/{number}/undo")
        for number, told in zip(error.decisions, error.messages, strict=True)
    ]
    detail = f"contradicts {'; '.join(error.messages)}; undo what should not stand"
    return problem(request, 409, detail, kind="contradiction", contradicts=found)


def _bad_input(request: Request, error: Exception) -> Response:
    if isinstance(error, AlreadyExistsError):
        return problem(request, 409, str(error), kind="taken")
    kind = "reused-idempotency-key" if isinstance(error, IdempotencyKeyReusedError) else ""
    return problem(request, 422, str(error), kind=kind)


def _underway(request: Request, error: Exception) -> Response:
    return problem(request, 409, str(error), kind="underway", headers=UNDERWAY)


def _unreadable(request: Request, error: Exception) -> Response:
    return problem(request, 422, str(error), kind="unreadable-feed")


def _not_set_up(request: Request, error: Exception) -> Response:
    """What an operator has to see to; only admins get this far."""
    return problem(request, 503, str(error), kind="not-set-up", headers=RETRY_AFTER)


def _unread(request: Request, error: Exception) -> Response:
    """No model: the operator reads in the log why, whoever asks when to come again."""
    if isinstance(error, ModelLoadingError):
        return problem(request, 503, str(error), headers=RETRY_AFTER)
    detail = "the model that reads texts cannot be loaded; the operator finds the reason in the log"
    return problem(request, 503, detail, headers={"Retry-After": MODEL_RETRY})
