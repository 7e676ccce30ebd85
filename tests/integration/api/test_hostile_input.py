"""Hostile words in every place that the description has for one: refused with a reason, or harmless."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from service.domain.access.roles import Role
from service.settings import load as settings_module
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import sessions_of
from service.web.app import create_app
from tests.support.content.site_content import fill
from tests.support.content.texts import WORLD_NOW
from tests.support.database.api_keys import Holder
from tests.support.database.embedded_articles import read_all, reading
from tests.support.servers.site import Answer, running

SECRET = "samestory_of-whoever-is-up-to-no-good"
NUL, SURROGATE, LONG = "a\x00b", "\ud800", "x" * 9000
MANY = " ".join(f"w{number}" for number in range(10_000))
INJECTED = "x'; DROP TABLE stories; --"
WORDS = [NUL, SURROGATE, LONG, MANY, INJECTED]
IDS = ["nul", "surrogate", "long", "ten-thousand-terms", "injected"]
#: As they stand in an address; a lone surrogate is three bytes that are no UTF-8.
IN_ADDRESSES = ["a%00b", "%ED%A0%80", LONG, quote(MANY[:20_000]), quote(INJECTED)]
#: One may wait for what happens; the others would ask another machine.
LEFT_OUT = {"/v1/changes/stream", "/v1/feeds", "/v1/webhooks/{webhook_id}/test"}


@pytest.fixture(scope="module")
def eve(new_database: Callable[[], str]) -> Iterator[Holder]:
    """Somebody who may do everything and is up to no good."""
    engine = schema.connect(new_database())
    sessions = sessions_of(engine)
    with sessions.begin() as session:
        fill(session)
        read_all(session)
        key, _ = keys.create(session, "eve", list(Role), now=WORLD_NOW, secret=SECRET)
    settings = settings_module.load({})
    unlimited = replace(settings, access=replace(settings.access, requests_per_minute=0))
    app = create_app(sessions, clock=lambda: WORLD_NOW, settings=unlimited, reading=reading())
    with running(app) as site:
        yield Holder(site, key, SECRET)
    engine.dispose()


def operations(eve: Holder) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Everything that can be asked: method, path and description."""
    for path, found in eve.get("/openapi.json").json["paths"].items():
        for method, operation in found.items():
            if path.startswith("/v1/") and (method == "get" or path not in LEFT_OUT):
                yield method.upper(), path, operation


def check(answer: Answer, where: str, *, refused: bool = False) -> None:
    """No failure; what is refused is a problem that gives its reason."""
    assert answer.status < 500, f"{where}: {answer.text[:300]}"
    if refused:
        assert answer.status >= 400, where
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json", where
        assert answer.json["detail"], where


@pytest.mark.parametrize("word", IN_ADDRESSES, ids=IDS)
def test_in_queries(eve: Holder, word: str) -> None:
    seen = 0
    for method, path, operation in operations(eve):
        if method != "GET" or path in LEFT_OUT:
            continue
        address = path.replace("{form}", "atom")
        for name in ("story_id", "storyline_id", "slug"):
            address = address.replace(f"{{{name}}}", "harbour")
        if "{" in address:
            continue
        for each in operation.get("parameters", ()):
            if each["in"] == "query":
                needs_more = path.startswith("/v1/search") and each["name"] != "q"
                more = "&q=ferry" if needs_more else ""
                where = f"{address}?{each['name']}={word}{more}"
                unfit = word in {"a%00b", "%ED%A0%80"}
                check(eve.get(where), where[:90], refused=unfit)
                seen += 1
    assert seen > 60


@pytest.mark.parametrize(
    "query",
    [
        "/v1/stories?entity=%ED%A0%80",
        "/v1/articles?country=%FF",
        "/v1/articles?outlet=harbour&outlet=%C3",
        "/v1/runs?job=%C0%AF",
        "/v1/search?q=ferry%ED%A0%80",
        "/v1/stories?%ED%A0%80=ferry",
    ],
)
def test_a_query_that_is_no_utf_8_is_told_so(eve: Holder, query: str) -> None:
    refused = eve.get(query)
    assert refused.status == 422, refused.text
    [fault] = refused.json["errors"]
    assert "not UTF-8" in fault["detail"]
    assert eve.get("/v1/search?q=f%C3%A4hre+%F0%9F%9A%A2").status == 200


@pytest.mark.parametrize("word", IN_ADDRESSES, ids=IDS)
def test_in_paths(eve: Holder, word: str) -> None:
    for method, path, _ in operations(eve):
        if "{" not in path:
            continue
        parts = [word if part.startswith("{") else part for part in path.split("/")]
        address = "/".join(parts).replace("{form}", "atom" if "{story_id}" in path else word)
        body: dict[str, str] | None = {} if method in {"POST", "PATCH"} else None
        check(eve.ask(method, address, body), f"{method} {path}", refused=True)


def words_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all words in an example of a body."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from words_in(each, (*path, key))
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from words_in(each, (*path, place))


def with_word(example: Any, path: tuple[Any, ...], word: str) -> Any:
    """An example with another word in one place."""
    changed = copy.deepcopy(example)
    *way, last = path
    within = changed
    for step in way:
        within = within[step]
    within[last] = word
    return changed


@pytest.mark.parametrize("word", WORDS, ids=IDS)
def test_in_bodies(eve: Holder, word: str) -> None:
    seen = 0
    for method, path, operation in operations(eve):
        if "requestBody" not in operation:
            continue
        [content] = operation["requestBody"]["content"].values()
        given = content.get("examples") or {"": {"value": content["example"]}}
        address = path.replace("{slug}", "harbour")
        for name in ("feed_id", "number", "subscriber_id", "alert_id", "key_id", "webhook_id"):
            address = address.replace(f"{{{name}}}", "1")
        for example in given.values():
            for place in words_in(example["value"]):
                body = with_word(example["value"], place, word)
                where = f"{method} {path} {place}"
                unfit = word in {NUL, SURROGATE}
                check(eve.ask(method, address, body), where, refused=unfit)
                seen += 1
    assert seen > 30


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 20_000, b"1e999", b"NaN"],
)
def test_bodies_that_are_none(eve: Holder, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    for method, path, operation in operations(eve):
        if not operation.get("requestBody", {}).get("required"):
            continue
        address = path.replace("{slug}", "harbour")
        for name in ("feed_id", "number", "subscriber_id"):
            address = address.replace(f"{{{name}}}", "1")
        answer = eve.site.get(address, method=method, headers=headers, body=body)
        check(answer, f"{method} {path} {body[:9]!r}", refused=True)


def test_after_all_that_everything_is_there(eve: Holder) -> None:
    assert len(eve.get("/v1/stories").json["items"]) == 8
    assert json.loads(eve.get("/readyz").body)["status"] == "ready"
