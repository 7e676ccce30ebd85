"""Feeds out are valid by their standards, whatever the list, and the check itself sees find_errors."""

from collections.abc import Callable, Iterator

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.texts import MEETING
from tests.support.database.rows import Rows
from tests.support.feed_validation import find_errors
from tests.support.servers.site import Site, serving, serving_world

FORMS = ["atom", "rss", "json"]
LISTS = [
    "",
    "?entity=Hulusi%20Akar&limit=5",
    "?outlet=nobody",
    "?country=IR&country=RU&min_independent=2&sort=largest",
    "?since=2023-04-01T00:00:00Z&until=2023-05-01&sort=newest&limit=100",
    "?as_of=2023-04-26T00:00:00%2B02:00&state=open&keyword=ferry",
]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("asked", LISTS)
def test_feeds_of_lists_are_valid(world: Site, form: str, asked: str) -> None:
    answer = world.get(f"/v1/stories/feed.{form}{asked}")
    assert answer.status == 200
    assert find_errors(form, answer.body) == []


@pytest.mark.parametrize("form", FORMS)
def test_feeds_of_stories_are_valid(world: Site, form: str) -> None:
    assert find_errors(form, world.get(f"/v1/stories/{MEETING}/feed.{form}").body) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("q", ["turkish%20withdrawal", "nothing%20of%20the%20kind", "%3Cb%3E%26x"])
def test_feeds_of_searches_are_valid_and_have_what_is_found(world: Site, form: str, q: str) -> None:
    answer = world.get(f"/v1/search/feed.{form}?q={q}&by=words")
    assert answer.status == 200
    assert find_errors(form, answer.body) == []
    found = world.get(f"/v1/search?q={q}&by=words").json["stories"]
    told = world.get(f"/v1/search/feed.json?q={q}&by=words").json["items"]
    expected = [f"urn:samestory:story:{each['story']['id']}" for each in found]
    assert [item["id"] for item in told] == expected
    known = {"If-None-Match": answer.headers["etag"]}
    assert world.get(f"/v1/search/feed.{form}?q={q}&by=words", headers=known).status == 304


@pytest.mark.parametrize("form", FORMS)
def test_odd_texts_leave_feeds_valid(sessions: Sessions, form: str) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay", "Quay & <Sons>")
        title = "Bell\x07 <b>\ufffe ]]> & “quote” \U0001f6a2"
        odd = [
            rows.article(outlet, title, url="javascript:alert(1)"),
            rows.article(outlet, "", url="https://quay.example/a b?x=ä&y=[1]"),
        ]
        rows.story("odd", odd)
        rows.story("bare", [rows.article(outlet, "Bare")], headline="")
    with serving(sessions) as site:
        for path in ("/v1/stories/feed", "/v1/stories/odd/feed", "/v1/stories/bare/feed"):
            assert find_errors(form, site.get(f"{path}.{form}").body) == [], path


def test_a_feed_takes_what_the_list_takes(world: Site) -> None:
    """Any question to `/v1/stories` is a feed, with the same stories in the same order.

    What says which part of them, and which page, is left to the list.
    """
    paths = world.get("/openapi.json").json["paths"]
    taken = {
        path: {parameter["name"] for parameter in paths[path]["get"]["parameters"]}
        for path in ("/v1/stories", "/v1/stories/feed.{form}")
    }
    of_lists = {"cursor", "fields", "include"}
    assert taken["/v1/stories/feed.{form}"] - {"form"} == taken["/v1/stories"] - of_lists
    for asked in LISTS:
        listed = [story["id"] for story in world.get(f"/v1/stories{asked}").json["items"]]
        told = world.get(f"/v1/stories/feed.json{asked}").json["items"]
        assert [item["id"] for item in told] == [f"urn:samestory:story:{key}" for key in listed]


BROKEN = [
    ("atom", b"<id>", b"<ID>", b"</id>", b"</ID>"),
    ("atom", b"<updated>", b"<updated>on ", b"", b""),
    ("atom", b"<author>", b"<editor>", b"</author>", b"</editor>"),
    ("atom", b'rel="alternate"', b'rel="via"', b"", b""),
    ("atom", b' href="', b' target="', b"", b""),
    ("rss", b"<pubDate>", b"<pubDate>on ", b"", b""),
    ("rss", b'isPermaLink="false"', b'isPermaLink="no"', b"", b""),
    ("rss", b"<item>", b"<entry>", b"</item>", b"</entry>"),
    ("rss", b'version="2.0"', b'version="3"', b"", b""),
    ("json", b'"content_text"', b'"content"', b"", b""),
    ("json", b'"date_published": "', b'"date_published": "on ', b"", b""),
    ("json", b"version/1.1", b"version/9", b"", b""),
    ("json", b'"url": "http', b'"url": "', b"", b""),
]


@pytest.mark.parametrize(("form", "old", "new", "then", "instead"), BROKEN)
def test_what_is_broken_is_seen(  # noqa: PLR0917  # by name
    world: Site, form: str, old: bytes, new: bytes, then: bytes, instead: bytes
) -> None:
    body = world.get(f"/v1/stories/feed.{form}").body
    broken = body.replace(old, new).replace(then, instead) if then else body.replace(old, new)
    assert broken != body
    assert find_errors(form, broken)
