"""Feeds that samestory offers, as feed readers and samestory itself read them."""

import warnings
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.texts import MEETING, MERGED
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving, serving_world

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
PATHS = ["/v1/stories/feed", f"/v1/stories/{MEETING}/feed"]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


def parsed(site: Site, path: str) -> Any:
    """A feed as feedparser reads it, which must find no fault with it."""
    answer = site.get(path)
    assert answer.status == 200, answer.text
    found = feedparser.parse(answer.body, response_headers=answer.headers)
    assert not found.bozo, found.get("bozo_exception")
    return found


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_feed_readers_find_the_same_in_each_form(world: Site, path: str, form: str) -> None:
    found = parsed(world, f"{path}.{form}")
    assert found.version == {"atom": "atom10", "rss": "rss20"}[form]
    told = world.get(f"{path}.json").json
    assert [entry.id for entry in found.entries] == [item["id"] for item in told["items"]]
    assert [entry.title for entry in found.entries] == [item["title"] for item in told["items"]]
    assert [entry.link for entry in found.entries] == [item["url"] for item in told["items"]]
    assert all(entry.published_parsed for entry in found.entries)
    [own] = [link.href for link in found.feed.links if link.rel == "self"]
    assert own == f"{world.url}{path}.{form}"
    assert world.page(found.feed.link.removeprefix(world.url)).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_atom_has_what_its_standard_asks_for(world: Site, path: str) -> None:
    feed = ET.fromstring(world.get(f"{path}.atom").body)  # noqa: S314  # our own
    assert feed.tag == f"{ATOM}feed"
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            [only] = element.findall(f"{ATOM}{name}")
            assert only.text
    for entry in feed.findall(f"{ATOM}entry"):
        assert entry.findtext(f"{ATOM}author/{ATOM}name")
        assert len(entry.findall(f"{ATOM}link[@rel='alternate']")) == 1
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids)) > 5
    assert all(each and each.startswith("urn:samestory:") for each in ids)


@pytest.mark.parametrize("path", PATHS)
def test_rss_and_json_feed_have_what_their_standards_ask_for(world: Site, path: str) -> None:
    channel = ET.fromstring(world.get(f"{path}.rss").body).find("channel")  # noqa: S314
    assert channel is not None
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    assert all(item.findtext("guid") for item in channel.findall("item"))
    answer = world.get(f"{path}.json")
    assert answer.headers["content-type"].startswith("application/feed+json")
    assert answer.json["version"] == "https://jsonfeed.org/version/1.1"
    assert answer.json["feed_url"] == f"{world.url}{path}.json"
    for item in answer.json["items"]:
        assert item["id"]
        assert item["content_text"] is not None
        assert item["date_published"].endswith("Z")


def test_any_list_of_stories_is_a_feed(world: Site) -> None:
    found = parsed(world, "/v1/stories/feed.atom?entity=Hulusi%20Akar&limit=5")
    assert [entry.id for entry in found.entries] == [f"urn:samestory:story:{MEETING}"]
    assert "10 outlets, 7 independent" in found.entries[0].summary
    assert parsed(world, "/v1/stories/feed.rss?outlet=nobody").entries == []
    assert parsed(world, "/v1/stories/feed.atom?outlet=nobody").feed.updated


@pytest.mark.parametrize("name", ["fields", "include", "cursor"])
def test_a_feed_refuses_what_only_lists_take(world: Site, name: str) -> None:
    refused = world.get(f"/v1/stories/feed.json?limit=2&{name}=id")
    assert refused.status == 422
    assert f"query.{name}: no such parameter" in refused.json["detail"]
    taken = "/v1/stories/feed.json?limit=1&sort=largest&as_of=2023-04-27&language=en&state=open"
    assert world.get(taken).status == 200


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("stories/feed.atom", "stories"),
        ("stories/feed.atom?sort=newest&limit=3", "stories:sort=newest&limit=3"),
        ("stories/feed.atom?entity=Hulusi%20Akar", "stories:entity=Hulusi%20Akar"),
        ('stories/feed.atom?keyword="a"<b>', "stories:keyword=%22a%22%3Cb%3E"),
        ('search/feed.atom?q="talks"+x&by=words', "search:q=%22talks%22+x&by=words"),
    ],
)
def test_the_id_of_a_feed_is_a_uri(world: Site, path: str, key: str) -> None:
    feed = ET.fromstring(world.get(f"/v1/{path}").body)  # noqa: S314  # our own
    assert feed.findtext(f"{ATOM}id") == f"urn:samestory:{key}"


def test_a_known_feed_is_not_sent_again(world: Site) -> None:
    for path in PATHS:
        etag = world.get(f"{path}.atom").headers["etag"]
        again = world.get(f"{path}.atom", headers={"If-None-Match": etag})
        assert (again.status, again.body) == (304, b"")


def test_a_merged_story_leads_to_the_feed_of_its_survivor(world: Site) -> None:
    gone = world.get(f"/v1/stories/{MERGED}/feed.rss")
    assert (gone.status, gone.headers["location"]) == (308, f"/v1/stories/{MEETING}/feed.rss")
    assert MERGED not in world.get("/v1/stories/feed.json?limit=100").json["items"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/stories/feed.exe", 422),
        ("/v1/stories/nobody/feed.atom", 404),
        ("/v1/stories/feed.atom?entity=%00", 422),
        ("/v1/stories/feed.atom?limit=0", 422),
    ],
)
def test_bad_questions_are_problems(world: Site, path: str, status: int) -> None:
    answer = world.get(path)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_texts_that_no_feed_can_hold_do_not_break_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay", "Quay & <Sons>")
        title = "Bell\x07 <b>\ufffe ]]> & “quote” \U0001f6a2"
        rows.story("odd", [rows.article(outlet, title, url="javascript:alert(1)")])
    with serving(sessions) as site:
        for form in ("atom", "rss"):
            for path in ("/v1/stories/feed", "/v1/stories/odd/feed"):
                [entry] = parsed(site, f"{path}.{form}").entries
                assert entry.title.startswith("Bell")
                assert "\U0001f6a2" in entry.title
                assert not entry.link.startswith("javascript")
