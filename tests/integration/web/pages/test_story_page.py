"""Story page: reports by outlet, pages, timeline, headlines, size, Markdown."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from service.domain.stories.description import Details
from service.domain.stories.wording.summary import Quote
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from tests.support.content.site.busy_day import LARGE, REPORTS
from tests.support.content.site.texts import MEETING
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving, serving_busy_day, serving_world

LINK = re.compile(r'<h4[^>]*><a href="(https://[^"]+)"')


@pytest.fixture(scope="module")
def world(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over the sample content, shared by all tests."""
    with serving_world(new_database()) as running:
        yield running


@pytest.fixture(scope="module")
def busy(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over a busy day, shared by all tests."""
    with serving_busy_day(new_database()) as running:
        yield running


def test_story_of_300_reports_is_paged_and_small(busy: Site) -> None:
    pages = [busy.page(f"/stories/{LARGE}?page={number}") for number in (1, 2, 3, 4)]
    assert [len(LINK.findall(page.text)) for page in pages] == [50, 50, 50, 50]
    assert max(len(page.body) for page in pages) < 150_000
    assert "Page 1 of 4" in pages[0].text
    assert "100 copies: " in pages[0].text
    links = {link for page in pages for link in LINK.findall(page.text)}
    assert len(links) == REPORTS * 2 // 3
    assert busy.page(f"/stories/{LARGE}?page=99").text.count("Page 4 of 4") == 1
    assert busy.page(f"/stories/{LARGE}?page=0").status == 422


def test_marks_lead_to_reports_on_every_page(busy: Site) -> None:
    page = busy.page(f"/stories/{LARGE}").text
    marks = re.findall(r'<li class="at h\d+[^>]*><a href="([^"]*)#(article-\d+)"', page)
    assert len(marks) > 48
    other = next((path, anchor) for path, anchor in marks if "page=3" in path)
    assert f'id="{other[1]}"' in busy.page(other[0].replace("&amp;", "&")).text
    here = next(anchor for path, anchor in marks if not path)
    assert f'id="{here}"' in page


def test_timeline_has_exact_positions_and_shows_who_does_not_count(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        sun, moon = rows.outlet("sun", family="press"), rows.outlet("moon", family="press")
        hours = {sun: 0, moon: 1, rows.outlet("reprint"): 2, rows.outlet("last"): 10}
        articles = [
            rows.article(each, f"Ferry, {each.slug}", at=NOW + timedelta(hours=after))
            for each, after in hours.items()
        ]
        rows.copy(articles[2], articles[0])
        rows.story("ferry", articles)
    with serving(sessions) as site:
        timeline = site.page("/stories/ferry").text.split('id="timeline"')[1].split("</section>")[0]
    marks, axis = timeline.split('<ol class="axis">')
    assert re.findall(r'<li class="at ([^"]*)"', marks) == [
        "h0 t0 u0",
        "h1 t0 u0 excluded",
        "h2 t0 u0 copy",
        "h10 t0 u0",
    ]
    assert "(same owner): Ferry, moon" in marks
    assert "not counted: same owner" in axis
    labels = re.findall(r'class="at ([^"]*?)( wide-only| start| end)"><time[^>]*>([^<]*)<', axis)
    assert [(place, label) for place, _, label in labels] == [
        ("h0 t0 u0", "26 Apr, 06:00"),
        ("h3 t0 u0", "09:00"),
        ("h6 t0 u0", "12:00"),
        ("h10 t0 u0", "16:00"),
    ]


def test_top_names_the_outlets_that_count_and_those_without_a_report(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [
            rows.outlet("quay", country="GB", family="press"),
            rows.outlet("bay", country="IE", family="press"),
            rows.outlet("vesti-zarechya", "Вести Заречья", country="RU"),
            rows.outlet("echo", country="FR"),
        ]
        articles = [
            rows.article(outlet, f"Ferry, {outlet.slug}", at=NOW + timedelta(minutes=minutes))
            for minutes, outlet in enumerate(outlets)
        ]
        rows.copy(articles[3], articles[0])
        rows.story("ferry", articles)
        rows.article(rows.outlet("sun"), "Tax bill")
    with serving(sessions) as site:
        page = site.page("/stories/ferry").text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.split('<dl class="who">')[1]))
    assert text.startswith(
        " 2 independent of 4 outlets Quay (United Kingdom), Вести Заречья (Vesti Zarechya) (Russia)"
        " No report 1 of 5 active outlets: Sun"
        " First Quay, 06:00"
        " Not counted: 1 same owner Bay (Ireland, with Quay)"
        " Not counted: 1 copy Echo (France, of Quay)"
    )
    assert "as of 26 Apr 2023, 06:00" in text
    assert "26 Apr 2023, 06:00 – 06:03" in text


def test_reasons_name_what_reports_share(sessions: Sessions) -> None:
    near = {"score": 0.97, "contributions": {"dense": 3.2, "title": 1.5}}
    with sessions.begin() as session:
        rows = Rows(session)
        first, second = (
            rows.article(rows.outlet(slug), title, at=NOW + timedelta(hours=after))
            for slug, title, after in (
                ("quay", "Ferry hits Orlan pier, 412 aboard", 0),
                ("bay", "412 leave ferry in Orlan", 2),
            )
        )
        story = rows.story("ferry", [first])
        rows.membership(
            story, second, evidence={"score": 0.62, "nearest": [near | {"article": first.id}]}
        )
    with serving(sessions) as site:
        page = site.page("/stories/ferry").text
    reason = re.search(r"<summary>(Why it is here: .*?)</summary>", page, re.DOTALL)
    assert reason
    assert re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", reason[1])) == (
        "Why it is here: most similar to Quay: same names Orlan; same numbers 412; similar"
        " texts, same words in the titles; 2 h apart; likely the same event (62 %)"
    )


def test_differing_words_of_headlines_are_marked(world: Site) -> None:
    page = world.page(f"/stories/{MEETING}").text.split("Headlines side by side")[1]
    assert "<mark>Turkey</mark> and Syria <mark>inch closer</mark>" in page
    assert "<mark>Министры" not in page  # another language


def test_growth_of_a_story_is_one_change(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("daily")
        articles = [rows.article(outlet, f"Title {n}") for n in range(5)]
        story = rows.story("s", articles)
        for n in (1, 2):
            at = NOW + timedelta(minutes=n)
            rows.transition(story, "grew", at=at, articles=articles[n : n + 2])
    with serving(sessions) as site:
        page = site.page("/stories/s").text
    assert "Began with 1 report<" in page
    assert "Grew by 4 reports in 2 steps" in page


def test_markdown_has_all_reports(world: Site) -> None:
    response = world.get(f"/stories/{MEETING}.md")
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    reports = world.get(f"/v1/stories/{MEETING}").json["members"]
    assert response.text.count("\n- ") == len(reports)
    assert all(f"](<{each['url']}>)" in response.text for each in reports)
    assert "(copy of Volga Wire)" in response.text


def test_markdown_of_hostile_texts_has_no_markup(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        title = "[x](javascript:1) <script>\n# big"
        rows.story("s", [rows.article(rows.outlet("evil"), title, url="javascript:alert(1)")])
    with serving(sessions) as site:
        text = site.get("/stories/s.md").text
    assert "\\[x\\](javascript:1) \\<script\\> # big" in text
    assert "](<" not in text


def test_report_without_a_web_address_has_no_link(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        article = rows.article(rows.outlet("evil"), "Title", url="javascript:alert(1)")
        quote = Quote(article.id, "evil", "A ferry struck a pier.")
        rows.story("s", [article], details=to_json(Details(summary=(quote,))))
    with serving(sessions) as site:
        page = site.page("/stories/s").text
    assert "A ferry struck a pier." in page
    assert 'href=""' not in page
    assert 'href="javascript:' not in page


def test_story_links_its_data(world: Site) -> None:
    page = world.page(f"/stories/{MEETING}").text
    for link in re.findall(r'<li>?.*?href="(/(?:v1|stories)/[^"]*(?:csv|\.md|feed\.\w+))"', page):
        assert world.get(link.replace("&amp;", "&")).status == 200
    assert f'href="/v1/export/articles?story={MEETING}&amp;format=csv"' in page
    assert "mailto:?subject=" in page


def test_story_page_names_who_does_not_report_it(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        own = [rows.outlet(slug, country="GB", language="en") for slug in ("sun", "moon")]
        rows.story("ferry", [rows.article(each, "Ferry hits pier") for each in own])
        others = [rows.outlet(f"far{n}", country="FR", language="fr") for n in range(12)]
        for each in others:
            rows.article(each, "Something else", at=NOW)
        asleep = rows.outlet("asleep", country="IT", language="it")
        rows.article(asleep, "Old", at=NOW - timedelta(days=5))
        rows.feed(rows.outlet("former"), status="retired")
    with serving(sessions) as site:
        page = site.page("/stories/ferry").text
    text = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "No report 12 of 14 active outlets: Far0, Far1, Far10, Far11 and 8 more" in text
    assert "and 8 more. No article in this time: Asleep" in text
    assert "12 of the 14 active outlets have no report. Names of the 12 outlets Far0, Far1" in text
    assert "Countries without a reportFrance Languages without a reportFrench" in text
    assert "1 other outlet had no article in this time: Asleep." in text
    assert "fewer than 3 outlets" in text
    assert "Former" not in text


def test_printed_addresses_have_no_campaign(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        url = "https://sun.example/1?utm_source=rss&id=3&utm_medium=feed#top"
        rows.story("ferry", [rows.article(rows.outlet("sun"), "Ferry", url=url)])
    with serving(sessions) as site:
        page = site.page("/stories/ferry").text
    assert 'data-address="https://sun.example/1?id=3#top"' in page
    assert re.search(r'class="paper-only">http://\S+/stories/ferry/\S+, as of 26 Apr 2023, ', page)


def test_story_of_all_active_outlets_names_the_others(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        own = [rows.outlet(slug) for slug in ("sun", "moon", "quay")]
        rows.story("ferry", [rows.article(each, "Ferry hits pier") for each in own])
        rows.article(rows.outlet("asleep"), "Old", at=NOW - timedelta(days=5))
    with serving(sessions) as site:
        page = site.page("/stories/ferry").text
    text = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "All 3 active outlets report it. No article in this time: Asleep" in text
