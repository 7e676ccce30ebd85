"""Front page: what each story shows, filters as links, the reader's visit and time zone, size."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from service.domain.stories.description import Details
from service.domain.stories.pace import TimedReport, measure_pace
from service.domain.stories.wording.summary import Quote
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.web.requests.reader import (
    Visit,
    continue_visit,
    has_only_preferences,
    parse_visit,
)
from tests.support.content.site.busy_day import BUSY_NOW, LINE
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, SiteResponse, serving, serving_busy_day

HTML = "text/html"


@pytest.fixture(scope="module")
def busy(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over a busy day, shared by all tests."""
    with serving_busy_day(new_database()) as running:
        yield running


def with_cookies(site: Site, path: str, **cookies: str) -> SiteResponse:
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return site.get(path, accept=HTML, headers={"Cookie": pairs} if pairs else {})


def card_of(page: str, headline: str) -> str:
    return next(each for each in page.split("<article")[1:] if headline in each)


def test_page_of_50_stories_is_small(busy: Site) -> None:
    page = busy.page("/")
    assert page.text.count('<article class="card') == 50
    assert len(page.body) < 100_000


def test_card_shows_who_reports_when_and_how_independently(busy: Site) -> None:
    card = card_of(busy.page("/").text, "Parliament votes on the budget")
    assert "<strong>32</strong>" in card  # the other 16 outlets have only copies
    assert "of 48" in card
    assert 'aria-label="300 reports over 1 d"' in card
    assert "Developing" not in card  # all outlets had reported earlier
    assert "10 min ago" in card
    assert "The commission said on Thursday" in card
    links = re.findall(r'<li[^>]*><a href="https://outlet-\d+\.example/\d+"', card)
    assert len(links) > 4
    assert '#reports">all 48' in card


def test_card_shows_how_many_active_outlets_have_no_report(busy: Site) -> None:
    page = busy.page("/").text
    assert '#missing">All 48</a> active outlets report it' in card_of(page, "Parliament votes")
    card = card_of(page, "/stories/story-5/")
    assert '#missing">No report</a>: <bdi>Abendblatt am Fluss 21</bdi>' in card
    assert ' and 40 more</span><span class="narrow-inline"> +40</span> of 48' in card
    several = page.partition("From a single outlet")[0]
    assert several.count('<article class="card') == several.count("#missing")


def test_newest_stories_stand_under_their_days(busy: Site) -> None:
    page = with_cookies(busy, "/?sort=newest", zone='"Asia/Tokyo"').text
    assert re.findall(r'<h2 class="day">([^<]*)</h2>', page) == [
        "Friday, 12 May",
        "Thursday, 11 May",
    ]
    assert '<h2 class="day">' not in busy.page("/").text  # the order is no order of time
    assert '<h2 class="day">' not in busy.page("/?sort=newest&limit=3").text  # one day


def test_a_quiet_time_is_stated(busy: Site, sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        at = NOW - timedelta(hours=7)
        rows.story("one", [rows.article(rows.outlet(each), "Ferry", at=at) for each in "ab"])
    with serving(sessions) as site:
        assert "06:00, latest report 7 h ago" in site.page("/").text
    assert "latest report" not in busy.page("/").text


@pytest.mark.parametrize(("days", "lead"), [(0, "wide"), (1, "wide"), (3, "recent"), (9, "recent")])
def test_lead_has_three_independent_outlets_if_a_recent_story_has_them(
    sessions: Sessions, days: int, lead: str
) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(each) for each in "abc"]
        at = NOW - timedelta(days=days)
        rows.story("wide", [rows.article(each, "Ferry aground", at=at) for each in outlets], rank=1)
        rows.story("recent", [rows.article(each, "Vote") for each in outlets[:2]], rank=2)
    with serving(sessions) as site:
        cards = site.page("/").text.split("<article")
        newest = site.page("/?sort=newest").text
    assert f"/stories/{lead}" in cards[1]
    assert 'class="card lead"' in cards[1]
    assert "card lead" not in newest


def test_card_names_outlets_in_latin_letters_and_the_quoted_one_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet("vestnik-zarechya", "Вестник Заречья"), rows.outlet("ledger")]
        articles = [rows.article(each, "Ferry runs aground") for each in outlets]
        quote = Quote(articles[1].id, "ledger", "The ferry lies on a sandbank.")
        rows.story("one", articles).details = to_json(Details(summary=(quote,)))
    with serving(sessions) as site:
        card = card_of(site.page("/").text, "Ferry runs aground")
    assert "<bdi>Vestnik Zarechya</bdi>" in card
    assert "Вестник" not in card
    assert re.search(
        r'<cite><a href="https://ledger.example/\d+" rel="noreferrer"><bdi>Ledger', card
    )
    assert card.count("<bdi>Ledger</bdi>") == 1


def test_a_quote_of_an_outlet_with_a_long_name_keeps_its_first_words(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet("long", "Gazette " * 24), rows.outlet("ledger")]
        articles = [rows.article(each, "Ferry runs aground") for each in outlets]
        quote = Quote(articles[0].id, "long", "The ferry lies on a sandbank off the coast.")
        rows.story("one", articles).details = to_json(Details(summary=(quote,)))
    with serving(sessions) as site:
        card = card_of(site.page("/?sort=newest").text, "Ferry runs aground")
    assert re.search(r"<q>The ferry lies", card)


def test_silence_of_few_active_outlets_says_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("one", [rows.article(rows.outlet(each), "Ferry aground") for each in "ab"])
    with serving(sessions) as site:
        assert "Too few <a" in card_of(site.page("/").text, "Ferry aground")


def test_story_with_new_outlets_is_developing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        for story, minutes in (("young", 20), ("old", 400)):
            articles = [
                rows.article(
                    rows.outlet(f"{story}-{n}"), story, at=NOW - timedelta(minutes=minutes)
                )
                for n in range(3)
            ]
            reports = [TimedReport(str(n), each.reported_at) for n, each in enumerate(articles)]
            rows.story(story, articles).details = to_json(Details(pace=measure_pace(reports)))
    with serving(sessions) as site:
        page = site.page("/").text
    assert "Developing" in card_of(page, "/stories/young")
    assert "Developing" not in card_of(page, "/stories/old")


def test_a_language_with_several_regions_is_named_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet("gb", language="en-GB"), rows.outlet("us", language="en-US")]
        rows.story("one", [rows.article(each, "Ferry runs aground") for each in outlets])
    with serving(sessions) as site:
        card = card_of(site.page("/").text, "Ferry runs aground")
    assert "· English\n" in card or "· English<" in card
    assert "English, English" not in card


def test_active_filters_are_named_with_links_to_remove_them(busy: Site) -> None:
    text = busy.page("/?country=DE&min_independent=3&since=-24h&outlet=outlet-1").text
    shown = text.partition("active-filters")[2].partition("</ul>")[0]
    assert "country: <b" in shown
    assert "Germany" in shown
    assert "24 hours" in shown
    links = [html.unescape(each) for each in re.findall(r'href="([^"]+)"', shown)]
    assert len(links) == 4
    assert "/?since=-24h&min_independent=3&outlet=outlet-1" in links
    assert "active-filters" not in busy.page("/?sort=newest").text


def test_storyline_is_one_block_and_single_outlets_come_last(busy: Site) -> None:
    page = busy.page("/").text
    block = page.split(f'href="/storylines/{LINE}"')[1].split("</ol>")[0]
    assert block.count('<article class="card short">') == 2
    several, single = page.split("From a single outlet")
    assert "single-" not in several
    assert "single-" in single


def test_filters_are_links_that_keep_each_other_and_lead_to_feed_and_json(busy: Site) -> None:
    page = busy.page("/?language=ar&sort=newest").text
    assert 'href="/?language=ar&amp;sort=newest&amp;country=EG"' in page
    assert 'href="/?sort=newest" aria-current="true"' in page  # the current value removes itself
    assert 'href="/?language=ar&amp;sort=newest&amp;since=-24h"' in page
    assert 'href="/v1/stories?language=ar&amp;sort=newest&amp;limit=50"' in page
    assert 'href="/?q=type%3Areport"' in busy.page("/").text
    reports = busy.page("/?q=type:report").text
    assert 'href="/" aria-current="true" dir="auto" rel="nofollow">Report</a>' in reports
    recent = busy.page("/?since=-3h").text
    assert 0 < recent.count('<article class="card') < busy.page("/").text.count("<article")
    since = re.search(r'href="(/v1/stories\?since=[^"]*)"', recent)
    assert since
    assert busy.get(since[1].replace("&amp;", "&")).status == 200


def test_new_stories_since_the_last_visit_are_marked(busy: Site) -> None:
    seen = int((BUSY_NOW - timedelta(hours=5)).timestamp())
    first = busy.page("/")
    assert "your last visit" not in first.text
    assert f"visit={int(BUSY_NOW.timestamp())};" in first.headers["set-cookie"]
    later = with_cookies(busy, "/", visit=str(seen))
    assert "your last visit, </span>13:00: " in later.text
    assert '<b class="mark fresh">New</b>' in later.text
    assert "new</b>" in card_of(later.text, "Parliament votes")
    assert "HttpOnly" in later.headers["set-cookie"]
    assert (later.headers["vary"], later.headers["cache-control"]) == (
        "Cookie, Accept-Language, Accept-Encoding",
        "private, no-cache",
    )
    etag = {"If-None-Match": later.headers["etag"], "Cookie": f"visit={seen}"}
    assert busy.get("/", accept=HTML, headers=etag).status == 304


def test_times_are_in_the_zone_of_the_reader(busy: Site) -> None:
    assert "All times are Asia/Tokyo" in busy.page("/?zone=Asia/Tokyo").text
    stored = with_cookies(busy, "/", zone='"Asia/Tokyo"').text
    card = card_of(stored, "Parliament votes")
    assert '<time datetime="2023-05-11T17:50:00Z">02:50</time>' in card
    assert "All times are UTC" in with_cookies(busy, "/", zone="../../etc/passwd").text
    assert busy.page("/?zone=Berlin").status == 422


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [
        ("", None),
        ("x.y", None),
        ("99999999999999999999", None),
        ("9.8", None),
        ("1.2.3", None),
        (str(int(NOW.timestamp()) + 1), None),
        ("60", Visit(None, datetime.fromisoformat("1970-01-01T00:01:00Z"))),
    ],
)
def test_only_a_valid_visit_is_read(cookie: str, expected: Visit | None) -> None:
    assert parse_visit(cookie, NOW) == expected


def test_a_visit_ends_after_half_an_hour() -> None:
    first = continue_visit(None, NOW)
    assert first.previous is None
    soon = continue_visit(first, NOW + timedelta(minutes=1))
    assert soon == first
    same = continue_visit(first, NOW + timedelta(minutes=20))
    assert same == Visit(None, NOW + timedelta(minutes=20))
    new = continue_visit(same, NOW + timedelta(hours=3))
    assert new == Visit(same.latest, NOW + timedelta(hours=3))
    assert parse_visit(new.cookie, NOW + timedelta(hours=3)) == new


def test_only_display_preferences_keep_the_response_cache() -> None:
    assert has_only_preferences('zone="Asia/Tokyo"; visit=60.90')
    assert not has_only_preferences("visit=60; session=secret")
    assert not has_only_preferences("secret")


def test_story_of_one_outlet_shows_its_date_once(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        orbit = rows.outlet("orbit", country="IE", language="en")
        rows.story("dated", [rows.article(orbit, "Comet seen", at=NOW - timedelta(days=2))])
        undated = rows.article(orbit, "Map made", published=None, date_flag="missing")
        rows.story("undated", [undated])
    with serving(sessions) as site:
        page = site.page("/").text
    lines = [
        " ".join(re.sub(r"<[^>]+>", "", card_of(page, f"/stories/{each}")).split())
        for each in ("dated", "undated")
    ]
    assert "Comet seen Orbit · Ireland · English · 2 d ago, 24 Apr All times" in lines[0]
    assert lines[1].count("no date") == 1
