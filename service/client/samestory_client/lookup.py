"""Lookups: articles by URL, outlets by name, and entities."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from samestory_client.decoding import decode
from samestory_client.models import Article, OutletRef
from samestory_client.transport import Transport


@dataclass(frozen=True, slots=True)
class ListedEntity:
    """A named entity with its number of stories."""

    name: str
    kind: str
    stories: int
    last_reported_at: datetime


@dataclass(frozen=True, slots=True)
class MissingValue:
    """A value that a story lacks, and its share of the comparable stories."""

    value: str
    name: str
    share: float
    stories: int


@dataclass(frozen=True, slots=True)
class Missing:
    """Outlets and others that usually report comparable stories; all empty if `withheld`."""

    comparable_stories: int
    withheld: str | None
    outlets: tuple[MissingValue, ...]
    families: tuple[MissingValue, ...]
    countries: tuple[MissingValue, ...]
    languages: tuple[MissingValue, ...]


class Lookup:
    """Methods of the client for lookups."""

    _transport: Transport

    def articles_by_url(self, *urls: str) -> Iterator[Article]:
        """The stored articles with these URLs, at most 20; unknown URLs are skipped."""
        page = self._transport.get("/v1/articles", {"url": list(urls), "limit": 100})
        return iter(decode(list[Article], page["items"]))

    def outlets_by_name(self, name: str, *, limit: int = 20) -> list[OutletRef]:
        """Outlets with this part in the name, the slug or a site."""
        page = self._transport.get("/v1/outlets", {"name": name, "limit": limit})
        return decode(list[OutletRef], page["items"])

    def missing(self, story_id: str) -> Missing:
        """Outlets, families, countries and languages that usually report comparable stories."""
        path = f"/v1/stories/{quote(story_id, safe='')}/missing"
        return decode(Missing, self._transport.get(path))

    def entities(
        self,
        text: str = "",
        *,
        kind: Literal["person", "place", "organisation"] | None = None,
        **parameters: Any,
    ) -> list[ListedEntity]:
        """Entities with a word that begins with `text`, most frequent first."""
        query = {"q": text or None, "kind": kind, **parameters}
        return decode(list[ListedEntity], self._transport.get("/v1/entities", query)["items"])
