"""Tests of `/v1/decisions`: editors' decisions over HTTP, idempotency and errors."""

import http.client
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.domain.access.roles import Role
from service.domain.stories.description import Details
from service.domain.stories.wording.summary import Quote
from service.store.database import locks
from service.store.database.sessions import Sessions
from service.store.stories.apply_plan import LOCK
from service.store.stories.details import to_json
from service.store.tables import ArticleRow, StoryRow
from tests.integration.conftest import Clock
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

PATH = "/v1/decisions"


@pytest.fixture
def articles(sessions: Sessions) -> dict[str, int]:
    """Article ids by title: story `ferry` of three articles, story `pier` of two."""
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(slug) for slug in ("quay", "harbour", "ledger")]
        ferry = [rows.article(outlet, f"Ferry {outlet.slug}") for outlet in outlets]
        pier = [rows.article(outlet, f"Pier {outlet.slug}") for outlet in outlets[:2]]
        rows.story("ferry", ferry)
        rows.story("pier", pier)
        return {each.title: each.id for each in [*ferry, *pier]}


@pytest.fixture
def site(sessions: Sessions, articles: dict[str, int], clock: Clock) -> Iterator[Site]:
    assert articles
    clock.now = NOW + timedelta(hours=1)
    with serving(sessions, clock=clock) as running:
        yield running


@pytest.fixture
def ann(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "ann", Role.EDITOR)


def test_merge_and_undo(ann: KeyClient) -> None:
    created = ann.post(
        PATH, {"action": "merge", "stories": ["ferry", "pier"], "reason": "one event"}
    )
    assert created.status == 201
    number = created.json["id"]
    assert created.headers["location"] == f"{PATH}/{number}"
    assert (created.json["made_by"], created.json["reason"]) == ("ann", "one event")
    assert created.json["other_stories"] == ["pier"]
    assert ann.get("/v1/stories/ferry").json["articles"] == 5
    assert ann.get("/v1/stories/pier").status == 308
    transition = ann.get("/v1/stories/ferry/transitions").json["items"][-1]
    assert (transition["cause"], transition["editor"]) == ("editor", "ann")

    undone = ann.post(f"{PATH}/{number}/undo", {"reason": "two of them"})
    assert undone.status == 200
    assert undone.json["undone"]["by"] == "ann"
    assert ann.get("/v1/stories/pier").json["articles"] == 2
    assert ann.get(f"{PATH}/{number}").json == undone.json
    assert ann.post(f"{PATH}/{number}/undo").status == 422


def test_each_action_has_its_effect(ann: KeyClient, articles: dict[str, int]) -> None:
    quay, pier = articles["Ferry quay"], articles["Pier quay"]
    for request_body in (
        {"action": "split", "story": "ferry", "articles": [quay]},
        {"action": "move", "story": "ferry", "article": pier},
        {"action": "pin", "article": articles["Ferry ledger"]},
        {"action": "pin", "story": "ferry"},
        {"action": "rename", "story": "pier", "headline": "  A pier, struck "},
        {"action": "lock", "story": "ferry"},
        {"action": "hide", "story": "pier"},
    ):
        created = ann.post(PATH, request_body)
        assert created.status == 201, created.text
        assert created.json["action"] == request_body["action"]
    ferry = ann.get("/v1/stories/ferry").json
    assert {each["id"] for each in ferry["members"]} == {
        articles["Ferry harbour"], articles["Ferry ledger"], pier
    }  # fmt: skip
    assert (ferry["headline"], ferry["pinned"], ferry["locked"]) == ("Ferry ledger", True, True)
    assert ann.get("/v1/stories/pier").status == 404
    items = ann.get(f"{PATH}?story=pier").json["items"]
    assert [each["action"] for each in items] == ["move", "rename", "hide"]
    assert items[1]["headline"] == "A pier, struck"


def test_decisions_are_paged_without_undone_ones(ann: KeyClient) -> None:
    numbers = [
        ann.post(PATH, {"action": "rename", "story": story, "headline": story.title()}).json["id"]
        for story in ("ferry", "pier")
    ]
    numbers.append(ann.post(PATH, {"action": "lock", "story": "pier"}).json["id"])
    first = ann.get(f"{PATH}?limit=2").json
    rest = ann.get(f"{PATH}?limit=2&cursor={first['next']}").json
    assert [each["id"] for each in first["items"] + rest["items"]] == numbers
    assert rest["next"] is None
    ann.post(f"{PATH}/{numbers[0]}/undo")
    assert [each["id"] for each in ann.get(PATH).json["items"]] == numbers[1:]
    assert len(ann.get(f"{PATH}?undone=true").json["items"]) == 3


def test_conflict_returns_409_with_the_active_decision(ann: KeyClient) -> None:
    locked = ann.post(PATH, {"action": "lock", "story": "ferry"}).json["id"]
    rejected = ann.post(PATH, {"action": "merge", "stories": ["ferry", "pier"]})
    assert rejected.status == 409
    assert rejected.headers["content-type"] == "application/problem+json"
    assert rejected.json["type"] == "urn:samestory:problem:decision-conflict"
    [against] = rejected.json["conflicts"]
    assert against["decision"] == locked
    assert "lock ferry, ann" in against["message"]
    assert "samestory stories" not in rejected.text
    assert ann.post(against["undo"]).status == 200
    assert ann.post(PATH, {"action": "merge", "stories": ["ferry", "pier"]}).status == 201


@pytest.mark.parametrize(
    ("request_body", "status", "reason"),
    [
        (
            {"action": "merge", "stories": ["ferry", "nobody"]},
            404,
            "Story nobody not found. For a list, see: /v1/stories",
        ),
        ({"action": "merge", "stories": ["ferry", "ferry"]}, 422, "all ids belong to story"),
        ({"action": "merge", "stories": ["ferry"]}, 422, "stories"),
        ({"action": "split", "story": "ferry", "articles": [99]}, 404, "99"),
        ({"action": "move", "story": "ferry", "article": 2**70}, 422, "article"),
        (
            {"action": "hide", "article": 99},
            404,
            "Article 99 not found. For a list, see: /v1/articles",
        ),
        ({"action": "hide", "article": 99, "story": "ferry"}, 422, "story"),
        ({"action": "rename", "story": "ferry", "headline": "   "}, 422, "empty"),
        ({"action": "rename", "story": "ferry", "headline": "a\u0000b"}, 422, "control characters"),
        ({"action": "rename", "story": "ferry", "headline": "\ud800"}, 422, "headline"),
        ({"action": "rename", "story": "a\u0000b", "headline": "x"}, 422, "story"),
        ({"action": "lock", "story": "ferry", "reason": "x" * 500}, 422, "reason"),
        ({"action": "burn", "story": "ferry"}, 422, "action"),
        ({}, 422, "action"),
        ([], 422, "body"),
    ],
)
def test_invalid_decisions_return_an_error_with_a_reason(
    ann: KeyClient, request_body: object, status: int, reason: str
) -> None:
    rejected = ann.post(PATH, request_body)
    assert (rejected.status, reason in rejected.text) == (status, True), rejected.text
    assert ann.get(PATH).json["items"] == []


@pytest.mark.parametrize(
    ("request_body", "errors"),
    [
        ({"action": "lock"}, {"body.story": "Field required"}),
        ({"action": "pin"}, {"body.story": "Field required"}),
        ({"action": "pin", "article": "x"}, {"body.article": "whole number"}),
        ({"action": "move", "story": 1}, {"body.article": "required", "body.story": "a text"}),
        (
            {"action": "split", "story": "ferry", "articles": ["x"]},
            {"body.articles.0": "whole number"},
        ),
        (
            {"action": "lock", "story": "ferry", "colour": "red"},
            {"body.colour": "Unknown field; valid names: action, article, "},
        ),
        (
            {"action": "lock", "story": "ferry", "articles": [1]},
            {"body.articles": "does not go with the others"},
        ),
        ({"action": "burn"}, {"body.action": "'merge', 'split', 'move', 'pin', 'hide', 'rename'"}),
        ({"story": "ferry"}, {"body.action": "Field required"}),
    ],
)
def test_errors_refer_to_the_schema_of_the_action(
    ann: KeyClient, request_body: object, errors: dict[str, str]
) -> None:
    rejected = ann.post(PATH, request_body)
    assert rejected.status == 422
    errors_by_location = {each["location"]: each["detail"] for each in rejected.json["errors"]}
    assert errors_by_location.keys() == errors.keys()
    assert all(part in errors_by_location[name] for name, part in errors.items()), (
        errors_by_location
    )


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"", b'{"action": NaN}'])
def test_invalid_json_is_rejected(ann: KeyClient, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {ann.secret}", "Content-Type": "application/json"}
    rejected = ann.site.get(PATH, method="POST", headers=headers, body=body)
    assert rejected.status in {400, 422}
    assert rejected.headers["content-type"] == "application/problem+json"


def test_unparsable_json_has_the_documented_problem_type(ann: KeyClient) -> None:
    headers = {"Authorization": f"Bearer {ann.secret}", "Content-Type": "application/json"}
    rejected = ann.site.get(PATH, method="POST", headers=headers, body=b'{"action":"lock",}')
    assert (rejected.status, rejected.json["type"]) == (400, "urn:samestory:problem:invalid-body")
    assert rejected.json["detail"].startswith("The body is not JSON: check it near character 17")


def test_repeated_idempotency_key_replays_the_response(ann: KeyClient) -> None:
    request_body = {"action": "lock", "story": "ferry"}
    first = ann.post(PATH, request_body, Idempotency_Key='"a-word"')
    again = ann.post(PATH, request_body, Idempotency_Key="a-word")
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    for name in ("location", "content-type"):
        assert again.headers[name] == first.headers[name]
    assert (again.status, again.json) == (first.status, first.json)
    assert len(ann.get(PATH).json["items"]) == 1
    other = ann.post(PATH, {"action": "lock", "story": "pier"}, Idempotency_Key="a-word")
    assert other.status == 422
    assert other.json["type"] == "urn:samestory:problem:idempotency-key-reused"
    assert ann.post(PATH, request_body, Idempotency_Key="x" * 201).status == 422


@pytest.mark.parametrize("word", ['""', '"', '""""', '""a', ""])
def test_empty_idempotency_key_returns_422(ann: KeyClient, word: str) -> None:
    rejected = ann.post(PATH, {"action": "lock", "story": "ferry"}, Idempotency_Key=word)
    assert (rejected.status, rejected.json["errors"][0]["location"]) == (
        422,
        "header.idempotency-key",
    )
    assert ann.get(PATH).json["items"] == []


def test_repeated_idempotency_header_returns_422(ann: KeyClient) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", ann.site.port, timeout=30)
    body = b'{"action": "lock", "story": "ferry"}'
    connection.putrequest("POST", PATH)
    connection.putheader("Authorization", f"Bearer {ann.secret}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Idempotency-Key", "one")
    connection.putheader("Idempotency-Key", "two")
    connection.endheaders(body)
    rejected = connection.getresponse()
    body = rejected.read()
    connection.close()
    assert (rejected.status, b"given more than once" in body) == (422, True), body
    assert ann.get(PATH).json["items"] == []


def test_idempotency_keys_are_separate_per_api_key(ann: KeyClient, sessions: Sessions) -> None:
    bob = make_key_client(ann.site, sessions, "bob", Role.EDITOR)
    for client, story in ((ann, "ferry"), (bob, "pier")):
        created = client.post(PATH, {"action": "lock", "story": story}, Idempotency_Key="1")
        assert created.json["made_by"] == client.key.name


def test_rejected_request_can_be_repeated_with_the_same_idempotency_key(ann: KeyClient) -> None:
    locked = ann.post(PATH, {"action": "lock", "story": "ferry"}).json["id"]
    request_body = {"action": "merge", "stories": ["ferry", "pier"]}
    assert ann.post(PATH, request_body, Idempotency_Key="m").status == 409
    ann.post(f"{PATH}/{locked}/undo")
    assert ann.post(PATH, request_body, Idempotency_Key="m").status == 201


def test_concurrent_request_with_the_same_idempotency_key_returns_409(
    ann: KeyClient, sessions: Sessions
) -> None:
    """The first request waits for the lock on stories, which this test holds."""
    request_body = {"action": "lock", "story": "ferry"}
    statuses: list[int] = []
    with sessions.begin() as session:
        locks.lock_until_commit(session, LOCK)
        first = threading.Thread(
            target=lambda: statuses.append(ann.post(PATH, request_body, Idempotency_Key="w").status)
        )
        first.start()
        waiting = (
            "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database "
            "WHERE datname = current_database() AND locktype = 'advisory' AND NOT granted"
        )
        while not session.scalar(text(waiting)):
            assert first.is_alive()
        second = ann.post(PATH, request_body, Idempotency_Key="w")
        assert second.status == 409
        assert second.json["type"] == "urn:samestory:problem:request-in-progress"
        assert second.headers["retry-after"] == "1"
    first.join()
    assert statuses == [201]
    assert (
        ann.post(PATH, request_body, Idempotency_Key="w").headers["idempotency-replayed"] == "true"
    )


def test_decisions_require_the_role_editor(ann: KeyClient, sessions: Sessions) -> None:
    reader = make_key_client(ann.site, sessions, "rita", Role.READER, Role.ADMIN)
    request_body = {"action": "lock", "story": "ferry"}
    for method, path in (("POST", PATH), ("GET", PATH), ("GET", f"{PATH}/1")):
        rejected = reader.request(method, path, request_body if method == "POST" else None)
        assert rejected.status == 403
        assert "Role editor required; this key has: admin, reader" in rejected.json["detail"]
        nobody = ann.site.get(path, method=method)
        assert nobody.status in {401, 422}
    unknown = ann.site.get(PATH, method="GET")
    assert unknown.status == 401
    assert unknown.headers["www-authenticate"] == 'Bearer realm="samestory"'
    assert ann.get(PATH).json["items"] == []


def test_hidden_article_is_not_served_until_undo(
    ann: KeyClient, sessions: Sessions, articles: dict[str, int], clock: Clock
) -> None:
    title = "Ferry quay"
    with sessions.begin() as session:
        rows = Rows(session)
        copy = rows.article(rows.outlet("gazette"), "A copy")
        rows.copy(copy, session.get_one(ArticleRow, articles[title]))
        story = session.get_one(StoryRow, "ferry")
        rows.membership(story, copy)
        quote = Quote(articles[title], "quay", f"{title}, in a sentence.", complete=True)
        story.details = to_json(Details(summary=(quote,)))
        story.headline_article_id, story.headline = articles[title], title
    assert ann.post(PATH, {"action": "pin", "story": "ferry"}).status == 201
    clock.advance(hours=1)
    before = (NOW + timedelta(minutes=90)).isoformat().replace("+", "%2B")
    paths = [
        f"/v1/articles/{copy.id}", "/v1/stories", "/v1/stories?include=summary,timeline",
        "/v1/stories/ferry", "/v1/stories/ferry/articles", "/v1/stories/ferry/evidence",
        "/v1/stories/ferry/feed.json", "/v1/stories/feed.atom", "/", "/stories/ferry",
    ]  # fmt: skip
    paths += [f"{path}?as_of={before}" for path in paths[3:6] + paths[8:]]
    for path in paths:
        assert title in ann.site.get(path).text, path
    one = f"/v1/articles/{articles[title]}"
    assert ann.get(one).status == 200

    hidden = ann.post(PATH, {"action": "hide", "article": articles[title]}).json["id"]
    rejected = ann.get(one)
    assert rejected.status == 404
    assert "hidden by an editor" in rejected.json["detail"]
    for path in paths:
        response = ann.site.get(path)
        assert response.status == 200, path
        assert title not in response.text, path
    assert ann.get(f"/v1/articles/{copy.id}").json["copy_of"] is None

    ann.post(f"{PATH}/{hidden}/undo")
    assert ann.get(one).status == 200
