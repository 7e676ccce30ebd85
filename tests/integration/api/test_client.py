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

from service.client import ApiError, ApiRefusedError, ApiUnreachableError, Client
from service.store.database.sessions import Sessions
from service.store.tables import StoryRow
from tests.support.content.texts import MEETING, MERGED, WORLD_NOW
from tests.support.database.rows import Rows
from tests.support.servers.feed_server import FeedServer, raw, reply
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture
def client(world: Site) -> Iterator[Client]:
    with Client(world.url) as made:
        yield made


def has(site: Site, path: str) -> bool:
    return path in site.get("/openapi.json").json["paths"]


def test_stories_come_page_after_page_as_the_api_lists_them(client: Client, world: Site):
    listed = world.get("/v1/stories?sort=newest&limit=100").json["items"]
    found = list(client.stories(sort="newest"))
    assert [story.id for story in found] == [story["id"] for story in listed]
    assert [story.coverage for story in found] == [story["coverage"] for story in listed]
    assert [story.id for story in client.stories(sort="newest", most=2)] == [
        story["id"] for story in listed[:2]
    ]
    assert found[0].first_reported_at.utcoffset() == timedelta(0)


def test_filters_go_along(client: Client):
    found = list(client.stories(country=["IR", "RU"], entity="hulusi akar", include=["summary"]))
    assert [story.id for story in found] == [MEETING]
    assert found[0].summary
    assert list(client.stories(since=WORLD_NOW + timedelta(days=1))) == []


def test_a_story_has_its_parts_and_a_merged_id_leads_to_it(client: Client):
    story = client.story(MERGED)
    assert (story.id, story.coverage, story.independent) == (MEETING, 10, 7)
    assert story.first_reporter is not None
    assert story.first_reporter.outlet.slug == "volga-wire"
    members = list(client.story_articles(MEETING))
    assert [each.id for each in members] == [each.id for each in story.members]
    assert {why.article for why in client.evidence(MEETING)} == {each.id for each in members}
    article = client.article(members[0].id)
    assert (article.title, article.story and article.story.id) == (members[0].title, MEETING)


def test_what_there_is_not_is_an_error_that_knows_why(client: Client):
    with pytest.raises(ApiRefusedError) as caught:
        client.story("no/such?story")
    assert caught.value.status == 404
    assert caught.value.problem["type"] == "urn:samestory:problem:not-found"
    with pytest.raises(ApiRefusedError, match=r"422, query\.sort") as refused:
        list(client.stories(sort="backwards"))
    assert refused.value.status == 422


def test_words_that_are_no_unicode_are_refused_by_the_service(client: Client):
    with pytest.raises(ApiRefusedError, match="not UTF-8"):
        client.search("ferry \ud800")
    with pytest.raises(ApiRefusedError, match="not UTF-8"):
        next(client.stories(entity=["\ud800"]))
    for refused in (lambda: client.story("\ud800"), lambda: client.match(title="\ud800")):
        with pytest.raises(ApiRefusedError):
            refused()


def test_what_did_not_change_is_not_sent_again(sessions: Sessions):
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("ferry", [rows.article(rows.outlet("daily"), "Ferry aground")])
    with serving(sessions) as site, Client(site.url) as client:
        first = client.story("ferry")
        assert client.story("ferry") == first
        figures = site.get("/metrics").text
        counted = 'samestory_http_requests_total{method="GET",route="/v1/stories/{story_id}",'
        assert f'{counted}status="304"}} 1.0' in figures
        with sessions.begin() as session:
            session.get_one(StoryRow, "ferry").headline = "Ferry afloat"
        assert client.story("ferry").headline == "Ferry afloat"


def test_changes_go_on_where_one_stopped(client: Client, world: Site):
    told = [change["id"] for change in world.get("/v1/changes?limit=100").json["items"]]
    first = list(islice(client.changes(), 3))
    rest = list(client.changes(first[-1].id))
    assert [change.id for change in first + rest] == told
    assert client.changes_after(told[-1]).items == ()


def test_changes_are_followed_over_a_service_that_goes_and_comes_back(sessions: Sessions):
    def happen(story: str) -> None:
        with sessions.begin() as session:
            rows = Rows(session)
            rows.story(story, [rows.article(rows.outlet(f"of-{story}"), story)])

    seen: list[str] = []
    happen("first")
    with serving(sessions) as site:
        client, port = Client(site.url, retries=0), site.port
        following = client.changes(0, follow=True, poll=0.02)
        seen.append(next(following).story)
        happen("second")
        seen.append(next(following).story)
    happen("third")
    thread = threading.Thread(target=lambda: seen.append(next(following).story))
    thread.start()
    time.sleep(0.1)  # it finds nobody
    with serving(sessions, port=port):
        thread.join(20)
    client.close()
    assert seen == ["first", "second", "third"]


def test_who_follows_without_a_number_begins_with_the_present(sessions: Sessions):
    def happen(story: str) -> None:
        with sessions.begin() as session:
            rows = Rows(session)
            rows.story(story, [rows.article(rows.outlet(f"of-{story}"), story)])

    happen("before")
    with serving(sessions) as site, Client(site.url) as client:
        now = client.changes_after("latest")
        assert (now.items, now.more) == ((), False)
        happen("after")
        following = client.changes("latest", follow=True, poll=0.02)
        threading.Timer(0.3, happen, ["later"]).start()
        assert next(following).story == "later"
        assert [each.story for each in client.changes(now.next)] == ["after", "later"]
        assert [each.story for each in client.changes()] == ["before", "after", "later"]
        unnumbered = client.changes(follow=True, poll=0.02)
        threading.Timer(0.3, happen, ["latest"]).start()
        assert next(unnumbered).story == "latest"


def test_the_example_of_the_page_works(world: Site, capsys: pytest.CaptureFixture[str]):
    page = (Path(__file__).parents[3] / "docs" / "clients.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    exec(code.replace("https://news.example.org", world.url), {})  # noqa: S102  # our own page
    told = capsys.readouterr().out
    assert "Volga Wire" in told
    assert "emerged" in told


def test_nobody_there_is_told_in_one_line():
    with pytest.raises(
        ApiUnreachableError, match=r"^http://127\.0\.0\.1:1 does not answer: "
    ) as no:
        Client("http://127.0.0.1:1", retries=0).story("x")
    assert "object at" not in str(no.value)
    with pytest.raises(ApiUnreachableError):
        list(Client("http://127.0.0.1:1", retries=0).changes())


@pytest.mark.parametrize("url", ["", "news.example", "ftp://news.example", "http://", "http://\n"])
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(Exception, match="is no address of a service"):
        Client(url)


def test_reads_are_tried_again_and_the_key_goes_along(feed_server: FeedServer):
    answers = iter([reply(b"", "503 Service Unavailable"), reply(b'{"items": [], "next": null}')])

    def one_after_the_other(*request: Any) -> None:
        next(answers)(*request)

    feed_server.routes["/v1/stories?limit=100"] = one_after_the_other
    with Client(feed_server.url(""), key="a-key") as client:
        assert list(client.stories()) == []
    [first, second] = feed_server.requests
    assert first.headers["authorization"] == second.headers["authorization"] == "Bearer a-key"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply(b"<html>"), "the answer is no JSON"),
        (reply(b'{"items": [{"id": 1}]}'), "the answer is not of this API"),
        (reply(b"[]"), "the answer is not of this API"),
        (reply(b"<html>", "502 Bad Gateway"), "502, Bad Gateway"),
        (reply(b'"no"', "400 Bad Request"), "400, Bad Request"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"), "does not answer"),
    ],
)
def test_strange_answers_are_errors(feed_server: FeedServer, answer: Any, told: str):
    feed_server.routes["/v1/stories?limit=100"] = answer
    with pytest.raises(ApiError, match=told):
        list(Client(feed_server.url(""), retries=0).stories())


def test_search_and_match_are_asked_where_the_service_has_them(client: Client, world: Site):
    if not has(world, "/v1/search") or not has(world, "/v1/match"):
        with pytest.raises(ApiRefusedError):
            client.search("Moscow meeting")
        return
    assert client.search("Moscow meeting", limit=3, by="words")["stories"]


def test_articles_are_listed_where_the_service_lists_them(client: Client, world: Site):
    if not has(world, "/v1/articles"):
        with pytest.raises(ApiRefusedError):
            list(client.articles())
        return
    assert {each.story and each.story.id for each in client.articles(story=MEETING)} == {MEETING}
