"""Hostile text in each parameter and body field of the API: rejected with a reason, or harmless."""

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
from service.store.database.sessions import make_sessions
from service.web.app import create_app
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import WORLD_NOW
from tests.support.database.api_keys import KeyClient
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.servers.site import SiteResponse, running

SECRET = "samestory_attacker-key"
NUL, SURROGATE, LONG = "a\x00b", "\ud800", "x" * 9000
MANY = " ".join(f"w{number}" for number in range(10_000))
INJECTED = "x'; DROP TABLE stories; --"
TEXTS = [NUL, SURROGATE, LONG, MANY, INJECTED]
IDS = ["nul", "surrogate", "long", "ten-thousand-terms", "injected"]
#: The same texts in URLs; a lone surrogate is three bytes of invalid UTF-8.
IN_URLS = ["a%00b", "%ED%A0%80", LONG, quote(MANY[:20_000]), quote(INJECTED)]
#: The first waits for changes; the others send requests to other hosts.
EXCLUDED = {"/v1/changes/stream", "/v1/feeds", "/v1/webhooks/{webhook_id}/test"}


@pytest.fixture(scope="module")
def eve(new_database: Callable[[], str]) -> Iterator[KeyClient]:
    """A client with all roles."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
        key, _ = keys.create(session, "eve", list(Role), now=WORLD_NOW, secret=SECRET)
    settings = settings_module.load({})
    unlimited = replace(settings, access=replace(settings.access, requests_per_minute=0))
    app = create_app(
        sessions, clock=lambda: WORLD_NOW, settings=unlimited, model_context=model_context()
    )
    with running(app) as site:
        yield KeyClient(site, key, SECRET)
    engine.dispose()


def operations(eve: KeyClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every API operation: method, path and description."""
    for path, methods in eve.get("/openapi.json").json["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/v1/") and (method == "get" or path not in EXCLUDED):
                yield method.upper(), path, operation


def check(response: SiteResponse, where: str, *, rejected: bool = False) -> None:
    """Assert that there is no server error, and that a rejection is a problem with a reason."""
    assert response.status < 500, f"{where}: {response.text[:300]}"
    if rejected:
        assert response.status >= 400, where
    if response.status >= 400:
        assert response.headers["content-type"] == "application/problem+json", where
        assert response.json["detail"], where


@pytest.mark.parametrize("text", IN_URLS, ids=IDS)
def test_hostile_query_parameters(eve: KeyClient, text: str) -> None:
    checked = 0
    for method, path, operation in operations(eve):
        if method != "GET" or path in EXCLUDED:
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
                where = f"{address}?{each['name']}={text}{more}"
                is_invalid = text in {"a%00b", "%ED%A0%80"}
                check(eve.get(where), where[:90], rejected=is_invalid)
                checked += 1
    assert checked > 60


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
def test_query_that_is_not_utf_8_returns_422(eve: KeyClient, query: str) -> None:
    response = eve.get(query)
    assert response.status == 422, response.text
    [error] = response.json["errors"]
    assert "Not UTF-8" in error["detail"]
    assert eve.get("/v1/search?q=f%C3%A4hre+%F0%9F%9A%A2").status == 200


@pytest.mark.parametrize("text", IN_URLS, ids=IDS)
def test_hostile_path_parameters(eve: KeyClient, text: str) -> None:
    for method, path, _ in operations(eve):
        if "{" not in path:
            continue
        parts = [text if part.startswith("{") else part for part in path.split("/")]
        address = "/".join(parts).replace("{form}", "atom" if "{story_id}" in path else text)
        body: dict[str, str] | None = {} if method in {"POST", "PATCH"} else None
        check(eve.request(method, address, body), f"{method} {path}", rejected=True)


def string_paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every string in an example body."""
    if isinstance(value, str):
        yield path
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from string_paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from string_paths(each, (*path, index))


def with_text(example: Any, path: tuple[Any, ...], text: str) -> Any:
    """An example with another string at one path."""
    changed = copy.deepcopy(example)
    *parents, last = path
    container = changed
    for key in parents:
        container = container[key]
    container[last] = text
    return changed


@pytest.mark.parametrize("text", TEXTS, ids=IDS)
def test_hostile_body_fields(eve: KeyClient, text: str) -> None:
    checked = 0
    for method, path, operation in operations(eve):
        if "requestBody" not in operation:
            continue
        [content] = operation["requestBody"]["content"].values()
        examples = content.get("examples") or {"": {"value": content["example"]}}
        address = path.replace("{slug}", "harbour")
        for name in ("feed_id", "number", "subscriber_id", "alert_id", "key_id", "webhook_id"):
            address = address.replace(f"{{{name}}}", "1")
        for example in examples.values():
            for field in string_paths(example["value"]):
                body = with_text(example["value"], field, text)
                where = f"{method} {path} {field}"
                is_invalid = text in {NUL, SURROGATE}
                check(eve.request(method, address, body), where, rejected=is_invalid)
                checked += 1
    assert checked > 30


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 50_000, b'{"a":' * 20_000, b"1e999", b"NaN"],
)
def test_malformed_bodies(eve: KeyClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
    for method, path, operation in operations(eve):
        if not operation.get("requestBody", {}).get("required"):
            continue
        address = path.replace("{slug}", "harbour")
        for name in ("feed_id", "number", "subscriber_id"):
            address = address.replace(f"{{{name}}}", "1")
        response = eve.site.get(address, method=method, headers=headers, body=body)
        check(response, f"{method} {path} {body[:9]!r}", rejected=True)


def test_data_is_unchanged_afterwards(eve: KeyClient) -> None:
    assert len(eve.get("/v1/stories").json["items"]) == 8
    assert json.loads(eve.get("/readyz").body)["status"] == "ready"
