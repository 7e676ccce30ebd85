"""Pages of outlets and storylines: lists, filters, figures and links."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.texts import STORYLINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests that only read."""
    with serving_world(new_database()) as running:
        yield running


def test_outlets_have_filters_and_links(world: Site) -> None:
    page = world.page("/outlets")
    assert page.headers["etag"]
    assert 'href="/outlets/harbour"' in page.text
    assert '<bdi>Волга-Новости</bdi> <span class="latin">(Volga Novosti)</span>' in page.text
    assert 'href="/outlets?family=volga"' in page.text
    lebanese = world.page("/outlets?country=LB&language=").text
    assert "Cedar Herald" in lebanese
    assert "Harbour Times" not in lebanese
    assert world.page("/outlets?colour=red").status == 422
    assert "unknown publisher family" in world.page("/outlets?family=nobody").text.lower()


def test_an_empty_list_of_outlets_names_the_filter_to_drop(world: Site) -> None:
    text = unescape(world.page("/outlets?country=LB&language=de").text)
    assert 'href="/outlets?country=LB">Without the language <bdi>German</bdi></a>: 1 outlet' in text
    assert (
        'href="/outlets?language=de">Without the country <bdi>Lebanon</bdi></a>: 1 outlet' in text
    )


def test_outlet_page_shows_what_it_reports_first_and_its_feeds(world: Site) -> None:
    text = world.page("/outlets/volga-wire").text
    assert "Defence chiefs of four countries discuss Turkish pullout" in text
    assert "<b>6 min</b> before the next outlet" in text
    assert "Feeds and their health" in text
    assert 'href="/v1/outlets/volga-wire"' in text
    assert ', also of <a href="/outlets/volga-novosti"' in text
    assert "after the first report" in world.page("/outlets/harbour").text
    assert world.page("/outlets/nobody").status == 404


def test_outlet_without_articles_explains_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        Rows(session).outlet("quiet", name="Quiet Post")
    with serving(sessions) as site:
        assert "This outlet has no feed" in site.page("/outlets/quiet").text
        assert "No storylines yet" in site.page("/storylines").text


def test_storylines_are_listed_by_last_report_with_their_stories(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("daily")
        for age, line in [(3, "older"), (1, "newer")]:
            rows.storyline(line, f"Storyline {line}")
            at = NOW - timedelta(days=age)
            rows.story(
                line + "-s", [rows.article(outlet, f"Event {line}", at=at)]
            ).storyline_id = line
            session.flush()
        rows.storyline("empty", "Storyline without stories")
    with serving(sessions) as site:
        text = site.page("/storylines").text
        listed = site.get("/v1/storylines?sort=latest&limit=1").json
        following = site.get(f"/v1/storylines?sort=latest&cursor={listed['next']}").json
    assert text.index("Storyline newer") < text.index("Storyline older")
    assert 'href="/stories/newer-s' in text
    assert "Storyline without stories" not in text
    ids = [each["id"] for each in listed["items"] + following["items"]]
    assert ids == ["newer", "older", "empty"]


def test_storyline_page_shows_who_reports_it(world: Site) -> None:
    text = world.page(f"/storylines/{STORYLINE}").text
    assert "Outlets that report it" in text
    assert 'href="/outlets/volga-wire"' in text
    assert "No title contains" in world.page("/storylines?title=nothing").text
    assert "Rapprochement" in world.page("/storylines?title=rapp").text


def test_address_of_the_list_of_stories_redirects_with_its_filters(world: Site) -> None:
    response = world.page("/stories?language=ru")
    assert (response.status, response.headers["location"]) == (308, "/?language=ru")


def test_map_links_each_story_in_the_picture_and_in_the_list(world: Site) -> None:
    text = world.page("/map").text
    assert "<script" not in text
    marks = re.findall(r'<a href="(/stories/[^"]+)"><title>(\d+)\.', text)
    items = re.findall(r'<li value="(\d+)"><a href="(/stories/[^"]+)"', text)
    assert len(marks) > 4
    assert [(number, path) for path, number in marks] == items
    assert "Defence chiefs of four countries" in text


def test_map_without_stories_names_the_job(sessions: Sessions) -> None:
    with serving(sessions) as site:
        assert "No map yet" in site.page("/map").text


def test_cards_name_outlets_that_do_not_report(world: Site) -> None:
    text = world.page("/").text
    assert re.search(r"No report</a>: <bdi>(Kurier am Rhein|The Ledger)</bdi>", text)
    assert "No report" not in world.page("/?as_of=2023-05-11T12:00:00Z").text
    paths = set(re.findall(r'href="(/stories/[^"#?]+)"', world.page("/map").text))
    outlets = re.compile('href="(/outlets/[^"]+)"')
    for path in paths:
        section = world.page(path).text.partition('id="missing"')[2].split("</section>")[0]
        frequent = section.partition("no report</a> of this story")[2]
        silent = section.partition(" had no article")[0]
        assert set(outlets.findall(frequent)) <= set(outlets.findall(silent))
    assert any("no report</a> of this story" in world.page(path).text for path in paths)


def test_all_pages_show_times_in_the_zone_of_the_reader(world: Site) -> None:
    paths = ("/outlets", "/outlets/harbour", "/storylines", "/search?q=talks", "/missing", "/feeds")
    for path in paths:
        pages = [
            world.get(path, accept="text/html", headers={"Cookie": cookie})
            for cookie in ("zone=Asia/Tokyo", "zone=America/Bogota")
        ]
        assert "All times are Asia/Tokyo" in pages[0].text
        assert pages[0].headers["vary"].startswith("Cookie, Accept-Language")
        times = [re.findall(r"<time[^>]*>([^<]*)</time>", page.text) for page in pages]
        assert times[0], path
        assert times[0] != times[1], path
    feed = world.get("/v1/stories/feed.atom", headers={"Cookie": "zone=Asia/Tokyo"})
    assert feed.body == world.get("/v1/stories/feed.atom").body


def test_storyline_page_counts_the_first_reports_of_every_listed_outlet(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.storyline("talks", "Border talks")
        often = [rows.outlet(f"often{number}") for number in range(10)]
        once = [rows.outlet(f"also{number}") for number in range(12)]
        # Each of twelve outlets is first twice; `often0` is first once, and has the most stories.
        for number, first in enumerate([*once, *once, often[0]]):
            later = [each for each in often if each is not first]
            articles = [
                rows.article(outlet, f"Talks {number}", at=NOW + timedelta(minutes=10 * (at > 0)))
                for at, outlet in enumerate([first, *later])
            ]
            rows.story(f"s{number}", articles, storyline_id="talks")
    with serving(sessions) as site:
        text = site.page("/storylines/talks").text
    row = text.split('href="/outlets/often0"')[1].split("</tr>")[0]
    assert re.findall(r"<td>(.+?)</td>", row) == ["25", "1"]


def test_every_list_shows_the_latin_form_of_an_outlet(world: Site) -> None:
    latin = '<span class="latin">(Volga Novosti)</span>'
    for path in (
        "/outlets/volga-novosti",
        "/feeds",
        "/follow?outlet=volga-novosti",
        f"/storylines/{STORYLINE}",
    ):
        assert latin in world.page(path).text, path
    compared = world.page("/compare?outlet=volga-novosti&outlet=harbour").text
    assert latin in compared
    assert "<bdi>Only Volga Novosti</bdi>" in compared


def test_example_addresses_of_the_data_page_return_data(world: Site) -> None:
    text = unescape(world.page("/data").text)
    examples = re.findall(r"http://[^/]+(/v1/[^\s'<]+)", text)
    assert len(examples) == 2
    for path in examples:
        response = world.get(path.replace("country=GB&", ""))
        assert response.status == 200, path
        assert len(response.text.splitlines()) > 1 or response.json["items"], path
