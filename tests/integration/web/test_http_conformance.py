"""Conditional requests, compression, other sites' scripts, and the description of the API."""

import gzip
import re
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import jsonschema_rs
import pytest
from sqlalchemy import Engine, text

from service.store.database.change_counter import read_change_counter
from service.store.database.sessions import Sessions
from service.store.tables import ArticleRow, FeedRow, StoryRow
from service.web.app import create_app
from tests.support.content.texts import MEETING, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, running, serving, serving_world


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over one story of one article."""
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry strikes pier")])
    with serving(sessions) as running_site:
        yield running_site


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running_site:
        yield running_site


def state(sessions: Sessions) -> int:
    """The number of the store's state."""
    with sessions() as session:
        return read_change_counter(session).value


def again(site: Site, path: str, etag: str) -> int:
    """The status for whoever has the answer of that tag."""
    return site.get(path, headers={"If-None-Match": etag}).status


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stories", "/v1/stories?sort=newest", f"/v1/stories/{MEETING}",
        f"/v1/stories/{MEETING}/transitions", f"/v1/storylines/{STORYLINE}", "/v1/outlets",
        "/v1/feeds", "/v1/runs", "/", f"/stories/{MEETING}", "/about", "/docs", "/openapi.json",
        "/static/site.css",
    ],
)  # fmt: skip
def test_what_is_known_is_not_sent_again(world: Site, path: str) -> None:
    first = world.get(path)
    etag = first.headers["etag"]
    assert first.headers["cache-control"]
    known = world.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (known.status, known.body) == (304, b"")
    assert known.headers["etag"] == etag
    assert known.headers["cache-control"] == first.headers["cache-control"]
    assert "content-type" not in known.headers
    assert again(world, path, "*") == 304
    assert again(world, path, '"other"') == 200
    assert world.get(path, method="HEAD").headers["etag"] == etag


def test_a_tag_is_of_one_address(world: Site) -> None:
    etag = world.get("/v1/stories").headers["etag"]
    assert again(world, "/v1/stories?limit=3", etag) == 200
    assert again(world, "/v1/stories/nobody", etag) == 404
    assert again(world, "/v1/stories?limit=x", etag) == 422
    assert again(world, "/v1/stories/nobody", "*") == 404


def test_errors_and_figures_are_not_kept(world: Site) -> None:
    for path in ("/v1/stories/nobody", "/metrics", "/healthz", "/readyz"):
        answer = world.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


def test_what_readers_see_changes_the_tag_and_bookkeeping_does_not(
    sessions: Sessions, site: Site
) -> None:
    etag = site.get("/v1/stories").headers["etag"]
    with sessions.begin() as session:
        session.query(FeedRow).update({"error_count": 3})
        session.query(ArticleRow).update({"stage": "reconciled"})
    assert again(site, "/v1/stories", etag) == 304
    with sessions.begin() as session:
        session.query(ArticleRow).update({"title": "Ferry strikes pier, three hurt"})
    assert again(site, "/v1/stories", etag) == 200


def test_a_change_counts_once_it_is_committed_and_not_if_it_is_undone(sessions: Sessions) -> None:
    before = state(sessions)
    with sessions() as session:
        Rows(session).outlet("undone")
        session.rollback()
    assert state(sessions) == before
    with sessions() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry")])
        assert state(sessions) == before
        session.commit()
    assert state(sessions) == before + 1
    with sessions.begin() as session:
        assert session.execute(text("SELECT count(*) FROM pending_changes")).scalar() == 0


def test_a_change_that_commits_late_is_a_change_of_its_own(sessions: Sessions) -> None:
    before = state(sessions)
    with sessions() as slow:
        Rows(slow).outlet("slow")
        with sessions.begin() as fast:  # is not kept waiting
            Rows(fast).outlet("fast")
        assert state(sessions) == before + 1
        slow.commit()
    assert state(sessions) == before + 2


def test_many_writers_never_share_a_state_or_a_second(sessions: Sessions) -> None:
    before = state(sessions)

    def write(number: int) -> None:
        for turn in range(5):
            with sessions.begin() as session:
                Rows(session).outlet(f"o{number}-{turn}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with sessions() as session:
        found = read_change_counter(session)
    assert found.value == before + 20
    assert not found.is_past


def test_dates_are_told_once_they_are_past(sessions: Sessions, engine: Engine, site: Site) -> None:
    stepped = text("UPDATE change_counter SET changed_at = :at")
    with engine.begin() as connection:
        connection.execute(stepped, {"at": datetime.now(UTC) + timedelta(hours=1)})
    assert "last-modified" not in site.get("/v1/stories").headers
    with engine.begin() as connection:
        connection.execute(stepped, {"at": datetime(2023, 4, 26, 6, tzinfo=UTC)})
    told = site.get("/v1/stories").headers["last-modified"]
    assert parsedate_to_datetime(told) == datetime(2023, 4, 26, 6, tzinfo=UTC)
    for since, status in [
        (told, 304),
        ("Wed, 26 Apr 2023 07:00:00 GMT", 304),
        ("Wed, 26 Apr 2023 05:59:59 GMT", 200),
        ("yesterday", 200),
        ("Wed, 99 Apr 2023 05:59:59 GMT", 200),
    ]:
        found = site.get("/v1/stories", headers={"If-Modified-Since": since})
        assert found.status == status, since
    both = {"If-Modified-Since": told, "If-None-Match": '"other"'}
    assert site.get("/v1/stories", headers=both).status == 200
    with sessions.begin() as session:
        session.query(StoryRow).update({"pinned": True})
    assert site.get("/v1/stories", headers={"If-Modified-Since": told}).status == 200


def test_large_answers_are_compressed_where_that_is_understood(world: Site) -> None:
    plain = world.get("/v1/stories")
    packed = world.get("/v1/stories", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize(
    ("said", "packed"),
    [
        ("gzip;q=0", False),
        ("gzip; q=0.000, identity", False),
        ("identity", False),
        ("*;q=0", False),
        ("br;q=1.0, *;q=0", False),
        ("gzip;q=0, *", False),
        ("identity;q=0, gzip;q=0", False),
        ("identity;q=0", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, *", False),
        ("gzip;q=2", False),
        ("gzip, gzip;q=0", False),
        ("xgzip, gzipped", False),
        ("", False),
        ("gzip", True),
        ("GZIP;Q=0.001", True),
        ("x-gzip", True),
        ("*", True),
        ("br, gzip ; q=0.8 , identity;q=0.1", True),
        ("identity;q=0, *;q=0.1", True),
        (", gzip,", True),
    ],
)
def test_answers_are_packed_for_those_who_take_them_so(
    world: Site, said: str, *, packed: bool
) -> None:
    plain = world.get("/v1/stories").body
    for path in ("/v1/stories", "/"):  # one that is kept, and one that is not
        answer = world.get(path, headers={"Accept-Encoding": said})
        assert (answer.headers.get("content-encoding") == "gzip") is packed
        assert "Accept-Encoding" in answer.headers["vary"]
    answer = world.get("/v1/stories", headers={"Accept-Encoding": said})
    assert (gzip.decompress(answer.body) if packed else answer.body) == plain


@pytest.mark.parametrize("said", ["gzip", "identity"])
@pytest.mark.parametrize(
    "more",
    [{}, {"Cookie": "a=b"}],
    ids=["kept", "made anew"],
)
def test_what_is_not_sent_again_depends_on_the_same(
    world: Site, said: str, more: dict[str, str]
) -> None:
    asked = {"Accept-Encoding": said, **more}
    for path in ("/v1/stories", f"/v1/stories/{MEETING}", "/v1/outlets", "/", "/static/site.css"):
        first = world.get(path, headers=asked)
        assert first.headers["vary"] == "Accept-Encoding", path
        known = world.get(path, headers={**asked, "If-None-Match": first.headers["etag"]})
        assert known.status == 304
        assert known.headers["vary"] == "Accept-Encoding", path


def test_scripts_of_other_sites_may_ask_only_where_a_setting_says_so(
    sessions: Sessions, world: Site
) -> None:
    asks = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in world.get("/v1/stories", headers=asks).headers
    app = create_app(sessions, clock=lambda: NOW, origins=["https://desk.example"])
    with running(app) as site:
        answer = site.get("/v1/stories", headers=asks)
        assert answer.headers["access-control-allow-origin"] == "https://desk.example"
        assert "ETag" in answer.headers["access-control-expose-headers"]
        before = site.get("/v1/stories", method="OPTIONS", headers=asks)
        assert before.status == 200
        assert before.headers["access-control-allow-methods"].startswith("GET")
        wish = {"Access-Control-Request-Headers": "if-modified-since,idempotency-key"}
        assert site.get("/v1/stories", method="OPTIONS", headers=asks | wish).status == 200
        other = site.get("/v1/stories", headers=asks | {"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("asks", "reason"),
    [
        ({"Origin": "https://other.example"}, "web.cors_origins"),
        ({"Access-Control-Request-Method": "PUT"}, "GET, HEAD, POST, PATCH, DELETE"),
        ({"Access-Control-Request-Headers": "x-mine"}, "Idempotency-Key"),
    ],
)
def test_a_browser_that_asks_in_vain_is_told_why(
    sessions: Sessions, asks: dict[str, str], reason: str
) -> None:
    usual = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
    app = create_app(sessions, clock=lambda: NOW, origins=["https://desk.example"])
    with running(app) as site:
        answer = site.get("/v1/stories", method="OPTIONS", headers=usual | asks)
        assert answer.status == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Origin" in answer.headers["vary"]
        told = answer.json
        assert told["type"] == "urn:samestory:problem:other-site"
        assert told["instance"] == "/v1/stories"
        assert told["request_id"] == answer.headers["x-request-id"]
        assert reason in told["detail"]


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in the description that has a schema, with where it stands."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                yield f"{path} {parameter['name']}", parameter
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get(
                    "examples", {None: {"value": content.get("example")}}
                ).values():
                    yield f"{path} body", {**content, "example": example["value"]}
            for status, response in operation["responses"].items():
                for media, content in response.get("content", {}).items():
                    if "json" in media:
                        yield f"{path} {status}", content


def test_every_parameter_answer_and_error_has_an_example_that_fits(world: Site) -> None:
    document = world.get("/openapi.json").json
    schemas = {"components": document["components"]}
    found = list(contents(document))
    assert len(found) > 60
    for where, content in found:
        jsonschema_rs.validate(schemas | content["schema"], content["example"])
        assert content["example"] is not None or "null" in str(content["schema"]), where


def test_every_route_and_every_error_that_it_documents_has_an_example(world: Site) -> None:
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            if "requestBody" in operation:
                [body] = operation["requestBody"]["content"].values()
                assert body.get("example") or body["examples"], where
            for status, response in operation["responses"].items():
                if status in {"204", "304", "308"}:  # no body
                    assert "content" not in response, where
                    continue
                assert response["content"], f"{where} {status}"
                for content in response["content"].values():
                    assert content["example"], f"{where} {status}"
                for header in response.get("headers", {}).values():
                    assert header["example"]


def test_every_write_takes_a_key_a_role_and_an_idempotency_key(world: Site) -> None:
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "get" or path == "/v1/match":  # which stores nothing
                continue
            where = f"{method} {path}"
            assert "idempotency-key" in {each["name"] for each in operation["parameters"]}, where
            assert operation["security"] in ([{"key": ["admin"]}], [{"key": ["editor"]}]), where
            assert {"401", "403", "409", "429"} <= set(operation["responses"]), where
            address = re.sub(r"{\w+}", "1", path)
            json = {"Content-Type": "application/json"}
            refused = world.get(address, method=method.upper(), headers=json, body=b"{}")
            assert refused.status == 401, where


def test_examples_of_errors_are_those_of_their_route(world: Site) -> None:
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for operation in operations.values():
            taken = {f"{each['in']}.{each['name']}" for each in operation.get("parameters", ())}
            for status, response in operation["responses"].items():
                if status < "400":
                    continue
                example = response["content"]["application/problem+json"]["example"]
                assert example["status"] == int(status)
                assert "{" not in example["instance"]
                for fault in example["errors"]:
                    unknown = "no such" in fault["detail"]
                    assert unknown or fault["where"] in taken, path
    feed = document["paths"]["/v1/feeds/{feed_id}"]["patch"]["responses"]
    told = feed["404"]["content"]["application/problem+json"]["example"]
    assert (told["detail"], told["instance"]) == ("no feed 7", "/v1/feeds/7")
    refused = feed["403"]["content"]["application/problem+json"]["example"]
    assert "the role admin" in refused["detail"]


def test_the_description_can_be_read_as_a_page_without_any_other_host(world: Site) -> None:
    page = world.page("/docs").text
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for method in operations:
            assert f"{method.upper()} {path}</code>" in page
    assert "urn:samestory:problem:not-found" in page
    assert "<script" not in page
    assert not re.search(r"(src|href|action)=\"?(https?:)?//", page)


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        ("/v1/stories/a%20b", "/v1/stories/a%20b"),
        ("/v1/stories/a%0Ab%7F", "/v1/stories/a%0Ab%7F"),
        ("/v1/stories/%C3%A9%22%3C", "/v1/stories/%C3%A9%22%3C"),
        ("/v1/stories/100%25", "/v1/stories/100%25"),
        ("/v1/stories/a:b@c,d", "/v1/stories/a:b@c,d"),
    ],
)
def test_a_problem_names_its_address_as_addresses_are_written(
    world: Site, path: str, instance: str
) -> None:
    assert world.get(path).json["instance"] == instance


@pytest.mark.parametrize("number", ["0.5", "1682424000", "-1", "1e9", "1e-5", "20230425"])
def test_a_bare_number_is_no_time(world: Site, number: str) -> None:
    refused = world.get(f"/v1/stories?since={number}")
    assert refused.status == 422
    assert "ISO 8601" in refused.text


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/v1/stories?entities=Moscow", "entity"),
        ("/v1/search?q=talks&limits=3", "limit"),
        ("/v1/stories/feed.atom?coverage=3", "min_coverage"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_one_that_may_be_meant(
    world: Site, path: str, meant: str
) -> None:
    refused = world.get(path)
    assert refused.status == 422
    assert f"no such parameter; did you mean {meant}?" in refused.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stories?min_coverage=5&min_coverage=1",
        "/v1/search?q=talks&q=ferry",
        "/v1/stories/feed.atom?sort=newest&sort=newest",
        "/v1/runs?limit=1&limit=2",
    ],
)
def test_a_parameter_of_one_value_is_refused_where_it_is_given_twice(
    world: Site, path: str
) -> None:
    name = path.rpartition("&")[2].partition("=")[0]
    refused = world.get(path)
    assert refused.status == 422
    [fault] = refused.json["errors"]
    assert (fault["where"], "more than once" in fault["detail"]) == (f"query.{name}", True)


def test_a_filter_of_several_values_may_be_repeated(world: Site) -> None:
    both = world.get("/v1/outlets?country=RU&country=TR&limit=100").json["items"]
    assert {each["country"] for each in both} == {"RU", "TR"}
