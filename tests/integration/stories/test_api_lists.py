"""What all lists have in common: pages in every order, some fields only, no unknown parameter."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from service.domain.webhooks.webhooks import Wanted

from service.domain.access.roles import Role
from service.store.access import keys
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.webhooks import webhooks
from tests.support.content.site_content import fill
from tests.support.content.subscribers import subscribe
from tests.support.content.texts import MEETING, STORYLINE, WORLD_NOW
from tests.support.database.api_keys import Holder
from tests.support.database.embedded_articles import model_context, read_all
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

SECRET = "samestory_of-whoever-may-do-everything"
#: Stand for the ids in paths.
IDS = {
    "{story_id}": MEETING,
    "{storyline_id}": STORYLINE,
    "{slug}": "harbour",
    "{subscriber_id}": "1",
    "{form}": "json",
}
#: Asked without which there is nothing to find.
ALSO = {
    "/v1/search": "q=ferry",
    "/v1/search/feed.{form}": "q=ferry",
    "/v1/changes/stream": "seconds=1",
}
NEWER = timedelta(minutes=1)


@pytest.fixture(scope="module")
def ann(new_database: Callable[[], str]) -> Iterator[Holder]:
    """Somebody who may do everything, at a server over the made-up world."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        read_all(session)
        rows = Rows(session)
        for number in range(5):
            saga = rows.storyline(f"saga{number}", "A saga", created_at=NOW + number * NEWER)
            article = rows.article(rows.outlet(f"quay{number}"), f"Report {number}")
            rows.story(f"part{number}", [article], storyline_id=saga.id)
        for number in range(3):
            keys.create(session, f"reader {number}", [], now=NOW)
            webhooks.add(session, f"https://desk.example/{number}", Wanted(), now=NOW)
        key, _ = keys.create(session, "ann", list(Role), now=NOW, secret=SECRET)
    for name in ("bob", "eve", "kim"):
        subscribe(sessions, f"{name}@x.example")
    with serving(sessions, clock=lambda: WORLD_NOW, model_context=model_context()) as site:
        ann = Holder(site, key, SECRET)
        for story in ("part1", "part2", "part3"):
            assert ann.post("/v1/decisions", {"action": "lock", "story": story}).status == 201
            assert ann.post("/v1/subscribers/1/alerts", {"words": story}).status == 201
        yield ann
    engine.dispose()


def reads(site: Site) -> dict[str, dict[str, Any]]:
    """The parameters of everything that can be read, by name, by path."""
    found = {}
    for path, operations in site.get("/openapi.json").json["paths"].items():
        if "get" in operations and path.startswith("/v1/"):
            told = operations["get"].get("parameters", [])
            found[path] = {each["name"]: each["schema"] for each in told}
    return found


def paged(ann: Holder, path: str, limit: int) -> list[Any]:
    """All items of a list, some at a time."""
    found: list[Any] = []
    cursor = ""
    for _ in range(200):
        page = ann.get(f"{path}&limit={limit}{cursor}").json
        assert len(page["items"]) <= limit
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
    raise AssertionError("pages without an end")


def orders(site: Site, taken: dict[str, Any]) -> list[str]:
    """The values of `sort`, or nothing to say."""
    schema_ = taken.get("sort", {})
    if "$ref" in schema_:
        name = schema_["$ref"].rpartition("/")[2]
        schema_ = site.get("/openapi.json").json["components"]["schemas"][name]
    return [f"sort={each}" for each in schema_.get("enum", [])] or [""]


def test_pages_of_every_list_fit_together_in_every_order(ann: Holder) -> None:
    seen = 0
    for path, taken in reads(ann.site).items():
        if "cursor" not in taken or "form" in taken:
            continue
        for order in orders(ann.site, taken):
            address = f"{filled(path)}?{order}"
            whole = paged(ann, address, 100)
            assert len(whole) > 2, address
            assert paged(ann, address, 2) == whole, address
            seen += 1
    assert seen >= 17


def filled(path: str) -> str:
    """A path with ids."""
    for name, value in IDS.items():
        path = path.replace(name, value)
    return path


def test_a_cursor_of_one_list_or_order_is_none_of_another(ann: Holder) -> None:
    stories = ann.get("/v1/stories?limit=1").json["next"]
    for path, taken in reads(ann.site).items():
        if "cursor" not in taken or path == "/v1/stories" or "form" in taken:
            continue
        refused = ann.get(f"{filled(path)}?cursor={stories}")
        assert refused.status == 422, path
        assert "start without it" in refused.json["detail"]
    for path, one, other in [
        ("/v1/articles", "newest", "oldest"),
        ("/v1/outlets", "slug", "latest"),
        ("/v1/storylines", "id", "newest"),
    ]:
        cursor = ann.get(f"{path}?sort={one}&limit=1").json["next"]
        assert ann.get(f"{path}?sort={other}&cursor={cursor}").status == 422


def test_lists_and_things_tell_the_fields_that_are_asked_for(ann: Holder) -> None:
    seen = 0
    for path, taken in reads(ann.site).items():
        if "fields" not in taken or "form" in taken or "_id}" in path.rpartition("/")[2]:
            continue
        address = filled(path)
        whole = ann.get(address).json
        one = whole["items"][0] if "items" in whole else whole
        name, other = list(one)[:2]
        narrow = ann.get(f"{address}?fields={other},%20{name}").json
        told = narrow["items"][0] if "items" in narrow else narrow
        assert told == {other: one[other], name: one[name]}, address
        refused = ann.get(f"{address}?fields={name},password")
        assert refused.status == 422
        assert "unknown: password" in refused.json["detail"]
        seen += 1
    assert seen >= 7


def test_one_thing_can_be_narrowed_too(ann: Holder) -> None:
    for kind, names in [("articles", "id,title"), ("feeds", "id,status")]:
        [first, *_] = ann.get(f"/v1/{kind}").json["items"]
        found = ann.get(f"/v1/{kind}/{first['id']}?fields={names}").json
        assert found == {name: first[name] for name in names.split(",")}
    assert set(ann.get(f"/v1/storylines/{STORYLINE}?fields=title").json) == {"title"}


def test_no_route_takes_a_parameter_that_it_does_not_have(ann: Holder) -> None:
    for path in reads(ann.site):
        address = filled(path).replace("{number}", "1")
        if "{" in address:
            continue
        refused = ann.get(f"{address}?{ALSO.get(path, 'a=b')}&bogus=1")
        assert refused.status == 422, address
        assert "query.bogus" in refused.json["detail"]
        assert "no such parameter" in refused.json["detail"]
    refused = ann.ask("DELETE", "/v1/webhooks/1?force=true")
    assert refused.status == 422
    assert "none is taken here" in refused.json["detail"]
    assert ann.get("/?utm_source=x").status == ann.get("/metrics?x=1").status == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ankara-damascus", "saga0", "saga1", "saga2", "saga3", "saga4"]),
        ("sort=newest&limit=3", ["saga4", "saga3", "saga2"]),
        ("since=2023-05-11T04:00Z", []),
        ("until=2023-01-01", ["ankara-damascus"]),
        ("since=2023-05-02&sort=newest", ["ankara-damascus"]),
    ],
)
def test_storylines_are_found_by_the_times_of_their_stories(
    ann: Holder, query: str, found: list[str]
) -> None:
    items = ann.get(f"/v1/storylines?{query}").json["items"]
    assert [each["id"] for each in items] == found


def test_a_listed_storyline_tells_the_extent_of_its_stories(ann: Holder) -> None:
    told = next(x for x in ann.get("/v1/storylines").json["items"] if x["id"] == STORYLINE)
    stories = ann.get(f"/v1/storylines/{STORYLINE}").json["stories"]
    assert told["stories"] == len(stories)
    assert told["last_reported_at"] == max(each["last_reported_at"] for each in stories)
    assert told["first_reported_at"] == min(each["first_reported_at"] for each in stories)
    assert told["url"] == f"/v1/storylines/{STORYLINE}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("country=ru&country=LB", {"RU", "LB"}),
        ("country=RU&agency=true", set()),
    ],
)
def test_outlets_of_any_of_several_countries(ann: Holder, query: str, expected: set[str]) -> None:
    items = ann.get(f"/v1/outlets?{query}").json["items"]
    assert {each["country"] for each in items} == expected


def test_outlets_by_their_last_report(ann: Holder) -> None:
    found = ann.get("/v1/outlets?sort=latest").json["items"]
    times = [each["last_reported_at"] or "" for each in found]
    assert times == sorted(times, reverse=True)
    assert {each["slug"] for each in found} == {
        each["slug"] for each in ann.get("/v1/outlets").json["items"]
    }


def test_feeds_by_language_and_of_several_outlets(ann: Holder) -> None:
    some = ann.get("/v1/feeds?outlet=quay1&outlet=quay2").json["items"]
    assert {each["outlet"]["slug"] for each in some} == {"quay1", "quay2"}
    spoken = {
        (each["language"] or "").partition("-")[0] for each in ann.get("/v1/feeds").json["items"]
    }
    for language in spoken - {""}:
        items = ann.get(f"/v1/feeds?language={language.upper()}").json["items"]
        assert {each["language"].partition("-")[0] for each in items} == {language}


def times_in(value: Any) -> Iterator[str]:
    """All words in an answer that begin like a time."""
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]", value):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from times_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from times_in(each)


def test_every_time_is_utc_as_iso_8601_writes_it(ann: Holder) -> None:
    seen = 0
    for path in reads(ann.site):
        address = filled(path)
        if "{" in address or path == "/v1/changes/stream":
            continue
        answer = ann.get(f"{address}?{ALSO.get(path, '')}")
        for time in times_in(answer.json):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", time), address
            seen += 1
    assert seen > 500


def test_articles_from_the_first(ann: Holder) -> None:
    newest = paged(ann, "/v1/articles?sort=newest", 100)
    assert paged(ann, "/v1/articles?sort=oldest", 3) == newest[::-1]


CODED = {
    "country": ["/v1/stories", "/v1/articles", "/v1/outlets"],
    "language": ["/v1/stories", "/v1/articles", "/v1/outlets", "/v1/feeds", "/v1/search?q=ferry"],
}


@pytest.mark.parametrize(
    ("name", "code"),
    [("country", "Narnia"), ("country", "uk"), ("language", "xx"), ("language", "english")],
)
def test_a_code_that_there_is_not_is_refused_and_named(ann: Holder, name: str, code: str) -> None:
    for path in CODED[name]:
        refused = ann.get(f"{path}{'&' if '?' in path else '?'}{name}={code}")
        assert refused.status == 422, path
        [fault] = refused.json["errors"]
        assert fault["where"] == f"query.{name}.0"
        assert f"'{code}' is no {name}" in fault["detail"]


@pytest.mark.parametrize("code", ["en-GB", "EN", "eng"])
def test_a_language_is_found_by_any_of_its_codes(ann: Holder, code: str) -> None:
    for path in CODED["language"]:
        asked = f"{path}{'&' if '?' in path else '?'}language="
        found = ann.get(f"{asked}{code}")
        assert (found.status, found.json) == (200, ann.get(f"{asked}en").json), path
