"""What can be asked of a service: stories, articles, search, match, changes."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from service.client.evidence import Evidence
from service.client.http import Parameters, Wire, connections
from service.client.models import Article, Change, Changes, Member, Story, StoryDetail
from service.errors import ApiError, ApiRefusedError, ApiUnreachableError

Shape = TypeVar("Shape")
#: Of a list, so many items at a time; the service gives no more.
PAGE = 100
#: From this status on it is the service's fault, and may pass.
SERVERS_FAULT, TOO_MANY = 500, 429
#: Seconds between two attempts at a service that does not answer, at most.
LONGEST_WAIT = 60.0
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


class Client:
    """A service at an address, asked over HTTP; may be shared by threads.

    `key` is sent where the service asks for one. Reads that fail in passing are tried `retries` times more.
    The last `keep` answers are kept, and asked for by what they are known by: what did not change is
    not sent again. `wire` is what it asks through, if not one of its own making.

    Every method raises ApiUnreachableError if nobody answers and ApiRefusedError, which knows
    `status` and `problem`, if the answer is not what was asked for.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8075",
        *,
        key: str = "",
        timeout: float = 30.0,
        retries: int = 3,
        keep: int = 64,
        wire: Wire | None = None,
    ) -> None:
        self._wire = wire or Wire(
            url, key, pool=connections(timeout=timeout, retries=retries), keep=keep
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

    def holding(self, key: str) -> "Client":
        """A client of the same service, over the same connections, that sends another key; "" for none."""
        return Client(wire=self._wire.holding(key))

    def close(self) -> None:
        """Let go of the connections; the next question opens new ones."""
        self._wire.close()

    def stories(
        self,
        *,
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
        most: int | None = None,
    ) -> Iterator[Story]:
        """Stories as `GET /v1/stories` gives them, page after page, `most` of them at most."""
        parameters = {
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
        return self._paged("/v1/stories", parameters, Story, most)

    def story(self, story_id: str, *, as_of: datetime | None = None) -> StoryDetail:
        """One story; the id of a merged one gives the story that it lives on in."""
        return _shaped(StoryDetail, self._wire.get(_story(story_id), {"as_of": as_of}))

    def story_articles(self, story_id: str, *, as_of: datetime | None = None) -> Iterator[Member]:
        """The articles of a story."""
        return self._paged(f"{_story(story_id)}/articles", {"as_of": as_of}, Member)

    def evidence(self, story_id: str, *, as_of: datetime | None = None) -> Iterator[Evidence]:
        """Why each article of a story is there."""
        return self._paged(f"{_story(story_id)}/evidence", {"as_of": as_of}, Evidence)

    def articles(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        outlet: Sequence[str] = (),
        country: Sequence[str] = (),
        language: Sequence[str] = (),
        story: str | None = None,
        most: int | None = None,
    ) -> Iterator[Article]:
        """Articles as `GET /v1/articles` gives them, page after page, `most` of them at most."""
        parameters = {
            "since": since,
            "until": until,
            **_lists(outlet=outlet, country=country, language=language),
            "story": story,
        }
        return self._paged("/v1/articles", parameters, Article, most)

    def article(self, article_id: int) -> Article:
        """One article with the story it belongs to."""
        return _shaped(Article, self._wire.get(f"/v1/articles/{article_id}"))

    def search(self, words: str, **parameters: Any) -> dict[str, Any]:
        """What `GET /v1/search` finds, as JSON; `parameters` go along, such as `limit`."""
        return _object(self._wire.get("/v1/search", {"q": words, **parameters}))

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
        """The story that a text belongs to, as `POST /v1/match` tells it in JSON."""
        body = {"title": title, "text": text, "url": url, "outlet": outlet}
        body |= {"published": published.isoformat() if published else None, "language": language}
        return _object(self._wire.post("/v1/match", body))

    def changes_after(self, since: int | Literal["latest"] = 0, *, limit: int = PAGE) -> Changes:
        """What happened to stories after a number; after the latest, nothing but `next`."""
        return _shaped(Changes, self._wire.get("/v1/changes", {"since": since, "limit": limit}))

    def changes(
        self,
        since: int | Literal["latest"] | None = None,
        *,
        follow: bool = False,
        poll: float = 1.0,
    ) -> Iterator[Change]:
        """What happened to stories after a number, in order, without a gap.

        Keep the `id` of the last change that you are done with: it is `since` of the next time. With
        `follow` it does not end: it looks for more every `poll` seconds, and waits while the
        service does not answer. Without a number it begins with the first change there is, or,
        where it follows, with what is still to come once it was asked for the first time.
        """
        after = ("latest" if follow else 0) if since is None else since
        waited = 0.0
        while True:
            try:
                page = self.changes_after(after)
            except ApiError as error:
                if not follow or not _may_pass(error):
                    raise
                waited = min(max(waited * 2, poll), LONGEST_WAIT)
                time.sleep(waited)
                continue
            waited = 0.0
            yield from page.items
            after = page.next
            if not page.more:
                if not follow:
                    return
                time.sleep(poll)

    def _paged(
        self, path: str, parameters: Parameters, kind: type[Shape], most: int | None = None
    ) -> Iterator[Shape]:
        cursor, left = None, most
        while left is None or left > 0:
            size = PAGE if left is None else min(left, PAGE)
            page = _object(self._wire.get(path, {**parameters, "limit": size, "cursor": cursor}))
            items = _shaped(list[kind], page.get("items"))  # type: ignore[valid-type]
            yield from items
            cursor = page.get("next")
            if cursor is None:
                return
            left = None if left is None else left - len(items)


def _story(story_id: str) -> str:
    return f"/v1/stories/{quote(story_id, safe='', errors='surrogatepass')}"


def _lists(**values: Sequence[str]) -> dict[str, list[str] | None]:
    """Filters with several values; one word may stand alone."""
    return {name: [v] if isinstance(v, str) else list(v) or None for name, v in values.items()}


def _may_pass(error: ApiError) -> bool:
    if isinstance(error, ApiRefusedError):
        return error.status >= SERVERS_FAULT or error.status == TOO_MANY
    return isinstance(error, ApiUnreachableError)


def _shaped(kind: type[Shape], told: Any) -> Shape:
    adapter = _ADAPTERS.get(kind) or _ADAPTERS.setdefault(kind, TypeAdapter(kind))
    try:
        shaped: Shape = adapter.validate_python(told)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise ApiError(f"the answer is not of this API: {where}: {fault['msg']}") from error
    return shaped


def _object(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise ApiError("the answer is not of this API: it is no object")
    return told
