"""Client of the samestory API: stories, articles, search, match, changes."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

from samestory_client.counting import Counting
from samestory_client.decoding import decode
from samestory_client.errors import (
    InvalidResponseError,
)
from samestory_client.evidence import Evidence
from samestory_client.exporting import Exporting
from samestory_client.following import PAGE_SIZE, Following
from samestory_client.lookup import Lookup
from samestory_client.models import (
    Article,
    Member,
    Page,
    Story,
    StoryDetail,
    Storyline,
    StorylineSummary,
)
from samestory_client.queries import Queries
from samestory_client.transport import Parameters, Transport, connection_pool
from samestory_client.webhooks import Webhooks

Model = TypeVar("Model")
#: A time, or a text such as `-24h` or `today@Europe/Berlin`.
Time = datetime | str


class Client(Counting, Exporting, Following, Lookup, Queries, Webhooks):
    """HTTP client of one samestory service; thread-safe.

    Args:
        url: Base URL of the service.
        key: API key; empty to send none.
        timeout: Timeout of each request in seconds.
        retries: How often a failed GET request is repeated.
        cache_size: Number of responses that are cached by ETag.
        transport: Replaces the transport that the other arguments describe.

    Every method raises ApiUnreachableError if the service does not respond, ApiRefusedError, with
    `status` and `problem`, if it responds with an error, and InvalidResponseError if the response
    is malformed. All three are subclasses of ApiError.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8075",
        *,
        key: str = "",
        timeout: float = 30.0,
        retries: int = 3,
        cache_size: int = 64,
        transport: Transport | None = None,
    ) -> None:
        self._transport = transport or Transport(
            url,
            key,
            pool=connection_pool(timeout=timeout, retries=retries),
            cache_size=cache_size,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def with_key(self, key: str) -> "Client":
        """A client with another API key ("" for none) that shares the connections."""
        return Client(transport=self._transport.with_key(key))

    def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        self._transport.close()

    def stories(
        self,
        *,
        id: Sequence[str] | None = (),  # noqa: A002  # the name of the query parameter
        q: str | None = None,
        query: str | None = None,
        meaning: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
        changed_since: Time | None = None,
        as_of: Time | None = None,
        first_reported: str | None = None,
        min_coverage: int | None = None,
        min_independent: int | None = None,
        independent: str | int | None = None,
        countries: str | int | None = None,
        languages: str | int | None = None,
        velocity: str | float | None = None,
        outlet: Sequence[str] | None = (),
        family: Sequence[str] | None = (),
        country: Sequence[str] | None = (),
        language: Sequence[str] | None = (),
        agency: Sequence[str] | None = (),
        first_outlet: Sequence[str] | None = (),
        missing_outlet: Sequence[str] | None = (),
        entity: Sequence[str] | None = (),
        keyword: Sequence[str] | None = (),
        storyline: str | None = None,
        state: str | None = None,
        sort: str | None = None,
        include: Sequence[str] | None = (),
        limit: int | None = None,
    ) -> Iterator[Story]:
        """Stories of `GET /v1/stories` over all pages, at most `limit`.

        `q` is a text in the query language, `query` the id of a saved query. Times may be relative,
        such as `-24h`; ranges are texts such as `3..`. A minus before a value excludes it.
        """
        parameters = {
            **_lists(id=id),
            "q": q,
            "query": query,
            "meaning": meaning,
            "first_reported": first_reported,
            "independent": independent,
            "countries": countries,
            "languages": languages,
            "velocity": velocity,
            **_lists(agency=agency, first_outlet=first_outlet, missing_outlet=missing_outlet),
            "since": since,
            "until": until,
            "changed_since": changed_since,
            "as_of": as_of,
            "min_coverage": min_coverage,
            "min_independent": min_independent,
            **_lists(outlet=outlet, family=family, country=country, language=language),
            **_lists(entity=entity, keyword=keyword),
            "storyline": storyline,
            "state": state,
            "sort": sort,
            "include": ",".join(include or ()) or None,
        }
        return self._iterate_pages("/v1/stories", parameters, Story, limit)

    def stories_page(
        self, *, cursor: str | None = None, limit: int = PAGE_SIZE, **parameters: Any
    ) -> Page[Story]:
        """One page of `GET /v1/stories`; `parameters` as of `stories`."""
        return self._get_page("/v1/stories", parameters, Story, cursor, limit)

    def story(self, story_id: str, *, as_of: datetime | None = None) -> StoryDetail:
        """One story; the id of a merged story returns the story that it was merged into."""
        return decode(StoryDetail, self._transport.get(_story_path(story_id), {"as_of": as_of}))

    def story_articles(self, story_id: str, *, as_of: datetime | None = None) -> Iterator[Member]:
        """Articles of a story in chronological order, undated ones last."""
        return self._iterate_pages(f"{_story_path(story_id)}/articles", {"as_of": as_of}, Member)

    def evidence(self, story_id: str, *, as_of: datetime | None = None) -> Iterator[Evidence]:
        """The evidence that each article belongs to the story."""
        return self._iterate_pages(f"{_story_path(story_id)}/evidence", {"as_of": as_of}, Evidence)

    def articles(
        self,
        *,
        q: str | None = None,
        query: str | None = None,
        since: Time | None = None,
        until: Time | None = None,
        outlet: Sequence[str] | None = (),
        family: Sequence[str] | None = (),
        country: Sequence[str] | None = (),
        language: Sequence[str] | None = (),
        type: Sequence[str] | None = (),  # noqa: A002  # the name of the query parameter
        first: bool | None = None,
        copies: bool | None = None,
        sort: Literal["newest", "oldest"] | None = None,
        story: str | None = None,
        storyline: str | None = None,
        id: Sequence[int] | None = (),  # noqa: A002  # the name of the query parameter
        as_of: Time | None = None,
        limit: int | None = None,
    ) -> Iterator[Article]:
        """Articles of `GET /v1/articles` over all pages, at most `limit`."""
        parameters = {
            "q": q,
            "query": query,
            "since": since,
            "until": until,
            **_lists(outlet=outlet, family=family, country=country, language=language, type=type),
            "first": None if first is None else str(first).lower(),
            "copies": None if copies is None else str(copies).lower(),
            "sort": sort,
            "story": story,
            "storyline": storyline,
            "id": list(id or ()) or None,
            "as_of": as_of,
        }
        return self._iterate_pages("/v1/articles", parameters, Article, limit)

    def articles_page(
        self, *, cursor: str | None = None, limit: int = PAGE_SIZE, **parameters: Any
    ) -> Page[Article]:
        """One page of `GET /v1/articles`; `parameters` as of `articles`."""
        return self._get_page("/v1/articles", parameters, Article, cursor, limit)

    def article(self, article_id: int) -> Article:
        """One article with its story."""
        return decode(Article, self._transport.get(f"/v1/articles/{article_id}"))

    def storylines_page(
        self, *, cursor: str | None = None, limit: int = PAGE_SIZE, **parameters: Any
    ) -> Page[StorylineSummary]:
        """One page of `GET /v1/storylines`; `parameters` are its query parameters."""
        return self._get_page("/v1/storylines", parameters, StorylineSummary, cursor, limit)

    def storyline(self, storyline_id: str) -> Storyline:
        """One storyline with its latest stories."""
        path = f"/v1/storylines/{_quote_id(storyline_id)}"
        return decode(Storyline, self._transport.get(path))

    def search(self, q: str, **parameters: Any) -> dict[str, Any]:
        """JSON of `GET /v1/search`; `parameters` are further query parameters such as `mode`."""
        return _json_object(self._transport.get("/v1/search", {"q": q, **parameters}))

    def match(
        self,
        *,
        title: str = "",
        text: str = "",
        url: str | None = None,
        outlet: str | None = None,
        published: datetime | None = None,
        language: str | None = None,
    ) -> dict[str, Any]:
        """JSON of `POST /v1/match`: the story that a text belongs to, or null."""
        body = {"title": title, "text": text, "url": url, "outlet": outlet}
        body |= {"published": published.isoformat() if published else None, "language": language}
        return _json_object(self._transport.send("POST", "/v1/match", body))

    def _iterate_pages(
        self, path: str, parameters: Parameters, kind: type[Model], limit: int | None = None
    ) -> Iterator[Model]:
        if limit is not None and limit < 0:
            raise ValueError(f"limit = {limit}: expected 0 or more, or None for all")
        cursor, remaining = None, limit
        while remaining is None or remaining > 0:
            size = PAGE_SIZE if remaining is None else min(remaining, PAGE_SIZE)
            page = self._get_page(path, parameters, kind, cursor, size)
            yield from page.items
            cursor = page.next
            if cursor is None:
                return
            remaining = None if remaining is None else remaining - len(page.items)

    def _get_page(
        self,
        path: str,
        parameters: Parameters,
        kind: type[Model],
        cursor: str | None,
        limit: int,
    ) -> Page[Model]:
        response = self._transport.get(path, {**parameters, "limit": limit, "cursor": cursor})
        page = _json_object(response)
        items = decode(list[kind], page.get("items"))  # type: ignore[valid-type]
        return Page(tuple(items), page.get("next"))


def _story_path(story_id: str) -> str:
    return f"/v1/stories/{_quote_id(story_id)}"


def _quote_id(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")


def _lists(**filters: Sequence[str] | None) -> dict[str, list[str] | None]:
    """Filters with several values; a single string counts as one value."""
    return {
        name: [values] if isinstance(values, str) else list(values or ()) or None
        for name, values in filters.items()
    }


def _json_object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InvalidResponseError("Unexpected response: the body is not a JSON object")
    return content
