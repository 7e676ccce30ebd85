"""Published feeds are valid Atom, RSS and JSON Feed documents; the validator detects errors."""

from collections.abc import Callable, Iterator

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.texts import MEETING
from tests.support.database.rows import Rows
from tests.support.feed_validation import find_errors
from tests.support.servers.site import Site, serving, serving_world

FORMS = ["atom", "rss", "json"]
LISTS = [
    "",
    "?entity=Hulusi%20Akar&limit=5",
    "?keyword=nobody",
    "?country=IR&country=RU&min_independent=2&sort=largest",
    "?since=2023-04-01T00:00:00Z&until=2023-05-01&sort=newest&limit=100",
    "?as_of=2023-04-26T00:00:00%2B02:00&state=open&keyword=ferry",
]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running:
        yield running


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", LISTS)
def test_feeds_of_lists_are_valid(world: Site, form: str, query: str) -> None:
    response = world.get(f"/v1/stories/feed.{form}{query}")
    assert response.status == 200
    assert find_errors(form, response.body) == []


@pytest.mark.parametrize("form", FORMS)
def test_feeds_of_stories_are_valid(world: Site, form: str) -> None:
    assert find_errors(form, world.get(f"/v1/stories/{MEETING}/feed.{form}").body) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("q", ["turkish%20withdrawal", "nothing%20of%20the%20kind", "%3Cb%3E%26x"])
def test_search_feeds_are_valid_and_match_the_results(world: Site, form: str, q: str) -> None:
    response = world.get(f"/v1/search/feed.{form}?q={q}&mode=keyword")
    assert response.status == 200
    assert find_errors(form, response.body) == []
    stories = world.get(f"/v1/search?q={q}&mode=keyword").json["stories"]
    items = world.get(f"/v1/search/feed.json?q={q}&mode=keyword").json["items"]
    expected = [f"urn:samestory:story:{each['story']['id']}" for each in stories]
    assert [item["id"] for item in items] == expected
    headers = {"If-None-Match": response.headers["etag"]}
    assert world.get(f"/v1/search/feed.{form}?q={q}&mode=keyword", headers=headers).status == 304


@pytest.mark.parametrize("form", FORMS)
def test_feeds_with_unusual_texts_are_valid(sessions: Sessions, form: str) -> None:
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


def test_feed_and_list_have_the_same_parameters(world: Site) -> None:
    """A feed has the parameters and order of `/v1/stories`, except paging and field selection."""
    paths = world.get("/openapi.json").json["paths"]
    parameters = {
        path: {each["name"] for each in paths[path]["get"]["parameters"]}
        for path in ("/v1/stories", "/v1/stories/feed.{form}")
    }
    list_only = {"cursor", "fields", "include", "total", "facets"}
    assert parameters["/v1/stories/feed.{form}"] - {"form"} == parameters["/v1/stories"] - list_only
    for query in LISTS:
        listed = [story["id"] for story in world.get(f"/v1/stories{query}").json["items"]]
        items = world.get(f"/v1/stories/feed.json{query}").json["items"]
        assert [item["id"] for item in items] == [f"urn:samestory:story:{key}" for key in listed]


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
def test_validator_detects_broken_feeds(  # noqa: PLR0917  # by name
    world: Site, form: str, old: bytes, new: bytes, then: bytes, instead: bytes
) -> None:
    body = world.get(f"/v1/stories/feed.{form}").body
    broken = body.replace(old, new).replace(then, instead) if then else body.replace(old, new)
    assert broken != body
    assert find_errors(form, broken)
