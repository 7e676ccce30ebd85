"""Bodies of requests: JSON as it is, or the request is refused with what to send."""

from email.message import Message

from fastapi import HTTPException, Request

UNSUPPORTED = 415
NO_JSON = "send Content-Type: application/json"
ENCODED = "send the body as it is, without Content-Encoding"


async def only_json(request: Request) -> None:
    """Let a request through if what its route reads is JSON; a dependency of all.

    Forms of pages are no bodies in this sense: their routes read them by themselves.

    Raises:
        HTTPException: it is something else, or compressed; 415.
    """
    reads = getattr(request.scope["route"], "body_field", None)
    if reads and (reason := unsupported(request)):
        raise HTTPException(UNSUPPORTED, reason)


def unsupported(request: Request) -> str:
    """Why a body is none that any route of the API takes; empty if there is none, or it may be JSON."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return ""
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return ENCODED
    return "" if _is_json(headers.get("content-type", "")) else NO_JSON


def _is_json(media_type: str) -> bool:
    """As FastAPI judges before it reads a body."""
    message = Message()
    message["content-type"] = media_type
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json
