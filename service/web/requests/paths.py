"""Rejection of ids that contain an encoded slash.

The router decodes `%2F`, so the id `x/articles` would reach another route than the one requested.
"""

from fastapi import HTTPException, Request

NO_SLASH = "Not found: an id in a path contains no slash (%2F). Check the id"


async def reject_encoded_slashes(request: Request) -> None:
    """Check the path of a request to the API; a dependency of every route.

    Raises:
        HTTPException: 404, the path contains an encoded slash.
    """
    raw_path: bytes = request.scope.get("raw_path") or b""
    if request.scope["path"].startswith("/v1/") and b"%2f" in raw_path.lower():
        raise HTTPException(404, NO_SLASH)
