"""Saved queries: `/v1/queries`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from samestory_client.decoding import decode
from samestory_client.transport import Transport


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query with a stable id, and the paths of its stories, feeds and changes."""

    id: str
    title: str
    q: str
    stories: str
    feeds: tuple[str, ...]
    changes: str
    created_by: str
    created_at: datetime
    changed_at: datetime


class Queries:
    """Methods of the client for saved queries; writing needs a key with the role `editor`."""

    _transport: Transport

    def saved_queries(self) -> Iterator[SavedQuery]:
        """All saved queries by id."""
        cursor = None
        while True:
            page = self._transport.get("/v1/queries", {"limit": 100, "cursor": cursor})
            yield from decode(list[SavedQuery], page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def saved_query(self, query_id: str) -> SavedQuery:
        """One saved query."""
        return decode(SavedQuery, self._transport.get(_path(query_id)))

    def save_query(self, query_id: str, q: str, *, title: str = "") -> SavedQuery:
        """Save a query; its id is part of its addresses."""
        body = {"id": query_id, "q": q, "title": title}
        return decode(SavedQuery, self._transport.send("POST", "/v1/queries", body))

    def change_query(
        self, query_id: str, *, q: str | None = None, title: str | None = None
    ) -> SavedQuery:
        """Change a saved query or its title; None leaves a value unchanged."""
        body = {"q": q, "title": title}
        return decode(SavedQuery, self._transport.send("PATCH", _path(query_id), body))

    def remove_query(self, query_id: str) -> None:
        """Delete a saved query; raises ApiError (422) while a webhook or an alert uses it."""
        self._transport.send("DELETE", _path(query_id))


def _path(query_id: str) -> str:
    return f"/v1/queries/{quote(query_id, safe='')}"
