"""HTML page `/search`, without scripts."""

import re
from collections.abc import Callable, Iterator
from html import unescape
from urllib.parse import quote

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.texts import MEETING
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with the sample world; read-only."""
    with serving_world(new_database()) as running:
        yield running


def test_every_page_has_a_search_field(world: Site) -> None:
    assert 'action="/search"' in world.page("/about").text
    page = world.page("/search")
    assert 'name="q"' in page.text
    assert "No results" not in page.text
    assert "<script" not in page.text


def test_results_have_marked_matches(world: Site) -> None:
    text = world.page("/search?q=turkish+withdrawal").text
    assert f'href="/stories/{MEETING}/' in text
    assert "<mark>Turkish</mark>" in text
    assert 'value="turkish withdrawal"' in text
    assert "Keyword results only" not in text
    assert world.page("/search?q=turkish+withdrawal").headers["etag"]
    feeds = re.findall(r'href="(/v1/search/feed[^"]*)"', text)
    assert {feed.partition("?")[0].rpartition(".")[2] for feed in feeds} == {"atom", "rss", "json"}
    assert all(MEETING in world.get(unescape(feed)).text for feed in feeds)
    assert "feed.atom" not in world.page("/search").text


def test_results_have_pages_and_an_empty_page_names_the_filter_to_drop(world: Site) -> None:
    first = world.page("/search?q=talks+or+ministers+or+ferry+or+four").text
    assert "stories and" in first
    assert "page=2" not in first  # the sample content has fewer results
    beyond = world.page("/search?q=talks&page=5").text
    assert 'href="/search?q=talks">Back to the first page' in beyond.replace("← ", "")
    assert world.page("/search?q=talks&page=6").status == 422
    early = world.page("/search?q=talks&until=2001-01-01").text
    assert "outside of the data: the first report is of" in early
    empty = unescape(world.page("/search?q=pullout&outlet=cedar&language=ru").text)
    assert 'href="/search?q=pullout&outlet=cedar">Without the language <bdi>Russian</bdi>' in empty


@pytest.mark.parametrize(
    ("q", "message"),
    [
        ("quarkonium", "No results"),
        ("-ferry", "no search term"),
        ("a " * 99, "more than 60 words"),
        ("a" * 2000, "too long"),
        ("a\0b", "control characters"),
    ],
)
def test_page_explains_missing_results(world: Site, q: str, message: str) -> None:
    page = world.page(f"/search?q={quote(q)}")
    assert page.status == 200
    assert message in page.text


def test_page_names_the_remedy_for_an_invalid_filter(world: Site) -> None:
    page = world.page(f"/search?q=ferry&outlet={'x' * 201}")
    assert "Too long: use at most 200 characters." in page.text


def test_html_in_titles_and_queries_is_escaped(sessions: Sessions) -> None:
    hostile = "<img src=x onerror=alert(1)> ferry \ue000 sinks"
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("quay")
        report = rows.article(outlet, hostile, text=hostile, url="javascript:alert(1)")
        rows.story("ferry", [report], keywords=[hostile])
    with serving(sessions) as site:
        text = site.page(f"/search?q={quote('ferry <script>')}").text
        assert "<img" not in text
        assert "<script" not in text
        assert "javascript:" not in text
        text = site.page("/search?q=ferry").text
        assert "<mark>ferry</mark>" in text
        assert "<img" not in text
        assert "Keyword results only" in text
