"""The rest of the API, its errors, its description."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from service.store.database.sessions import Sessions
from service.web import dependencies
from tests.support.content.texts import MEETING, SAGA
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_app, serving_world


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


def test_an_article_names_its_story(site: Site) -> None:
    member = site.get(f"/v1/stories/{MEETING}").json["members"][2]
    article = site.get(f"/v1/articles/{member['id']}").json
    assert article["story"]["id"] == MEETING
    assert article["story"]["url"] == f"/v1/stories/{MEETING}"
    assert article["copy_of"] == member["copy_of"]
    assert article["feed"] > 0


def test_an_article_that_waits_has_no_story(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("waiting"), "Waiting")
        left = rows.article(rows.outlet("moved"), "Moved on")
        story = rows.story("former", [])
        rows.membership(story, left, valid_until=NOW + timedelta(hours=1))
    with serving(sessions) as site:
        for article_id in (article.id, left.id):
            found = site.get(f"/v1/articles/{article_id}").json
            assert found["story"] is None
            assert found["since"] is None


@pytest.mark.parametrize(
    ("article_id", "status"), [("1", 404), ("-1", 422), (str(2**63), 422), ("x", 422)]
)
def test_unknown_and_impossible_articles(site: Site, article_id: str, status: int) -> None:
    assert site.get(f"/v1/articles/{article_id}").status == status


def test_outlets_come_with_their_family_and_can_be_paged(site: Site) -> None:
    first = site.get("/v1/outlets?limit=10").json
    second = site.get(f"/v1/outlets?limit=10&cursor={first['next']}").json
    found = first["items"] + second["items"]
    assert [outlet["slug"] for outlet in found] == sorted(outlet["slug"] for outlet in found)
    russian = next(outlet for outlet in found if outlet["slug"] == "volga-novosti")
    assert russian["family"] == {"slug": "volga", "name": "Volga"}
    assert russian["feeds"] == 1
    assert russian["last_reported_at"] == "2023-04-25T11:26:00Z"


def test_feeds_tell_their_health_without_secrets(site: Site) -> None:
    failing = site.get("/v1/feeds?failing=true&status=active").json["items"]
    assert [feed["outlet"]["slug"] for feed in failing] == ["ledger"]
    assert failing[0]["error"]["kind"] == "bad_status"
    assert failing[0]["error"]["count"] == 4
    assert "secret" not in site.get("/v1/feeds").text
    retired = site.get("/v1/feeds?status=retired").json["items"]
    assert [feed["status"] for feed in retired] == ["retired"]
    first = site.get("/v1/feeds?limit=14").json
    assert len(site.get(f"/v1/feeds?cursor={first['next']}").json["items"]) == 1


def test_a_storyline_keeps_its_stories_apart(site: Site) -> None:
    storyline = site.get(f"/v1/storylines/{SAGA}").json
    assert storyline["title"] == "Rapprochement of Ankara and Damascus"
    assert [story["id"] for story in storyline["stories"]] == [
        "moscow-2023-05-10", MEETING, "moscow-2023-04-04", "moscow-2022-12-28",
    ]  # fmt: skip
    assert site.get("/v1/storylines/none").status == 404


def test_runs_come_latest_first(site: Site) -> None:
    everything = site.get("/v1/runs?limit=3").json
    assert [run["job"] for run in everything["items"]] == ["describe", "reconcile", "place"]
    rest = site.get(f"/v1/runs?cursor={everything['next']}").json["items"]
    assert [run["job"] for run in rest] == ["fetch"]
    only = site.get("/v1/runs?job=place").json["items"]
    assert only[0]["seconds"] == 2.0
    assert only[0]["counts"] == {"articles": 9}


def test_every_error_is_a_problem_with_the_id_of_its_request(site: Site) -> None:
    for path, method, status in [
        ("/v1/nothing", "GET", 404),
        ("/v1/stories/", "GET", 404),
        ("/v1/stories", "DELETE", 405),
        ("/v1/stories?limit=x", "GET", 422),
    ]:
        answer = site.get(path, method=method)
        assert answer.status == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == status
        assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert site.get("/v1/stories", method="DELETE").headers["allow"] == "GET, HEAD"
    for path, ways in (("/v1/feeds/1", "GET, HEAD, PATCH"), ("/v1/decisions", "GET, HEAD, POST")):
        refused = site.get(path, method="PUT")
        assert (refused.status, refused.headers["allow"]) == (405, ways)
        assert refused.headers["cache-control"] == "no-store"


def test_an_unexpected_error_tells_nothing_of_the_inside(sessions: Sessions) -> None:
    def break_down(app: FastAPI) -> None:
        def broken() -> None:
            raise RuntimeError("the secret reason")

        app.add_api_route("/v1/broken", broken)
        app.add_api_route("/broken", broken)

    with serving_app(sessions, break_down) as site:
        answer = site.get("/v1/broken")
        assert answer.status == 500
        assert answer.json["type"] == "urn:samestory:problem:internal-error"
        assert answer.json["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        page = site.page("/broken")
        assert page.headers["content-type"].startswith("text/html")
        assert "secret" not in answer.text + page.text


def test_requests_can_only_read(sessions: Sessions) -> None:
    def add_writer(app: FastAPI) -> None:
        def write(session: dependencies.ReadSession) -> None:
            Rows(session).outlet("intruder")

        app.add_api_route("/v1/write", write)

    with serving_app(sessions, add_writer) as site:
        assert site.get("/v1/write").status == 500
        assert site.get("/v1/outlets").json["items"] == []


def test_head_is_answered_like_get_without_a_body(site: Site) -> None:
    for path in ("/v1/stories", "/", "/healthz"):
        answer = site.get(path, method="HEAD")
        assert (answer.status, answer.body) == (200, b"")


def test_the_description_covers_every_route_with_models_and_problems(site: Site) -> None:
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
                [good] = [each for status, each in responses.items() if status < "300"]
                assert all(each["schema"] for each in good.get("content", {}).values())
                assert ("content" in good) == ("204" not in responses)
                assert {"401", "422", "429", "500", "503"} <= set(responses)
                roles = [role for each in operation["security"] for role in each.get("key", ())]
                assert bool(roles) == ("403" in responses), path
    assert "HTTPValidationError" not in document["components"]["schemas"]
