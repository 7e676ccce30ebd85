"""The Python client against a running service."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from samestory_client import (
    ApiError,
    ApiRefusedError,
    ApiUnreachableError,
    Client,
    InvalidUrlError,
)

from service.domain.access.roles import Role
from service.store.database.sessions import Sessions
from service.store.tables import StoryRow
from tests.support.content.site.texts import MEETING, MERGED, WORLD_NOW
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import Rows
from tests.support.servers.feed_server import FeedServer, raw, reply
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the sample stories; read-only."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def client(world: Site) -> Iterator[Client]:
    with Client(world.url) as client:
        yield client


def add_story(sessions: Sessions, story_id: str) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story(story_id, [rows.article(rows.outlet(f"of-{story_id}"), story_id)])


def test_stories_iterates_over_all_pages_of_the_list(client: Client, world: Site):
    listed = world.get("/v1/stories?sort=newest&limit=100").json["items"]
    stories = list(client.stories(sort="newest"))
    assert [story.id for story in stories] == [story["id"] for story in listed]
    assert [story.coverage for story in stories] == [story["coverage"] for story in listed]
    assert [story.id for story in client.stories(sort="newest", limit=2)] == [
        story["id"] for story in listed[:2]
    ]
    assert stories[0].first_reported_at.utcoffset() == timedelta(0)


def test_filters_are_sent(client: Client):
    stories = list(client.stories(country=["IR", "RU"], entity="hulusi akar", include=["summary"]))
    assert [story.id for story in stories] == [MEETING]
    assert stories[0].summary
    assert list(client.stories(since=WORLD_NOW + timedelta(days=1))) == []


def test_merged_id_returns_the_surviving_story_with_its_parts(client: Client):
    story = client.story(MERGED)
    assert (story.id, story.coverage, story.independent) == (MEETING, 10, 7)
    assert story.first_reporter is not None
    assert story.first_reporter.outlet.slug == "volga-wire"
    members = list(client.story_articles(MEETING))
    assert [each.id for each in members] == [each.id for each in story.members]
    assert {each.article for each in client.evidence(MEETING)} == {each.id for each in members}
    article = client.article(members[0].id)
    assert (article.title, article.story and article.story.id) == (members[0].title, MEETING)


def test_error_response_raises_with_status_and_problem(client: Client):
    with pytest.raises(ApiRefusedError) as caught:
        client.story("no/such?story")
    assert caught.value.status == 404
    assert caught.value.problem["type"] == "urn:samestory:problem:not-found"
    with pytest.raises(ApiRefusedError, match=r"422, query\.sort") as invalid:
        list(client.stories(sort="backwards"))
    assert invalid.value.status == 422


def test_lone_surrogate_raises_an_api_error(client: Client):
    with pytest.raises(ApiRefusedError, match="Not UTF-8"):
        client.search("ferry \ud800")
    with pytest.raises(ApiRefusedError, match="Not UTF-8"):
        next(client.stories(entity=["\ud800"]))
    with pytest.raises(ApiRefusedError):
        client.story("\ud800")
    with pytest.raises(ApiRefusedError):
        client.match(title="\ud800")


def test_unchanged_story_is_served_from_the_etag_cache(sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("daily"), "Ferry aground")])
    with serving(sessions) as site, Client(site.url) as client:
        first = client.story("ferry")
        assert client.story("ferry") == first
        metrics = site.get("/metrics").text
        counter = 'samestory_http_requests_total{method="GET",route="/v1/stories/{story_id}",'
        assert f'{counter}status="304"}} 1.0' in metrics
        with sessions.begin() as session:
            session.get_one(StoryRow, "ferry").headline = "Ferry afloat"
        assert client.story("ferry").headline == "Ferry afloat"


def test_changes_resume_after_the_last_id(client: Client, world: Site):
    ids = [change["id"] for change in world.get("/v1/changes?limit=100").json["items"]]
    first = list(islice(client.changes(), 3))
    rest = list(client.changes(first[-1].id))
    assert [change.id for change in first + rest] == ids
    assert client.changes_after(ids[-1]).items == ()


def test_following_changes_survives_a_restart_of_the_service(sessions: Sessions):
    seen: list[str] = []
    add_story(sessions, "first")
    with serving(sessions) as site:
        client, port = Client(site.url, retries=0), site.port
        following = client.changes(0, follow=True, poll_seconds=0.02)
        seen.append(next(following).story)
        add_story(sessions, "second")
        seen.append(next(following).story)
    add_story(sessions, "third")
    thread = threading.Thread(target=lambda: seen.append(next(following).story))
    thread.start()
    time.sleep(0.1)  # the service is down
    with serving(sessions, port=port):
        thread.join(20)
    client.close()
    assert seen == ["first", "second", "third"]


def test_following_changes_starts_at_the_latest_by_default(sessions: Sessions):
    add_story(sessions, "before")
    with serving(sessions) as site, Client(site.url) as client:
        now = client.changes_after("latest")
        assert (now.items, now.more) == ((), False)
        add_story(sessions, "after")
        following = client.changes("latest", follow=True, poll_seconds=0.02)
        threading.Timer(0.3, add_story, [sessions, "later"]).start()
        assert next(following).story == "later"
        assert [each.story for each in client.changes(now.next)] == ["after", "later"]
        assert [each.story for each in client.changes()] == ["before", "after", "later"]
        from_now = client.changes(follow=True, poll_seconds=0.02)
        threading.Timer(0.3, add_story, [sessions, "latest"]).start()
        assert next(from_now).story == "latest"


def test_docs_example_runs(world: Site, capsys: pytest.CaptureFixture[str]):
    page = (Path(__file__).parents[3] / "docs" / "clients.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code.replace("https://news.example.org", world.url), {})  # noqa: S102  # our own page
    output = capsys.readouterr().out
    assert "Volga Wire" in output
    assert "emerged" in output


def test_unreachable_service_raises_a_one_line_error():
    with pytest.raises(
        ApiUnreachableError, match=r"^No response from http://127\.0\.0\.1:1: "
    ) as unreachable:
        Client("http://127.0.0.1:1", retries=0).story("x")
    assert "object at" not in str(unreachable.value)
    with pytest.raises(ApiUnreachableError):
        list(Client("http://127.0.0.1:1", retries=0).changes())


@pytest.mark.parametrize("url", ["", "news.example", "ftp://news.example", "http://", "http://\n"])
def test_invalid_url_raises(url: str):
    with pytest.raises(InvalidUrlError, match="Invalid service URL"):
        Client(url)


@pytest.mark.parametrize("key", ["a\nb", "a\r\nX: y", "schlüssel"])
def test_invalid_key_raises_without_showing_it(key: str):
    with pytest.raises(ApiError, match="Invalid API key") as caught:
        Client("http://127.0.0.1:1", key=key)
    assert key not in str(caught.value)


def test_negative_limit_raises():
    with pytest.raises(ValueError, match="limit = -1"):
        list(Client("http://127.0.0.1:1", retries=0).stories(limit=-1))


def test_failed_get_is_retried_with_the_key(feed_server: FeedServer):
    replies = iter([reply(b"", "503 Service Unavailable"), reply(b'{"items": [], "next": null}')])

    def next_reply(*request: Any) -> None:
        next(replies)(*request)

    feed_server.routes["/v1/stories?limit=100"] = next_reply
    with Client(feed_server.url(""), key="a-key") as client:
        assert list(client.stories()) == []
    [first, second] = feed_server.requests
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer a-key"


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (reply(b"<html>"), "the response is not JSON"),
        (reply(b'{"items": [{"id": "1"}]}'), r"field \[0\]\.slug is missing"),
        (reply(b"[]"), "the body is not a JSON object"),
        (reply(b"<html>", "502 Bad Gateway"), "502, Bad Gateway"),
        (reply(b'"no"', "400 Bad Request"), "400, Bad Request"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"), "No response"),
    ],
)
def test_invalid_response_raises(feed_server: FeedServer, response: Any, message: str):
    feed_server.routes["/v1/stories?limit=100"] = response
    with pytest.raises(ApiError, match=message):
        list(Client(feed_server.url(""), retries=0).stories())


def test_search_returns_json(client: Client):
    assert client.search("Moscow meeting", limit=3, mode="keyword")["stories"]


def test_match_returns_json(client: Client):
    assert client.match(title="Ministers meet in Moscow").keys() >= {"story", "score", "nearest"}


def test_articles_of_a_story(client: Client):
    assert {each.story and each.story.id for each in client.articles(story=MEETING)} == {MEETING}


def test_query_language_saved_queries_and_webhooks(sessions: Sessions):
    add_story(sessions, "ferry")
    add_story(sessions, "tram")
    with serving(sessions) as site:
        editor = make_key_client(site, sessions, "ann", Role.EDITOR, Role.ADMIN)
        with Client(site.url, key=editor.secret) as client:
            saved = client.save_query("boats", "ferry since:-24h", title="Boats")
            assert [saved] == list(client.saved_queries()) == [client.saved_query("boats")]
            assert [each.id for each in client.stories(query="boats", countries="0..")] == ["ferry"]
            assert [each.id for each in client.stories(q="-ferry", since="-24h")] == ["tram"]
            assert [each.title for each in client.articles(q="tram", first=False)] == ["tram"]
            assert [each.story for each in client.changes(query="boats")] == ["ferry"]
            hook = client.add_webhook("https://8.8.8.8/hook", query="boats")
            assert hook.secret
            assert client.change_webhook(hook.id, query="").query is None
            assert [each.id for each in client.webhooks()] == [hook.id]
            assert client.deliveries(hook.id) == []
            client.remove_webhook(hook.id)
            assert client.change_query("boats", q="tram").q == "tram"
            client.remove_query("boats")
            assert list(client.saved_queries()) == []
            with pytest.raises(ApiRefusedError, match="did you mean outlet"):
                list(client.stories(q="outlt:x"))
