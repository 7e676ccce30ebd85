"""Tests of all list endpoints: paging in every order, `fields`, unknown parameters."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.domain.access.roles import Role
from service.domain.webhooks.event_filter import EventFilter
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.webhooks import webhooks
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.content.subscribers import subscribe
from tests.support.database.api_keys import KeyClient
from tests.support.database.embedded_articles import embed_all_articles, model_context
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

SECRET = "samestory_key-with-all-roles"
#: Values of path parameters.
IDS = {
    "{story_id}": MEETING,
    "{storyline_id}": STORYLINE,
    "{slug}": "harbour",
    "{subscriber_id}": "1",
    "{webhook_id}": "1",
    "{form}": "json",
}
#: Required query parameters.
REQUIRED = {
    "/v1/search": "q=ferry",
    "/v1/search/feed.{form}": "q=ferry",
    "/v1/changes/stream": "seconds=1",
}
NEWER = timedelta(minutes=1)


@pytest.fixture(scope="module")
def ann(new_database: Callable[[], str]) -> Iterator[KeyClient]:
    """A client with all roles and a server with the example data."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
        rows = Rows(session)
        for number in range(5):
            saga = rows.storyline(f"saga{number}", "A saga", created_at=NOW + number * NEWER)
            article = rows.article(rows.outlet(f"quay{number}"), f"Report {number}")
            rows.story(f"part{number}", [article], storyline_id=saga.id)
        for number in range(3):
            keys.create(session, f"reader {number}", [], now=NOW)
            webhooks.add(session, f"https://desk.example/{number}", EventFilter(), now=NOW)
        key, _ = keys.create(session, "ann", list(Role), now=NOW, secret=SECRET)
    for name in ("bob", "eve", "kim"):
        subscribe(sessions, f"{name}@x.example")
    with serving(sessions, clock=lambda: WORLD_NOW, model_context=model_context()) as site:
        ann = KeyClient(site, key, SECRET)
        for story in ("part1", "part2", "part3"):
            assert ann.post("/v1/decisions", {"action": "lock", "story": story}).status == 201
            assert ann.post("/v1/subscribers/1/alerts", {"words": story}).status == 201
            assert ann.post("/v1/queries", {"id": story, "q": "ferry"}).status == 201
        yield ann
    engine.dispose()


def get_endpoints(site: Site) -> dict[str, dict[str, Any]]:
    """Parameter schemas by name, by path of each GET endpoint."""
    parameters = {}
    for path, operations in site.get("/openapi.json").json["paths"].items():
        if "get" in operations and path.startswith("/v1/"):
            listed = operations["get"].get("parameters", [])
            parameters[path] = {each["name"]: each["schema"] for each in listed}
    return parameters


def paged(ann: KeyClient, path: str, limit: int) -> list[Any]:
    """All items of a list, `limit` per page."""
    items: list[Any] = []
    cursor = ""
    for _ in range(200):
        page = ann.get(f"{path}&limit={limit}{cursor}").json
        assert len(page["items"]) <= limit
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"
    raise AssertionError("pages without an end")


def orders(site: Site, parameters: dict[str, Any]) -> list[str]:
    """A `sort` parameter for each order; an empty one if there is no `sort`."""
    schema_ = parameters.get("sort", {})
    if "$ref" in schema_:
        name = schema_["$ref"].rpartition("/")[2]
        schema_ = site.get("/openapi.json").json["components"]["schemas"][name]
    return [f"sort={each}" for each in schema_.get("enum", [])] or [""]


def test_pages_of_every_list_join_in_every_order(ann: KeyClient) -> None:
    seen = 0
    for path, parameters in get_endpoints(ann.site).items():
        if "cursor" not in parameters or "form" in parameters:
            continue
        for order in orders(ann.site, parameters):
            address = f"{filled(path)}?{order}"
            if path.endswith("/deliveries"):
                continue  # nothing was delivered; see test_webhook_deliveries
            whole = paged(ann, address, 100)
            assert len(whole) > 2, address
            assert paged(ann, address, 2) == whole, address
            seen += 1
    assert seen >= 17


def filled(path: str) -> str:
    """A path with its parameters filled in."""
    for name, value in IDS.items():
        path = path.replace(name, value)
    return path


def test_cursor_of_another_list_or_order_returns_422(ann: KeyClient) -> None:
    stories = ann.get("/v1/stories?limit=1").json["next"]
    for path, parameters in get_endpoints(ann.site).items():
        if "cursor" not in parameters or path == "/v1/stories" or "form" in parameters:
            continue
        rejected = ann.get(f"{filled(path)}?cursor={stories}")
        assert rejected.status == 422, path
        assert "start again without a cursor" in rejected.json["detail"]
    for path, one, other in [
        ("/v1/articles", "newest", "oldest"),
        ("/v1/outlets", "slug", "latest"),
        ("/v1/storylines", "id", "newest"),
    ]:
        cursor = ann.get(f"{path}?sort={one}&limit=1").json["next"]
        assert ann.get(f"{path}?sort={other}&cursor={cursor}").status == 422


def test_fields_selects_fields_of_items(ann: KeyClient) -> None:
    seen = 0
    for path, parameters in get_endpoints(ann.site).items():
        if "fields" not in parameters or "form" in parameters or "_id}" in path.rpartition("/")[2]:
            continue
        if path.startswith("/v1/export/"):
            continue  # one object a line; see test_api_export
        address = filled(path)
        whole = ann.get(address).json
        one = whole["items"][0] if "items" in whole else whole
        name, other = list(one)[:2]
        narrow = ann.get(f"{address}?fields={other},%20{name}").json
        item = narrow["items"][0] if "items" in narrow else narrow
        assert item == {other: one[other], name: one[name]}, address
        rejected = ann.get(f"{address}?fields={name},password")
        assert rejected.status == 422
        assert "Unknown name password" in rejected.json["detail"]
        seen += 1
    assert seen >= 7


def test_fields_selects_fields_of_single_objects(ann: KeyClient) -> None:
    for kind, names in [("articles", "id,title"), ("feeds", "id,status")]:
        [first, *_] = ann.get(f"/v1/{kind}").json["items"]
        selected = ann.get(f"/v1/{kind}/{first['id']}?fields={names}").json
        assert selected == {name: first[name] for name in names.split(",")}
    assert set(ann.get(f"/v1/storylines/{STORYLINE}?fields=title").json) == {"title"}


def test_unknown_parameters_return_422(ann: KeyClient) -> None:
    for path in get_endpoints(ann.site):
        address = filled(path).replace("{number}", "1")
        if "{" in address:
            continue
        rejected = ann.get(f"{address}?{REQUIRED.get(path, 'a=b')}&bogus=1")
        assert rejected.status == 422, address
        assert "query.bogus" in rejected.json["detail"]
        assert "Unknown parameter" in rejected.json["detail"]
    rejected = ann.request("DELETE", "/v1/webhooks/1?force=true")
    assert rejected.status == 422
    assert "this route takes none" in rejected.json["detail"]
    assert ann.get("/?utm_source=x").status == ann.get("/metrics?x=1").status == 200


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ankara-damascus", "saga0", "saga1", "saga2", "saga3", "saga4"]),
        ("sort=newest&limit=3", ["saga4", "saga3", "saga2"]),
        ("since=2023-05-11T04:00Z", []),
        ("until=2023-01-01", ["ankara-damascus"]),
        ("since=2023-05-02&sort=newest", ["ankara-damascus"]),
    ],
)
def test_storylines_are_filtered_by_story_times(
    ann: KeyClient, query: str, expected: list[str]
) -> None:
    items = ann.get(f"/v1/storylines?{query}").json["items"]
    assert [each["id"] for each in items] == expected


def test_listed_storyline_has_count_and_times_of_its_stories(ann: KeyClient) -> None:
    item = next(x for x in ann.get("/v1/storylines").json["items"] if x["id"] == STORYLINE)
    stories = ann.get(f"/v1/storylines/{STORYLINE}").json["stories"]
    assert item["stories"] == len(stories)
    assert item["last_reported_at"] == max(each["last_reported_at"] for each in stories)
    assert item["first_reported_at"] == min(each["first_reported_at"] for each in stories)
    assert item["url"] == f"/v1/storylines/{STORYLINE}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("country=ru&country=LB", {"RU", "LB"}),
        ("country=RU&agency=true", set()),
    ],
)
def test_outlets_match_any_of_several_countries(
    ann: KeyClient, query: str, expected: set[str]
) -> None:
    items = ann.get(f"/v1/outlets?{query}").json["items"]
    assert {each["country"] for each in items} == expected


def test_outlets_are_sorted_by_last_report(ann: KeyClient) -> None:
    outlets = ann.get("/v1/outlets?sort=latest").json["items"]
    times = [each["last_reported_at"] or "" for each in outlets]
    assert times == sorted(times, reverse=True)
    assert {each["slug"] for each in outlets} == {
        each["slug"] for each in ann.get("/v1/outlets").json["items"]
    }


def test_feeds_are_filtered_by_language_and_outlets(ann: KeyClient) -> None:
    some = ann.get("/v1/feeds?outlet=quay1&outlet=quay2").json["items"]
    assert {each["outlet"]["slug"] for each in some} == {"quay1", "quay2"}
    languages = {
        (each["language"] or "").partition("-")[0] for each in ann.get("/v1/feeds").json["items"]
    }
    for language in languages - {""}:
        items = ann.get(f"/v1/feeds?language={language.upper()}").json["items"]
        assert {each["language"].partition("-")[0] for each in items} == {language}


def times_in(value: Any) -> Iterator[str]:
    """All strings in a response that start like a timestamp."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]", value):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from times_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from times_in(each)


def test_every_timestamp_is_utc_iso_8601(ann: KeyClient) -> None:
    seen = 0
    for path in get_endpoints(ann.site):
        address = filled(path)
        if "{" in address or path == "/v1/changes/stream" or path.startswith("/v1/export/"):
            continue
        response = ann.get(f"{address}?{REQUIRED.get(path, '')}")
        for time in times_in(response.json):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", time), address
            seen += 1
    assert seen > 500


def test_articles_are_sorted_by_age(ann: KeyClient) -> None:
    newest = paged(ann, "/v1/articles?sort=newest", 100)
    assert paged(ann, "/v1/articles?sort=oldest", 3) == newest[::-1]


CODE_FILTERS = {
    "country": ["/v1/stories", "/v1/articles", "/v1/outlets"],
    "language": ["/v1/stories", "/v1/articles", "/v1/outlets", "/v1/feeds", "/v1/search?q=ferry"],
}


@pytest.mark.parametrize(
    ("name", "code"),
    [("country", "Narnia"), ("country", "uk"), ("language", "xx"), ("language", "english")],
)
def test_unknown_code_returns_422(ann: KeyClient, name: str, code: str) -> None:
    for path in CODE_FILTERS[name]:
        rejected = ann.get(f"{path}{'&' if '?' in path else '?'}{name}={code}")
        assert rejected.status == 422, path
        [error] = rejected.json["errors"]
        assert error["location"] == f"query.{name}.0"
        assert f"Invalid {name} '{code}'" in error["detail"]


@pytest.mark.parametrize("code", ["en-GB", "EN", "eng"])
def test_language_matches_by_any_of_its_codes(ann: KeyClient, code: str) -> None:
    for path in CODE_FILTERS["language"]:
        query = f"{path}{'&' if '?' in path else '?'}language="
        response = ann.get(f"{query}{code}")
        assert (response.status, response.json) == (200, ann.get(f"{query}en").json), path
