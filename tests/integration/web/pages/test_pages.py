"""HTML pages: content, escaping, errors and security headers."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.store.database.sessions import Sessions
from tests.support.content.site.texts import MEETING, MERGED, STORYLINE, WORLD_NOW
from tests.support.database.rows import NOW, Rows
from tests.support.servers.crawl import crawl
from tests.support.servers.site import Site, serving, serving_world


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server over an empty database."""
    with serving(sessions, clock=lambda: WORLD_NOW) as running:
        yield running


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running:
        yield running


def test_empty_database_shows_first_steps(site: Site) -> None:
    page = site.page("/")
    assert page.status == 200
    assert "samestory feeds import" in page.text
    assert "samestory up" in page.text
    assert "samestory feeds add" in site.page("/feeds").text


def test_front_page_shows_stories_with_coverage(world: Site) -> None:
    text = world.page("/").text
    assert "Defence chiefs of four countries discuss Turkish pullout" in text
    assert "<b>7</b> of 10<span" in text
    assert '<time datetime="2023-04-25T20:40:00Z">25 Apr, 20:40</time>' in text
    assert f'href="/storylines/{STORYLINE}"' in text
    assert '<svg class="sparkline"' in text
    assert "<script" not in text


def test_stories_of_one_storyline_stand_together_on_the_front_page(
    site: Site, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        line = rows.storyline("talks", "Border talks").id
        outlets = [rows.outlet("daily"), rows.outlet("herald")]
        for number, storyline in enumerate([line, None, None, line]):
            articles = [rows.article(outlet, f"Headline {number}") for outlet in outlets]
            rows.story(f"s{number}", articles, storyline_id=storyline, rank=100.0 - number)
    by_rank, newest = site.page("/").text, site.page("/?sort=newest").text
    order = [by_rank.index(f"Headline {number}") for number in (0, 3, 1, 2)]
    assert order == sorted(order)
    assert newest.index("Headline 2") < newest.index("Headline 0")


def test_a_story_moves_before_a_storyline_that_would_leave_a_gap(
    site: Site, sessions: Sessions
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        line = rows.storyline("talks", "Border talks").id
        outlets = [rows.outlet("daily"), rows.outlet("herald")]
        for number, storyline in enumerate([None, None, line, line, None, None]):
            articles = [rows.article(outlet, f"Headline {number}") for outlet in outlets]
            rows.story(f"s{number}", articles, storyline_id=storyline, rank=100.0 - number)
    page = site.page("/").text
    # The lead fills a row, the next story half of one; the storyline starts a row of its own.
    order = [page.index(f">Headline {number}<") for number in (0, 1, 4, 2, 3, 5)]
    assert order == sorted(order)


def test_front_page_has_filters_and_pages(world: Site) -> None:
    text = world.page("/?sort=newest&min_independent=&language=&limit=2").text
    assert text.count('<article class="card') == 2
    following = text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "sort=newest" in following
    assert "limit=2" in following
    assert "Back to the first page" in world.page(following).text
    unmatched = world.page("/?min_independent=10").text
    assert "No matching stories" in unmatched
    assert ">10 or more</b>" in unmatched
    assert world.page("/?language=ru").text.count('<article class="card') == 1


def test_story_page_shows_reports_evidence_and_related_stories(world: Site) -> None:
    text = world.page(f"/stories/{MEETING}").text
    assert "<bdi>Волга-Новости</bdi>" in text
    assert "2 copies: <bdi>Cedar Herald</bdi>, <bdi>Pearl Observer</bdi>" in text
    assert "· 99 % identical" in text
    assert "The story started with this article." in text
    assert "; very likely the same event (9" in text
    assert "similarity of the texts +0.41, shared words in titles +0.27" in text
    assert "Next best story:" in text
    assert "the feed has no date" in text
    assert "Related stories" in text
    assert "Deputy foreign ministers of four states end talks in Moscow" in text
    assert "Two stories merged: this one and" in text
    assert "Closed, because no report had arrived for days" in text
    assert "Missing coverage" in text
    assert 'rel="noopener noreferrer"' in text


def test_headlines_have_language_and_direction(world: Site) -> None:
    text = world.page(f"/stories/{MEETING}").text
    assert '<h4 lang="ar" dir="rtl">' in text
    assert '<h4 lang="fa" dir="rtl">' in text
    assert '<h4 lang="ru" dir="ltr">' in text


def test_story_page_has_a_short_and_a_canonical_path(world: Site) -> None:
    canonical = f"/stories/{MEETING}/defence-chiefs-of-four-countries-discuss"
    assert world.page(canonical).body == world.page(f"/stories/{MEETING}").body
    assert f'<link rel="canonical" href="{world.url}{canonical}">' in world.page(canonical).text


def test_merged_story_redirects_with_an_explanation(world: Site) -> None:
    response = world.page(f"/stories/{MERGED}/talks")
    target = response.headers["location"]
    assert (response.status, target) == (308, f"/stories/{MEETING}?merged={MERGED}")
    assert "was merged into this one 16 d ago, 25 Apr" in world.page(target).text
    assert "was merged into" not in world.page(f"/stories/{MEETING}?merged=other").text


def test_hostile_texts_are_escaped(sessions: Sessions, site: Site) -> None:
    attack = "<script>alert(1)</script>"
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("evil", name=attack, country=attack, language="en\" onload='x'")
        rows.feed(outlet, url="javascript:alert(1)", error=attack, error_count=1, error_kind=attack)
        article = rows.article(outlet, attack, url="javascript:alert(1)", text=attack)
        rows.storyline("line", attack)
        evidence = {
            "score": "high",
            "nearest": [{"article": article.id, "score": 2, "contributions": {attack: 0.5}}, 7],
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
    {"score": 0.5, "nearest": [{"article": 1, "contributions": {"a": "b", "c": None}}]},
    {"nearest": {}, "next": {"story": "gone", "score": None}},
]


def test_incomplete_evidence_is_accepted(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        story, outlet = rows.story("s"), rows.outlet("one")
        for evidence in PARTIAL_EVIDENCE:
            rows.membership(story, rows.article(outlet, "A"), evidence=evidence)
    assert site.page("/stories/s").status == 200
    members = site.get("/v1/stories/s").json["members"]
    assert [member["evidence"] for member in members] == PARTIAL_EVIDENCE


def test_story_without_articles_has_a_page(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        Rows(session).story("hollow")
    assert "This story no longer has any articles" in site.page("/stories/hollow").text


def test_storyline_feeds_and_about_pages(world: Site) -> None:
    assert world.page(f"/storylines/{STORYLINE}").text.count('<article class="story">') == 4
    feeds = world.page("/feeds").text
    assert "bad status, 4 times in a row" in feeds
    assert "secret" not in feeds
    assert "7 h ago" in feeds
    assert world.page("/feeds?failing=true").text.count("<tr>") == 2
    assert "Independent coverage" in world.page("/about").text


def test_errors_are_html_for_browsers_and_json_for_programs(world: Site) -> None:
    page = world.page("/nowhere")
    assert page.status == 404
    assert "Page not found" in page.text
    assert world.get("/nowhere").headers["content-type"] == "application/problem+json"
    assert world.page("/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert world.page("/?limit=1000").status == 422


def test_pages_forbid_scripts_and_external_content(world: Site) -> None:
    for path in ("/", "/about", "/nowhere", "/static/world.css"):
        headers = world.page(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe-inline" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_all_links_lead_to_pages_whose_ids_and_labels_are_correct(world: Site) -> None:
    result = crawl(world, skipped="as_of=")  # the sample content has no past versions
    assert not result.faults, "\n".join(result.faults)
    assert {"/missing", "/compare", "/docs", "/feeds", "/subscribe"} <= set(result.visited)
    assert f"/storylines/{STORYLINE}" in result.visited


def test_stylesheets_share_no_class_by_accident(world: Site) -> None:
    """Pages of editors load both stylesheets, so a second meaning of a name would mix the rules."""
    site, desk = (_classes(world.get(f"/static/{name}.css").text) for name in ("site", "desk"))
    assert site & desk == {"feeds", "meta", "minus", "preferences"}


def _classes(css: str) -> set[str]:
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", css, flags=re.DOTALL)
    return set(re.findall(r"\.([a-z][\w-]*)", selectors))


def test_bars_of_reports_that_do_not_count_are_grey(site: Site, sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [
            rows.outlet("daily"),
            rows.outlet("herald"),
            rows.outlet("evening", family="daily"),
        ]
        for key, chosen in (("counted", outlets[:2]), ("uncounted", outlets)):
            articles = [
                rows.article(outlet, f"Bridge {key}", at=NOW - timedelta(hours=3 - hours))
                for hours, outlet in enumerate(chosen)
            ]
            rows.story(key, articles)
    cards = site.page("/").text.split('<article class="card')[1:]
    grey = {
        key: 'class="copied"' in card
        for key in ("counted", "uncounted")
        for card in cards
        if f"Bridge {key}" in card
    }
    assert grey == {"counted": False, "uncounted": True}
