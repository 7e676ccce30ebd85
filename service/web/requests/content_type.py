"""Content-Type check of request bodies: only uncompressed JSON is accepted (415 otherwise)."""

from email.message import Message

from fastapi import HTTPException, Request

UNSUPPORTED_MEDIA_TYPE = 415
NOT_JSON = "Unsupported body: send Content-Type: application/json"
COMPRESSED = "Compressed request bodies are not supported: send the body without Content-Encoding"


async def require_json(request: Request) -> None:
    """Reject a body that is not JSON; a dependency of every route.

    Forms of the pages are not checked here: their routes parse the body themselves.

    Raises:
        HTTPException: 415, the body is not JSON or is compressed.
    """
    takes_body = getattr(request.scope["route"], "body_field", None)
    if takes_body and (reason := unsupported_reason(request)):
        raise HTTPException(UNSUPPORTED_MEDIA_TYPE, reason)


def unsupported_reason(request: Request) -> str:
    """Why the body is not supported; empty if the body is JSON or missing."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return ""
    if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        return COMPRESSED
    # Same parsing as in FastAPI, so that both accept the same types.
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return "" if message.get_content_maintype() == "application" and is_json else NOT_JSON
