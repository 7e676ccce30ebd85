"""Client of the samestory API: stories, articles, search, match, changes."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

from samestory_client.counting import Counting
from samestory_client.decoding import decode
from samestory_client.errors import (
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
    InvalidResponseError,
)
from samestory_client.evidence import Evidence
from samestory_client.exporting import Exporting
from samestory_client.lookup import Lookup
from samestory_client.models import (
    Article,
    Change,
    Changes,
    Member,
    Page,
    Story,
    StoryDetail,
    Storyline,
    StorylineSummary,
)
from samestory_client.transport import Parameters, Transport, connection_pool

Model = TypeVar("Model")
#: Items per request; the maximum that the service allows.
PAGE_SIZE = 100
#: Statuses that report a temporary failure: 429, and 500 or above.
TOO_MANY_REQUESTS, SERVER_ERROR = 429, 500
#: Longest delay between two attempts while following changes, in seconds.
MAX_RETRY_DELAY = 60.0


class Client(Counting, Exporting, Lookup):
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
        id: Sequence[str] = (),  # noqa: A002  # the name of the query parameter
        since: datetime | None = None,
        until: datetime | None = None,
        changed_since: datetime | None = None,
        as_of: datetime | None = None,
        min_coverage: int | None = None,
        min_independent: int | None = None,
        outlet: Sequence[str] = (),
        family: Sequence[str] = (),
        country: Sequence[str] = (),
        language: Sequence[str] = (),
        entity: Sequence[str] = (),
        keyword: Sequence[str] = (),
        storyline: str | None = None,
        state: str | None = None,
        sort: str | None = None,
        include: Sequence[str] = (),
        limit: int | None = None,
    ) -> Iterator[Story]:
        """Stories of `GET /v1/stories` over all pages, at most `limit`."""
        parameters = {
            **_lists(id=id),
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
            "include": ",".join(include) or None,
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
        since: datetime | None = None,
        until: datetime | None = None,
        outlet: Sequence[str] = (),
        country: Sequence[str] = (),
        language: Sequence[str] = (),
        story: str | None = None,
        storyline: str | None = None,
        id: Sequence[int] = (),  # noqa: A002  # the name of the query parameter
        limit: int | None = None,
    ) -> Iterator[Article]:
        """Articles of `GET /v1/articles` over all pages, at most `limit`."""
        parameters = {
            "since": since,
            "until": until,
            **_lists(outlet=outlet, country=country, language=language),
            "story": story,
            "storyline": storyline,
            "id": list(id) or None,
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

    def search(self, query: str, **parameters: Any) -> dict[str, Any]:
        """JSON of `GET /v1/search`; `parameters` are further query parameters such as `mode`."""
        return _json_object(self._transport.get("/v1/search", {"q": query, **parameters}))

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
        return _json_object(self._transport.post("/v1/match", body))

    def changes_after(
        self, since: int | Literal["latest"] = 0, *, limit: int = PAGE_SIZE
    ) -> Changes:
        """One page of changes with ids above `since`; "latest" returns no changes, only `next`."""
        return decode(Changes, self._transport.get("/v1/changes", {"since": since, "limit": limit}))

    def changes(
        self,
        since: int | Literal["latest"] | None = None,
        *,
        follow: bool = False,
        poll_seconds: float = 1.0,
    ) -> Iterator[Change]:
        """All changes with ids above `since`, in order and without gaps.

        Store the `id` of the last processed change and pass it as `since` to resume. With `follow`
        the iterator never ends: it polls every `poll_seconds` and, while the service is
        unavailable, retries with a growing delay of at most a minute. The default of `since` is the
        first change, or with `follow` the latest one at the time of the first request.
        """
        position = ("latest" if follow else 0) if since is None else since
        delay = 0.0
        while True:
            try:
                page = self.changes_after(position)
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

    def _iterate_pages(
        self, path: str, parameters: Parameters, kind: type[Model], limit: int | None = None
    ) -> Iterator[Model]:
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


def _lists(**filters: Sequence[str]) -> dict[str, list[str] | None]:
    """Filters with several values; a single string counts as one value."""
    return {
        name: [values] if isinstance(values, str) else list(values) or None
        for name, values in filters.items()
    }


def _is_temporary(error: ApiError) -> bool:
    if isinstance(error, ApiRefusedError):
        return error.status >= SERVER_ERROR or error.status == TOO_MANY_REQUESTS
    return isinstance(error, ApiUnreachableError)


def _json_object(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise InvalidResponseError("Unexpected response: the body is not a JSON object")
    return content
