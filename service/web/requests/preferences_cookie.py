"""Cookie of a subscriber: the token of the preferences link, sent only to the page `/follow`."""

from fastapi import Request, Response

#: Name, path and lifetime in seconds.
COOKIE, PATH, MAX_AGE = "samestory_preferences", "/follow", 365 * 24 * 3600


def remember(response: Response, request: Request, token: str) -> None:
    """Set the cookie in the response to a subscriber who opened the preferences."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=MAX_AGE,
        path=PATH,
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def forget(response: Response) -> None:
    """Delete the cookie."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
