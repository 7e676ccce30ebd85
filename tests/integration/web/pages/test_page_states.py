"""Pages that cannot show what was requested, and files for programs: robots, sitemap, pictures."""

import re
from collections.abc import Callable, Iterator
from io import BytesIO
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from service.store.database.sessions import Sessions
from service.web.rendering.formats.pictures import PictureMark, StoryPicture, draw_story
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving, serving_world

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests that only read."""
    with serving_world(new_database()) as running:
        yield running


def test_absent_stories_are_explained(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("gone", [rows.article(rows.outlet("daily"), "Hidden")], hidden=True)
    with serving(sessions) as site:
        hidden, unknown = site.page("/stories/gone"), site.page("/stories/nope")
    assert (hidden.status, unknown.status) == (404, 404)
    assert "This story is hidden" in hidden.text
    assert "no story with the id" in unknown.text


def test_a_past_state_before_the_story_links_to_the_current_one(world: Site) -> None:
    page = world.page(f"/stories/{MEETING}?as_of=2001-01-01")
    assert page.status == 404
    assert "This story did not exist yet" in page.text
    assert f'href="/stories/{MEETING}">Show the current state' in page.text


def test_errors_name_the_parameter_and_the_nearest_one(world: Site) -> None:
    page = world.page("/outlets?contry=GB")
    assert page.status == 422
    assert "<code>contry</code>" in page.text
    assert "did you mean country?" in page.text


def test_front_page_names_a_mistyped_filter_and_ignores_parameters_of_links(world: Site) -> None:
    mistyped = world.page("/?contry=GB&utm_source=x").text
    assert "The parameter contry is unknown and was ignored: did you mean country?" in mistyped
    for query in ("utm_source=x&fbclid=1", "zone=UTC", "country=GB"):
        assert "was ignored" not in world.page(f"/?{query}").text
    assert "<script>" not in world.page("/?countr%3Cscript%3E=1").text


def test_lists_link_to_their_data(world: Site) -> None:
    for path, links in (
        ("/outlets", ("/v1/outlets", "/data/sources.opml")),
        ("/storylines", ("/v1/storylines", "/data/stories.opml")),
    ):
        text = world.page(path).text
        for link in links:
            assert text.count(f'href="{link}"') == 2, link  # for programs, and visible
            assert world.get(link).status == 200


def test_robots_sitemap_and_icon(world: Site) -> None:
    robots = world.get("/robots.txt")
    assert "Disallow: /search" in robots.text
    assert f"Sitemap: {world.url}/sitemap.xml" in robots.text
    sitemap = world.get("/sitemap.xml", headers={"Accept-Encoding": "identity"})
    addresses = {each.text for each in ET.fromstring(sitemap.text).iter(f"{SITEMAP}loc")}  # noqa: S314 - own output
    assert f"{world.url}/storylines/{STORYLINE}" in addresses
    assert f"{world.url}/outlets/harbour" in addresses
    assert any(f"/stories/{MEETING}/" in (each or "") for each in addresses)
    assert not any(MERGED in (each or "").split("/") for each in addresses)
    again = world.get("/sitemap.xml", headers={"If-None-Match": sitemap.headers["etag"]})
    assert again.status == 304
    icon = world.get("/favicon.ico")
    assert icon.headers["cache-control"] == "public, max-age=86400"
    assert Image.open(BytesIO(icon.body)).format == "ICO"


def test_story_has_metadata_and_a_picture(world: Site) -> None:
    path = f"/pictures/stories/{MEETING}.png"
    text = world.page(f"/stories/{MEETING}").text
    assert f'<meta property="og:image" content="{world.url}{path}">' in text
    picture = world.get(path)
    assert picture.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(picture.body)).size == (1200, 630)
    assert world.get(path, headers={"If-None-Match": picture.headers["etag"]}).status == 304
    merged = world.get(f"/pictures/stories/{MERGED}.png")
    assert (merged.status, merged.headers["location"]) == (308, path)


@pytest.mark.parametrize("headline", ["Ferry turns back", "嵐のためフェリーが引き返す", ""])
def test_picture_shows_a_headline_only_if_the_font_has_its_characters(headline: str) -> None:
    marks = (PictureMark(0.1, copy=False), PictureMark(0.9, copy=True))
    content = StoryPicture("samestory", headline, 2, 3, "25 Apr 2023", marks)
    image = Image.open(BytesIO(draw_story(content))).convert("L")
    has_ink = any(image.crop((80, 150, 1120, 370)).histogram()[:100])
    assert has_ink == (headline == "Ferry turns back")


def test_every_linked_term_is_in_the_glossary(world: Site) -> None:
    glossary = world.page("/about").text
    pages = ("/", f"/stories/{MEETING}", "/storylines", "/outlets", "/outlets/harbour", "/missing")
    compared = "/compare?outlet=harbour&outlet=cedar"
    linked = {
        each
        for path in (*pages, f"/storylines/{STORYLINE}", compared)
        for each in re.findall(r'href="/about#([^"]+)"', world.page(path).text)
    }
    assert {"copy", "first-reporter", "publisher-family"} <= linked
    assert [each for each in linked if f'id="{each}"' not in glossary] == []
