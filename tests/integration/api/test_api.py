"""API: articles, outlets, feeds, storylines, runs, errors, OpenAPI document."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from service.store.database.sessions import Sessions
from service.web import dependencies
from tests.support.content.site.texts import MEETING, STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_app, serving_world


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the sample stories; read-only."""
    with serving_world(new_database()) as running:
        yield running


def test_article_refers_to_its_story(site: Site) -> None:
    member = site.get(f"/v1/stories/{MEETING}").json["members"][2]
    article = site.get(f"/v1/articles/{member['id']}").json
    assert article["story"]["id"] == MEETING
    assert article["story"]["url"] == f"/v1/stories/{MEETING}"
    assert article["copy_of"] == member["copy_of"]
    assert article["feed"] > 0


def test_unassigned_article_has_no_story(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("waiting"), "Waiting")
        removed = rows.article(rows.outlet("moved"), "Moved on")
        story = rows.story("former", [])
        rows.membership(story, removed, valid_until=NOW + timedelta(hours=1))
    with serving(sessions) as site:
        for article_id in (article.id, removed.id):
            body = site.get(f"/v1/articles/{article_id}").json
            assert body["story"] is None
            assert body["joined_at"] is None


@pytest.mark.parametrize(
    ("article_id", "status"), [("1", 404), ("-1", 422), (str(2**63), 422), ("x", 422)]
)
def test_unknown_or_invalid_article_id(site: Site, article_id: str, status: int) -> None:
    assert site.get(f"/v1/articles/{article_id}").status == status


def test_outlets_have_a_family_and_pages(site: Site) -> None:
    first = site.get("/v1/outlets?limit=10").json
    second = site.get(f"/v1/outlets?limit=10&cursor={first['next']}").json
    outlets = first["items"] + second["items"]
    assert [outlet["slug"] for outlet in outlets] == sorted(outlet["slug"] for outlet in outlets)
    russian = next(outlet for outlet in outlets if outlet["slug"] == "volga-novosti")
    assert russian["family"] == {"slug": "volga", "name": "Volga"}
    assert russian["feeds"] == 1
    assert russian["last_reported_at"] == "2023-04-25T11:26:00Z"


def test_feeds_show_errors_but_no_credentials(site: Site) -> None:
    failing = site.get("/v1/feeds?failing=true&status=active").json["items"]
    assert [feed["outlet"]["slug"] for feed in failing] == ["ledger"]
    assert failing[0]["error"]["kind"] == "bad_status"
    assert failing[0]["error"]["count"] == 4
    assert "secret" not in site.get("/v1/feeds").text
    retired = site.get("/v1/feeds?status=retired").json["items"]
    assert [feed["status"] for feed in retired] == ["retired"]
    first = site.get("/v1/feeds?limit=14").json
    assert len(site.get(f"/v1/feeds?cursor={first['next']}").json["items"]) == 1


def test_storyline_lists_its_stories(site: Site) -> None:
    storyline = site.get(f"/v1/storylines/{STORYLINE}").json
    assert storyline["title"] == "Rapprochement of Ankara and Damascus"
    assert [story["id"] for story in storyline["stories"]] == [
        "moscow-2023-05-10", MEETING, "moscow-2023-04-04", "moscow-2022-12-28",
    ]  # fmt: skip
    assert site.get("/v1/storylines/none").status == 404


def test_runs_are_listed_latest_first(site: Site) -> None:
    first = site.get("/v1/runs?limit=3").json
    assert [run["job"] for run in first["items"]] == ["describe", "reconcile", "place"]
    rest = site.get(f"/v1/runs?cursor={first['next']}").json["items"]
    assert [run["job"] for run in rest] == ["fetch"]
    place_runs = site.get("/v1/runs?job=place").json["items"]
    assert place_runs[0]["seconds"] == 2.0
    assert place_runs[0]["counts"] == {"articles": 9}


def test_errors_are_problems_with_the_request_id(site: Site) -> None:
    for path, method, status in [
        ("/v1/nothing", "GET", 404),
        ("/v1/stories/", "GET", 404),
        ("/v1/stories", "DELETE", 405),
        ("/v1/stories?limit=x", "GET", 422),
    ]:
        response = site.get(path, method=method)
        assert response.status == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json["status"] == status
        assert response.json["request_id"] == response.headers["x-request-id"]
    assert site.get("/v1/stories", method="DELETE").headers["allow"] == "GET, HEAD"
    for path, methods in (
        ("/v1/feeds/1", "GET, HEAD, PATCH"),
        ("/v1/decisions", "GET, HEAD, POST"),
    ):
        response = site.get(path, method="PUT")
        assert (response.status, response.headers["allow"]) == (405, methods)
        assert response.headers["cache-control"] == "no-store"


def test_unexpected_error_hides_its_message(sessions: Sessions) -> None:
    def add_broken_routes(app: FastAPI) -> None:
        def broken() -> None:
            raise RuntimeError("the secret reason")

        app.add_api_route("/v1/broken", broken)
        app.add_api_route("/broken", broken)

    with serving_app(sessions, add_broken_routes) as site:
        response = site.get("/v1/broken")
        assert response.status == 500
        assert response.json["type"] == "urn:samestory:problem:internal-error"
        assert response.json["request_id"] == response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        page = site.page("/broken")
        assert page.headers["content-type"].startswith("text/html")
        assert "secret" not in response.text + page.text


def test_read_session_cannot_write(sessions: Sessions) -> None:
    def add_writer(app: FastAPI) -> None:
        def write(session: dependencies.ReadSession) -> None:
            Rows(session).outlet("intruder")

        app.add_api_route("/v1/write", write)

    with serving_app(sessions, add_writer) as site:
        assert site.get("/v1/write").status == 500
        assert site.get("/v1/outlets").json["items"] == []


def test_head_returns_no_body(site: Site) -> None:
    for path in ("/v1/stories", "/", "/healthz"):
        response = site.get(path, method="HEAD")
        assert (response.status, response.body) == (200, b"")


def test_openapi_describes_every_response(site: Site) -> None:
    document = site.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert "/v1/stories/{story_id}/transitions" in document["paths"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for status, response in responses.items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"]
            if path.startswith("/v1"):
                [success] = [each for status, each in responses.items() if status < "300"]
                assert all(each["schema"] for each in success.get("content", {}).values())
                assert ("content" in success) == ("204" not in responses)
                assert {"401", "422", "429", "500", "503"} <= set(responses)
                roles = {name for each in operation["security"] for name in each} - {"key"}
                assert bool(roles) == ("403" in responses), path
    assert "HTTPValidationError" not in document["components"]["schemas"]
