"""Write transactions with the Idempotency-Key header.

Each write runs in one transaction that also stores its response. A client that repeats the request
with the same Idempotency-Key gets the stored response. The write is not repeated. See
draft-ietf-httpapi-idempotency-key-header-07.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session

from service.store.access import idempotency
from service.store.access.idempotency import IdempotentRequest, StoredResponse
from service.web.dependencies import WebContext, web_context
from service.web.middleware.authenticate import get_client
from service.web.requests.problems import UNREADABLE_BODY_RESPONSE, Problem

#: A printable ASCII string, optionally in quotes; a quote alone or an empty string is invalid.
_KEY_PATTERN = r'^"?[\x21\x23-\x7e][\x21-\x7e]*$'
_KeyText = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_KEY_PATTERN)]
IdempotencyKey = Annotated[
    _KeyText | None,
    Header(
        description="Unique key of this request, such as a UUID. For 24 hours, a repeated request "
        "with this key changes nothing and gets the first response. A different request with this "
        "key returns 422.",
        examples=["5f0c7b1d-e4d9-4c5c-8f1f-6f0c2a8b7e11"],
    ),
]
HEADER = "Idempotency-Key"
REPEATED_HEADER = "Header given more than once; send one Idempotency-Key"
CREATED, NO_CONTENT = 201, 204
REPLAYED = {"Idempotency-Replayed": "true"}
#: Error responses of every route that writes, for its OpenAPI description.
WRITE_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: UNREADABLE_BODY_RESPONSE,
    403: {"model": Problem, "description": "The key lacks the required role."},
    409: {
        "model": Problem,
        "description": "The request conflicts with the current state, or a request with the same "
        "Idempotency-Key is still in progress.",
    },
}


@dataclass(frozen=True, slots=True)
class WriteResult:
    """Response body of a write, and the URL of a created resource."""

    body: BaseModel | None
    location: str | None = None
    replay_body: BaseModel | None = None  #: stored instead of `body` if that contains a secret


@dataclass(frozen=True, slots=True)
class WriteTransaction:
    """Runs the write of one request; use it as a dependency."""

    web: WebContext
    request: IdempotentRequest | None  #: None without an Idempotency-Key

    def __call__(self, action: Callable[[Session], WriteResult]) -> Response:
        """Run the action in one transaction, or return the stored response.

        Only successful responses are stored: a rejected request can be sent again.

        Raises:
            RequestInProgressError: the first request with this key is still in progress.
            IdempotencyKeyReusedError: the key was used for a different request.
        """
        with self.web.sessions.begin() as session:
            if self.request and (stored := idempotency.claim(session, self.request)):
                return _to_response(stored, REPLAYED)
            result = action(session)
            if self.request:
                replay = WriteResult(result.replay_body or result.body, result.location)
                idempotency.save_response(
                    session, self.request, _to_stored(replay), now=self.web.clock()
                )
        return _to_response(_to_stored(result))


async def write_transaction(
    request: Request, idempotency_key: IdempotencyKey = None
) -> WriteTransaction:
    """Dependency of routes that write.

    Raises:
        RequestValidationError: the request has more than one Idempotency-Key.
    """
    if len(request.headers.getlist(HEADER)) > 1:
        error = {"type": "repeated", "loc": ("header", HEADER.lower()), "msg": REPEATED_HEADER}
        raise RequestValidationError([error])
    key = get_client(request).key
    if idempotency_key is None or key is None:
        return WriteTransaction(web_context(request), None)
    target = (request.method, request.scope["path"], request.url.query)
    digest = hashlib.blake2b("\n".join(target).encode(), digest_size=32)
    digest.update(b"\n" + await request.body())
    return WriteTransaction(
        web_context(request),
        IdempotentRequest(key.id, idempotency_key.strip('"'), digest.digest()),
    )


WriteDep = Annotated[WriteTransaction, Depends(write_transaction)]


def _to_stored(result: WriteResult) -> StoredResponse:
    if result.body is None:
        return StoredResponse(NO_CONTENT, None, b"")
    body = result.body.model_dump_json(by_alias=True).encode()
    return StoredResponse(CREATED if result.location else 200, result.location, body)


def _to_response(stored: StoredResponse, headers: dict[str, str] | None = None) -> Response:
    headers = {**(headers or {}), "Cache-Control": "no-store"}
    if stored.location:
        headers["Location"] = stored.location
    if stored.status == NO_CONTENT:
        return Response(status_code=NO_CONTENT, headers=headers)
    return Response(stored.body, stored.status, headers, JSONResponse.media_type)
