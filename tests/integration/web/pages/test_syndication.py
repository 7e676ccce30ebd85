"""Published feeds: Atom, RSS and JSON Feed of stories and searches."""

import re
import warnings
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving, serving_world

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import feedparser

ATOM = "{http://www.w3.org/2005/Atom}"
PATHS = ["/v1/stories/feed", f"/v1/stories/{MEETING}/feed"]


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running:
        yield running


def parse_feed(site: Site, path: str) -> Any:
    """Parse a feed with feedparser, which must not report an error."""
    response = site.get(path)
    assert response.status == 200, response.text
    feed = feedparser.parse(response.body, response_headers=response.headers)
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("form", ["atom", "rss"])
def test_all_formats_have_the_same_entries(world: Site, path: str, form: str) -> None:
    feed = parse_feed(world, f"{path}.{form}")
    assert feed.version == {"atom": "atom10", "rss": "rss20"}[form]
    json_feed = world.get(f"{path}.json").json
    assert [entry.id for entry in feed.entries] == [item["id"] for item in json_feed["items"]]
    assert [entry.title for entry in feed.entries] == [item["title"] for item in json_feed["items"]]
    assert [entry.link for entry in feed.entries] == [item["url"] for item in json_feed["items"]]
    assert all(entry.published_parsed for entry in feed.entries)
    [own] = [link.href for link in feed.feed.links if link.rel == "self"]
    assert own == f"{world.url}{path}.{form}"
    assert world.page(feed.feed.link.removeprefix(world.url)).status == 200


@pytest.mark.parametrize("path", PATHS)
def test_atom_has_the_required_elements(world: Site, path: str) -> None:
    feed = ET.fromstring(world.get(f"{path}.atom").body)  # noqa: S314  # our own output
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
def test_rss_and_json_feed_have_the_required_elements(world: Site, path: str) -> None:
    channel = ET.fromstring(world.get(f"{path}.rss").body).find("channel")  # noqa: S314
    assert channel is not None
    assert all(channel.findtext(name) for name in ("title", "link", "description"))
    assert all(item.findtext("guid") for item in channel.findall("item"))
    response = world.get(f"{path}.json")
    assert response.headers["content-type"].startswith("application/feed+json")
    assert response.json["version"] == "https://jsonfeed.org/version/1.1"
    assert response.json["feed_url"] == f"{world.url}{path}.json"
    for item in response.json["items"]:
        assert item["id"]
        assert item["content_text"] is not None
        assert item["date_published"].endswith("Z")


def test_feed_accepts_the_filters_of_the_list(world: Site) -> None:
    feed = parse_feed(world, "/v1/stories/feed.atom?entity=Hulusi%20Akar&limit=5")
    assert [entry.id for entry in feed.entries] == [f"urn:samestory:story:{MEETING}"]
    assert "10 outlets, 7 independent" in feed.entries[0].summary
    assert parse_feed(world, "/v1/stories/feed.rss?keyword=nobody").entries == []
    assert parse_feed(world, "/v1/stories/feed.atom?keyword=nobody").feed.updated


@pytest.mark.parametrize("name", ["fields", "include", "cursor"])
def test_feed_rejects_list_only_parameters(world: Site, name: str) -> None:
    refused = world.get(f"/v1/stories/feed.json?limit=2&{name}=id")
    assert refused.status == 422
    assert f"query.{name}: Unknown parameter" in refused.json["detail"]
    accepted = "/v1/stories/feed.json?limit=1&sort=largest&as_of=2023-04-27&language=en&state=open"
    assert world.get(accepted).status == 200


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("stories/feed.atom", "stories"),
        ("stories/feed.atom?sort=newest&limit=3", "stories:sort=newest&limit=3"),
        ("stories/feed.atom?entity=Hulusi%20Akar", "stories:entity=Hulusi%20Akar"),
        ('stories/feed.atom?keyword="a"<b>', "stories:keyword=%22a%22%3Cb%3E"),
        ('search/feed.atom?q="talks"+x&mode=keyword', "search:q=%22talks%22+x&mode=keyword"),
    ],
)
def test_feed_id_is_a_uri(world: Site, path: str, key: str) -> None:
    feed = ET.fromstring(world.get(f"/v1/{path}").body)  # noqa: S314  # our own output
    assert feed.findtext(f"{ATOM}id") == f"urn:samestory:{key}"


def test_matching_etag_of_a_feed_returns_304(world: Site) -> None:
    for path in PATHS:
        etag = world.get(f"{path}.atom").headers["etag"]
        again = world.get(f"{path}.atom", headers={"If-None-Match": etag})
        assert (again.status, again.body) == (304, b"")


def test_feed_of_a_merged_story_redirects(world: Site) -> None:
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
def test_invalid_feed_requests_are_problems(world: Site, path: str, status: int) -> None:
    response = world.get(path)
    assert response.status == status
    assert response.headers["content-type"] == "application/problem+json"


def test_markup_in_texts_is_text_in_every_format(sessions: Sessions) -> None:
    script = "<script>alert(1)</script> & <b>"
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("quay", f"Quay {script}"), f"Docks {script}")
        article.text = f"Lead {script}"
        rows.story("odd", [article])
    escaped = "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;"
    with serving(sessions) as site:
        for path in ("/v1/stories/feed", "/v1/stories/odd/feed"):
            rss = ET.fromstring(site.get(f"{path}.rss").body)  # noqa: S314  # our own output
            html = [each.text or "" for each in rss.iter("description")]
            assert len(html) == 2
            assert not any("<" in each for each in html)
            assert escaped in html[1]
            assert script in (rss.findtext("channel/item/title") or "")
            atom = ET.fromstring(site.get(f"{path}.atom").body)  # noqa: S314  # our own output
            entry = atom.find(f"{ATOM}entry")
            assert entry is not None
            assert script in (entry.findtext(f"{ATOM}title") or "")
            assert all(each.get("type", "text") == "text" for each in entry.iter() if each.text)
            [item] = site.get(f"{path}.json").json["items"]
            assert script in item["title"]
            assert "content_html" not in item
        for path in ("/", "/stories/odd", "/search?q=docks"):
            assert "<script>alert" not in site.page(path).text


def test_feed_of_a_story_takes_types(world: Site) -> None:
    path = f"/v1/stories/{MEETING}/feed.json"
    every = world.get(path).json["items"]
    assert world.get(f"{path}?type=report").json["items"] == every
    assert world.get(f"{path}?type=satire").json["items"] == []
    assert world.get(f"{path}?as_of=2020-01-01").status == 404


def linked_feeds(page: str) -> dict[str, list[str]]:
    """Addresses of the feeds in the head and in the text of a page, by place."""
    head, _, body = page.partition("</head>")
    links = {"head": head, "body": body}
    pattern = re.compile(r'href="([^"]*feed\.(?:atom|rss|json)[^"]*)"')
    return {
        name: [unescape(each) for each in pattern.findall(text)] for name, text in links.items()
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", "/stories/"),
        ("/?country=TR&sort=newest&min_independent=2", "/stories/"),
        ("/?outlet=cedar&limit=2", "/stories/"),
        (f"/storylines/{STORYLINE}", "/stories/"),
        ("/search?q=moscow&outlet=cedar&since=2023-04-01", "/stories/"),
        (f"/stories/{MEETING}", "https://"),
        (f"/stories/{MEETING}?type=report", "https://"),
    ],
)
def test_page_links_the_feeds_of_what_it_shows(world: Site, path: str, shown: str) -> None:
    page = world.page(path).text
    feeds = linked_feeds(page)
    assert feeds["head"] == feeds["body"]
    assert [re.search(r"feed\.(\w+)", each).group(1) for each in feeds["head"]] == [  # type: ignore[union-attr]
        "atom",
        "rss",
        "json",
    ]
    main = unescape(page.partition("</head>")[2])
    listed = re.findall(rf'<(?:h[234]|li)[^>]*><a[^>]*href="({shown}[^"?#]*)', main)
    for each in feeds["head"][:2]:
        links = [entry.link.removeprefix(world.url) for entry in parse_feed(world, each).entries]
        assert links
        assert set(listed) >= set(links) if shown == "/stories/" else set(links) == set(listed)
        assert len(links) == len(set(links))


def test_invalid_xml_characters_are_removed(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay", "Quay & <Sons>")
        title = "Bell\x07 <b>\ufffe ]]> & “quote” \U0001f6a2"
        rows.story("odd", [rows.article(outlet, title, url="javascript:alert(1)")])
    with serving(sessions) as site:
        for form in ("atom", "rss"):
            for path in ("/v1/stories/feed", "/v1/stories/odd/feed"):
                [entry] = parse_feed(site, f"{path}.{form}").entries
                assert entry.title.startswith("Bell")
                assert "\U0001f6a2" in entry.title
                assert not entry.link.startswith("javascript")
