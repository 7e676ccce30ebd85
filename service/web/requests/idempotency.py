"""Requests that write: one transaction each, and the same answer for whoever asks again.

As in draft-ietf-httpapi-idempotency-key-header-07: a client that got no answer sends its request
again under the same Idempotency-Key. What was done is not done twice.
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
from service.store.access.idempotency import Answered, Asked
from service.web.dependencies import Web, web_of
from service.web.middleware.authenticate import caller_of
from service.web.requests.problems import UNREADABLE, Problem

#: In quotes or not, as structured fields write strings; nothing but quotes is no word.
_WORD = r'^"?[\x21\x23-\x7e][\x21-\x7e]*$'
_Word = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_WORD)]
IdempotencyKey = Annotated[
    _Word | None,
    Header(
        description="A word of your own for this request, such as a UUID; sent again with the "
        "same body it gets the same answer, for 24 hours.",
        examples=["5f0c7b1d-e4d9-4c5c-8f1f-6f0c2a8b7e11"],
    ),
]
HEADER = "Idempotency-Key"
ONCE = "given more than once; one request has one"
CREATED, NO_CONTENT = 201, 204
REPLAYED = {"Idempotency-Replayed": "true"}
#: What every route that writes may answer beside its own.
WRITING: dict[int | str, dict[str, Any]] = {
    400: UNREADABLE,
    403: {"model": Problem, "description": "The key lacks the role."},
    409: {
        "model": Problem,
        "description": "What stands already rules it out, or the same request is under way.",
    },
}


@dataclass(frozen=True, slots=True)
class Done:
    """What a write is answered; where something was made, its address."""

    body: BaseModel | None
    location: str | None = None
    kept: BaseModel | None = None  #: what is kept for later instead, where the body is a secret


@dataclass(frozen=True, slots=True)
class Write:
    """Carries out what one request asks for; a dependency."""

    web: Web
    asked: Asked | None

    def __call__(self, act: Callable[[Session], Done]) -> Response:
        """Act in one transaction, or answer as before if that was done already.

        Only what was done is kept: a request that was refused may be sent again.

        Raises:
            UnderwayError: the first request has not ended.
            ReusedError: the word stood for another request.
        """
        with self.web.sessions.begin() as session:
            if self.asked and (before := idempotency.begin(session, self.asked)):
                return _response(before, REPLAYED)
            done = act(session)
            if self.asked:
                kept = _answered(Done(done.kept or done.body, done.location))
                idempotency.keep(session, self.asked, kept, now=self.web.clock())
        return _response(_answered(done))


async def writing(request: Request, idempotency_key: IdempotencyKey = None) -> Write:
    """Lets a route write.

    Raises:
        RequestValidationError: it is given more than one Idempotency-Key.
    """
    if len(request.headers.getlist(HEADER)) > 1:
        fault = {"type": "repeated", "loc": ("header", HEADER.lower()), "msg": ONCE}
        raise RequestValidationError([fault])
    key = caller_of(request).key
    if idempotency_key is None or key is None:
        return Write(web_of(request), None)
    told = (request.method, request.scope["path"], request.url.query)
    digest = hashlib.blake2b("\n".join(told).encode(), digest_size=32)
    digest.update(b"\n" + await request.body())
    return Write(web_of(request), Asked(key.id, idempotency_key.strip('"'), digest.digest()))


Writing = Annotated[Write, Depends(writing)]


def _answered(done: Done) -> Answered:
    if done.body is None:
        return Answered(NO_CONTENT, None, b"")
    body = done.body.model_dump_json(by_alias=True).encode()
    return Answered(CREATED if done.location else 200, done.location, body)


def _response(answered: Answered, headers: dict[str, str] | None = None) -> Response:
    headers = {**(headers or {}), "Cache-Control": "no-store"}
    if answered.location:
        headers["Location"] = answered.location
    if answered.status == NO_CONTENT:
        return Response(status_code=NO_CONTENT, headers=headers)
    return Response(answered.body, answered.status, headers, JSONResponse.media_type)
