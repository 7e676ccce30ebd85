"""Changes: `GET /v1/changes`, one page, all, or forever."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from samestory_client.decoding import decode
from samestory_client.errors import ApiError, ApiRefusedError, ApiUnreachableError
from samestory_client.models import Change, Changes
from samestory_client.transport import Transport

#: Items per request; the maximum that the service allows.
PAGE_SIZE = 100
#: Statuses that report a temporary failure: 429, and 500 or above.
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
#: Longest delay between two attempts while following changes, in seconds.
MAX_RETRY_DELAY = 60.0


class Following:
    """Methods of the client for changes."""

    _transport: Transport

    def changes_after(
        self,
        since: int | Literal["latest"] = 0,
        *,
        q: str | None = None,
        query: str | None = None,
        as_of: datetime | None = None,
        limit: int = PAGE_SIZE,
    ) -> Changes:
        """One page of changes with ids above `since`; "latest" returns no changes, only `next`.

        With `q` or the id of a saved `query`, only changes of stories that match it. With `as_of`,
        only changes up to that time.
        """
        parameters = {"since": since, "limit": limit, "q": q, "query": query, "as_of": as_of}
        return decode(Changes, self._transport.get("/v1/changes", parameters))

    def changes(
        self,
        since: int | Literal["latest"] | None = None,
        *,
        q: str | None = None,
        query: str | None = None,
        follow: bool = False,
        poll_seconds: float = 1.0,
    ) -> Iterator[Change]:
        """All changes with ids above `since`, in order and without gaps.

        Store the `id` of the last processed change and pass it as `since` to resume. With `follow`
        the iterator never ends: it polls every `poll_seconds` and, while the service is
        unavailable, retries with a growing delay of at most a minute. The default of `since` is the
        first change, or with `follow` the latest one at the time of the first request. With `q` or
        the id of a saved `query`, only changes of stories that match it.
        """
        position = ("latest" if follow else 0) if since is None else since
        delay = 0.0
        while True:
            try:
                page = self.changes_after(position, q=q, query=query)
            except ApiError as error:
                if not follow or not _is_temporary(error):
                    raise
                delay = min(max(delay * 2, poll_seconds), MAX_RETRY_DELAY)
                time.sleep(delay)
                continue
            delay = 0.0
            yield from page.items
            position = page.next
            if not page.more:
                if not follow:
                    return
                time.sleep(poll_seconds)


def _is_temporary(error: ApiError) -> bool:
    if isinstance(error, ApiRefusedError):
        return error.status >= SERVER_ERROR or error.status == TOO_MANY_REQUESTS
    return isinstance(error, ApiUnreachableError)
