"""HTTP conformance: conditional requests, compression, CORS, OpenAPI document, parameters."""

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
from starlette.datastructures import Headers

from service.store.database.change_counter import read_change_counter
from service.store.database.sessions import Sessions
from service.store.tables import ArticleRow, FeedRow, StoryRow
from service.web.app import create_app
from service.web.middleware.etags import is_not_modified
from tests.support.content.site.texts import MEETING, STORYLINE
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
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running_site:
        yield running_site


def counter_value(sessions: Sessions) -> int:
    """Current value of the change counter."""
    with sessions() as session:
        return read_change_counter(session).value


def status_with_etag(site: Site, path: str, etag: str) -> int:
    """Status of a conditional request."""
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
def test_matching_etag_returns_304(world: Site, path: str) -> None:
    first = world.get(path)
    etag = first.headers["etag"]
    assert first.headers["cache-control"]
    conditional = world.get(path, headers={"If-None-Match": f'"other", {etag}'})
    assert (conditional.status, conditional.body) == (304, b"")
    assert conditional.headers["etag"] == etag
    assert conditional.headers["cache-control"] == first.headers["cache-control"]
    assert "content-type" not in conditional.headers
    assert status_with_etag(world, path, "*") == 304
    assert status_with_etag(world, path, '"other"') == 200
    assert world.get(path, method="HEAD").headers["etag"] == etag


def test_etag_is_specific_to_the_url(world: Site) -> None:
    etag = world.get("/v1/stories").headers["etag"]
    assert status_with_etag(world, "/v1/stories?limit=3", etag) == 200
    assert status_with_etag(world, "/v1/stories/nobody", etag) == 404
    assert status_with_etag(world, "/v1/stories?limit=x", etag) == 422
    assert status_with_etag(world, "/v1/stories/nobody", "*") == 404


def test_errors_and_metrics_are_not_cacheable(world: Site) -> None:
    for path in ("/v1/stories/nobody", "/metrics", "/healthz", "/readyz"):
        response = world.get(path)
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers


def test_etag_changes_with_public_data_only(sessions: Sessions, site: Site) -> None:
    etag = site.get("/v1/stories").headers["etag"]
    with sessions.begin() as session:
        session.query(FeedRow).update({"error_count": 3})
        session.query(ArticleRow).update({"stage": "reconciled"})
    assert status_with_etag(site, "/v1/stories", etag) == 304
    with sessions.begin() as session:
        session.query(StoryRow).update({"headline": "Ferry strikes pier, three hurt"})
    assert status_with_etag(site, "/v1/stories", etag) == 200


def test_counter_changes_on_commit_only(sessions: Sessions) -> None:
    before = counter_value(sessions)
    with sessions() as session:
        Rows(session).outlet("undone")
        session.rollback()
    assert counter_value(sessions) == before
    with sessions() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("quay"), "Ferry")])
        assert counter_value(sessions) == before
        session.commit()
    assert counter_value(sessions) == before + 1
    with sessions.begin() as session:
        assert session.execute(text("SELECT count(*) FROM pending_changes")).scalar() == 0


def test_late_commit_is_a_separate_change(sessions: Sessions) -> None:
    before = counter_value(sessions)
    with sessions() as slow:
        Rows(slow).outlet("slow")
        with sessions.begin() as fast:  # does not wait for the other one
            Rows(fast).outlet("fast")
        assert counter_value(sessions) == before + 1
        slow.commit()
    assert counter_value(sessions) == before + 2


def test_concurrent_writers_get_unique_counter_values(sessions: Sessions) -> None:
    before = counter_value(sessions)

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
        counter = read_change_counter(session)
    assert counter.value == before + 20
    assert not counter.is_past


def test_last_modified_is_sent_once_it_is_in_the_past(
    sessions: Sessions, engine: Engine, site: Site
) -> None:
    set_time = text("UPDATE change_counter SET changed_at = :at")
    with engine.begin() as connection:
        connection.execute(set_time, {"at": datetime.now(UTC) + timedelta(hours=1)})
    assert "last-modified" not in site.get("/v1/stories").headers
    with engine.begin() as connection:
        connection.execute(set_time, {"at": datetime(2023, 4, 26, 6, tzinfo=UTC)})
    modified = site.get("/v1/stories").headers["last-modified"]
    assert parsedate_to_datetime(modified) == datetime(2023, 4, 26, 6, tzinfo=UTC)
    for since, status in [
        (modified, 304),
        ("Wed, 26 Apr 2023 07:00:00 GMT", 304),
        ("Wed, 26 Apr 2023 05:59:59 GMT", 200),
        ("yesterday", 200),
        ("Wed, 99 Apr 2023 05:59:59 GMT", 200),
    ]:
        response = site.get("/v1/stories", headers={"If-Modified-Since": since})
        assert response.status == status, since
    both = {"If-Modified-Since": modified, "If-None-Match": '"other"'}
    assert site.get("/v1/stories", headers=both).status == 200
    with sessions.begin() as session:
        session.query(StoryRow).update({"pinned": True})
    assert site.get("/v1/stories", headers={"If-Modified-Since": modified}).status == 200


def test_large_responses_are_compressed_if_accepted(world: Site) -> None:
    plain = world.get("/v1/stories")
    packed = world.get("/v1/stories", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in plain.headers
    assert packed.headers["etag"] == plain.headers["etag"]


@pytest.mark.parametrize(
    ("accept_encoding", "compressed"),
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
def test_compression_follows_accept_encoding(
    world: Site, accept_encoding: str, *, compressed: bool
) -> None:
    plain = world.get("/v1/stories").body
    for path in ("/v1/stories", "/"):  # cached and not cached
        response = world.get(path, headers={"Accept-Encoding": accept_encoding})
        assert (response.headers.get("content-encoding") == "gzip") is compressed
        assert "Accept-Encoding" in response.headers["vary"]
    response = world.get("/v1/stories", headers={"Accept-Encoding": accept_encoding})
    assert (gzip.decompress(response.body) if compressed else response.body) == plain


@pytest.mark.parametrize("accept_encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    "more",
    [{}, {"Cookie": "a=b"}],
    ids=["cached", "not cached"],
)
def test_304_has_the_vary_header(world: Site, accept_encoding: str, more: dict[str, str]) -> None:
    headers = {"Accept-Encoding": accept_encoding, **more}
    for path in ("/v1/stories", f"/v1/stories/{MEETING}", "/v1/outlets", "/", "/static/site.css"):
        first = world.get(path, headers=headers)
        assert "Accept-Encoding" in first.headers["vary"].split(", "), path
        conditional = world.get(path, headers={**headers, "If-None-Match": first.headers["etag"]})
        assert conditional.status == 304
        assert conditional.headers["vary"] == first.headers["vary"], path


def test_encoded_slash_does_not_reach_another_route(world: Site) -> None:
    for path in (f"/v1/stories/{MEETING}%2Farticles", f"/v1/stories/{MEETING}%2ftimeline"):
        response = world.get(path)
        assert response.status == 404
        assert "no slash" in response.json["detail"]


def test_several_lines_of_etags_are_combined() -> None:
    lines = [(b"if-none-match", b'"a"'), (b"if-none-match", b'"b", W/"c"')]
    for etag, expected in [('"a"', True), ('"c"', True), ('"d"', False)]:
        assert is_not_modified(Headers(raw=lines), Headers({"etag": etag})) is expected


def test_cors_is_limited_to_the_configured_origins(sessions: Sessions, world: Site) -> None:
    headers = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in world.get("/v1/stories", headers=headers).headers
    app = create_app(sessions, clock=lambda: NOW, origins=["https://desk.example"])
    with running(app) as site:
        response = site.get("/v1/stories", headers=headers)
        assert response.headers["access-control-allow-origin"] == "https://desk.example"
        assert "ETag" in response.headers["access-control-expose-headers"]
        preflight = site.get("/v1/stories", method="OPTIONS", headers=headers)
        assert preflight.status == 200
        assert preflight.headers["access-control-allow-methods"].startswith("GET")
        extra = {"Access-Control-Request-Headers": "if-modified-since,idempotency-key"}
        assert site.get("/v1/stories", method="OPTIONS", headers=headers | extra).status == 200
        other = site.get("/v1/stories", headers=headers | {"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Origin": "https://other.example"}, "web.cors_origins"),
        ({"Access-Control-Request-Method": "PUT"}, "GET, HEAD, POST, PATCH, DELETE"),
        ({"Access-Control-Request-Headers": "x-mine"}, "Idempotency-Key"),
    ],
)
def test_rejected_preflight_states_the_reason(
    sessions: Sessions, headers: dict[str, str], reason: str
) -> None:
    allowed = {"Origin": "https://desk.example", "Access-Control-Request-Method": "GET"}
    app = create_app(sessions, clock=lambda: NOW, origins=["https://desk.example"])
    with running(app) as site:
        response = site.get("/v1/stories", method="OPTIONS", headers=allowed | headers)
        assert response.status == 403
        assert response.headers["content-type"] == "application/problem+json"
        assert "Origin" in response.headers["vary"]
        content = response.json
        assert content["type"] == "urn:samestory:problem:origin-not-allowed"
        assert content["instance"] == "/v1/stories"
        assert content["request_id"] == response.headers["x-request-id"]
        assert reason in content["detail"]


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All parts of the document with a schema, and their location."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] != "cursor":  # no cursor is valid for every store
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


def test_openapi_examples_match_their_schemas(world: Site) -> None:
    document = world.get("/openapi.json").json
    schemas = {"components": document["components"]}
    parts = list(contents(document))
    assert len(parts) > 60
    for where, content in parts:
        jsonschema_rs.validate(schemas | content["schema"], content["example"])
        assert content["example"] is not None or "null" in str(content["schema"]), where


def test_every_documented_response_has_an_example(world: Site) -> None:
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


def test_every_write_requires_a_role_and_takes_an_idempotency_key(world: Site) -> None:
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method == "get" or path == "/v1/match":  # stores nothing
                continue
            where = f"{method} {path}"
            assert "idempotency-key" in {each["name"] for each in operation["parameters"]}, where
            assert operation["security"] in ([{"adminKey": []}], [{"editorKey": []}]), where
            assert {"401", "403", "409", "429"} <= set(operation["responses"]), where
            address = re.sub(r"{\w+}", "1", path)
            json = {"Content-Type": "application/json"}
            refused = world.get(address, method=method.upper(), headers=json, body=b"{}")
            assert refused.status == 401, where


def test_error_examples_match_their_route(world: Site) -> None:
    document = world.get("/openapi.json").json
    for path, operations in document["paths"].items():
        for operation in operations.values():
            parameters = {
                f"{each['in']}.{each['name']}" for each in operation.get("parameters", ())
            }
            for status, response in operation["responses"].items():
                if status < "400":
                    continue
                example = response["content"]["application/problem+json"]["example"]
                assert example["status"] == int(status)
                assert "{" not in example["instance"]
                for error in example["errors"]:
                    is_unknown = "Unknown" in error["detail"]
                    assert is_unknown or error["location"] in parameters, path
    feed = document["paths"]["/v1/feeds/{feed_id}"]["patch"]["responses"]
    missing = feed["404"]["content"]["application/problem+json"]["example"]
    assert (missing["detail"], missing["instance"]) == (
        "Feed 7 not found. For a list, see: /v1/feeds",
        "/v1/feeds/7",
    )
    refused = feed["403"]["content"]["application/problem+json"]["example"]
    assert "Role admin required" in refused["detail"]


def test_docs_page_lists_all_routes_without_other_hosts(world: Site) -> None:
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
def test_problem_instance_is_percent_encoded(world: Site, path: str, instance: str) -> None:
    assert world.get(path).json["instance"] == instance


@pytest.mark.parametrize("number", ["0.5", "1682424000", "-1", "1e9", "1e-5", "20230425"])
def test_bare_number_as_time_returns_422(world: Site, number: str) -> None:
    refused = world.get(f"/v1/stories?since={number}")
    assert refused.status == 422
    assert "ISO 8601" in refused.text


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("/v1/stories?entities=Moscow", "entity"),
        ("/v1/search?q=talks&limits=3", "limit"),
        ("/v1/stories/feed.atom?coverage=3", "min_coverage"),
    ],
)
def test_unknown_parameter_returns_422_with_a_suggestion(
    world: Site, path: str, suggestion: str
) -> None:
    refused = world.get(path)
    assert refused.status == 422
    assert f"Unknown parameter; did you mean {suggestion}?" in refused.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/stories?min_coverage=5&min_coverage=1",
        "/v1/search?q=talks&q=ferry",
        "/v1/stories/feed.atom?sort=newest&sort=newest",
        "/v1/runs?limit=1&limit=2",
    ],
)
def test_repeated_single_parameter_returns_422(world: Site, path: str) -> None:
    name = path.rpartition("&")[2].partition("=")[0]
    refused = world.get(path)
    assert refused.status == 422
    [error] = refused.json["errors"]
    assert (error["location"], "more than once" in error["detail"]) == (f"query.{name}", True)


def test_list_parameter_may_be_repeated(world: Site) -> None:
    both = world.get("/v1/outlets?country=RU&country=TR&limit=100").json["items"]
    assert {each["country"] for each in both} == {"RU", "TR"}
