"""Rejection of forms that a page of another site sent."""

from fastapi import HTTPException, Request

OTHER_SITE = "Forms of other sites are rejected. Open the page on this site and send it there"


def reject_other_site(request: Request) -> None:
    """Reject a form of another site; requests without the headers of browsers pass.

    Raises:
        HTTPException: 403.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise HTTPException(403, OTHER_SITE)
    # It is `null` for forms of this site, because the pages send no referrer.
    origin = request.headers.get("origin", "null")
    if origin != "null" and origin.partition("://")[2] != request.url.netloc:
        raise HTTPException(403, OTHER_SITE)
