"""Pages as a browser without scripts gets them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.texts import MEETING, MERGED, STORYLINE, WORLD_NOW
from tests.support.database.rows import Rows
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over an empty store."""
    with serving(sessions, clock=lambda: WORLD_NOW) as running:
        yield running


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the made-up world, which nobody changes."""
    with serving_world(new_database()) as running:
        yield running


def test_an_empty_store_says_what_to_do(site: Site) -> None:
    page = site.page("/")
    assert page.status == 200
    assert "samestory feeds import" in page.text
    assert "samestory up" in page.text
    assert "samestory feeds add" in site.page("/feeds").text


def test_the_front_page_shows_stories_with_their_coverage(world: Site) -> None:
    text = world.page("/").text
    assert "Defence chiefs of four countries discuss Turkish pullout" in text
    assert "of 10 outlets" in text
    assert '<time datetime="2023-04-25T11:20:00Z">25 Apr 2023, 11:20</time>' in text
    assert f'href="/storylines/{STORYLINE}"' in text
    assert '<svg class="line"' in text
    assert "<script" not in text


def test_the_front_page_can_be_filtered_and_paged(world: Site) -> None:
    text = world.page("/?sort=newest&min_independent=&language=&limit=2").text
    assert text.count('<article class="story">') == 2
    following = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "sort=newest" in following
    assert "limit=2" in following
    assert "Back to the first page" in world.page(following).text
    assert "No story fits" in world.page("/?min_independent=10").text
    assert world.page("/?language=ru").text.count('<article class="story">') == 1


def test_a_story_page_shows_who_reported_what_and_why_it_is_here(world: Site) -> None:
    text = world.page(f"/stories/{MEETING}").text
    assert "Волга-Новости" in text
    assert "Syria · Arabic" in text
    assert "Volga Wire’s report</a> (99 % the same)" in text
    assert "The story began with this report." in text
    assert "words of the titles" in text
    assert "The next best story would be" in text
    assert "undated; time of arrival" in text
    assert "Related events, kept apart" in text
    assert "Deputy foreign ministers of four states end talks in Moscow" in text
    assert "<b>merged</b> with" in text
    assert 'rel="noopener noreferrer"' in text


def test_headlines_carry_their_language_and_direction(world: Site) -> None:
    text = world.page(f"/stories/{MEETING}").text
    assert '<h3 lang="ar" dir="rtl">' in text
    assert '<h3 lang="fa" dir="rtl">' in text
    assert '<h3 lang="ru" dir="ltr">' in text


def test_a_story_has_a_speaking_address_and_a_short_one(world: Site) -> None:
    speaking = f"/stories/{MEETING}/defence-chiefs-of-four-countries-discuss"
    assert world.page(speaking).body == world.page(f"/stories/{MEETING}").body
    assert f'<link rel="canonical" href="{speaking}">' in world.page(speaking).text


def test_a_merged_story_leads_on(world: Site) -> None:
    answer = world.page(f"/stories/{MERGED}/talks")
    assert (answer.status, answer.headers["location"]) == (308, f"/stories/{MEETING}")


def test_hostile_texts_stay_texts(sessions: Sessions, site: Site) -> None:
    attack = "<script>alert(1)</script>"
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("evil", name=attack, country=attack, language="en\" onload='x'")
        rows.feed(outlet, url="javascript:alert(1)", error=attack, error_count=1, error_kind=attack)
        article = rows.article(outlet, attack, url="javascript:alert(1)", text=attack)
        rows.storyline("line", attack)
        evidence = {
            "score": "high",
            "nearest": [{"article": article.id, "score": 2, "shares": {attack: 0.5}}, 7],
            "next": {"story": attack},
        }
        story = rows.story("s", [], slug="x", headline=attack, storyline_id="line")
        story.keywords = [attack]
        rows.membership(story, article, evidence=evidence)
        rows.transition(story, "grew", other_story_id=story.id)
    for path in ("/", "/stories/s", "/storylines/line", "/feeds"):
        page = site.page(path)
        assert page.status == 200, path
        assert "&lt;script&gt;" in page.text
        assert "<script" not in page.text
        assert 'href="javascript' not in page.text
        assert "onload='" not in page.text


PARTIAL_EVIDENCE: list[dict[str, Any]] = [
    {},
    {"score": None, "nearest": None, "next": None},
    {"nearest": [{"article": 1}, {"score": 1}, []], "next": {"score": 1}},
    {"score": 0.5, "nearest": [{"article": 1, "shares": {"a": "b", "c": None}}]},
    {"nearest": {}, "next": {"story": "gone", "score": None}},
]


def test_evidence_may_lack_any_part(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        story, outlet = rows.story("s"), rows.outlet("one")
        for evidence in PARTIAL_EVIDENCE:
            rows.membership(story, rows.article(outlet, "A"), evidence=evidence)
    assert site.page("/stories/s").status == 200
    members = site.get("/v1/stories/s").json["members"]
    assert [member["evidence"] for member in members] == PARTIAL_EVIDENCE


def test_an_empty_story_still_has_its_page(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        Rows(session).story("hollow")
    assert "No article is left in this story" in site.page("/stories/hollow").text


def test_storyline_feeds_and_about_pages(world: Site) -> None:
    assert world.page(f"/storylines/{STORYLINE}").text.count('<article class="story">') == 4
    feeds = world.page("/feeds").text
    assert "bad status, 4 times in a row" in feeds
    assert "secret" not in feeds
    assert "7 h ago" in feeds
    assert world.page("/feeds?failing=true").text.count("<tr>") == 2
    assert "Independent coverage" in world.page("/about").text


def test_errors_are_pages_for_people_and_problems_for_programs(world: Site) -> None:
    page = world.page("/nowhere")
    assert page.status == 404
    assert "There is no such page" in page.text
    assert world.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert world.page("/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert world.page("/?limit=1000").status == 422


def test_pages_forbid_scripts_and_foreign_content(world: Site) -> None:
    for path in ("/", "/about", "/nowhere", "/static/world.css"):
        headers = world.page(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe-inline" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
