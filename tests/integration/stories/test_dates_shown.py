"""Dates in API, pages and feeds: first reporters, days without a time, undated reports."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from service.commands.stories import render
from service.domain.queries.conditions import Query
from service.domain.stories.description import Details
from service.domain.stories.pace import Pace
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.story_views.views import list_stories
from service.web.api.stories.schemas import StoryDetailOut
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

MIDNIGHT = NOW.replace(hour=0)
END_OF_DAY = MIDNIGHT + timedelta(hours=24, seconds=-1)
DAY_ONLY: dict[str, Any] = {
    "published": MIDNIGHT,
    "claimed_date": MIDNIGHT,
    "date_precision": "day",
    "reported_at": END_OF_DAY,
}
UNDATED: dict[str, Any] = {"published": None, "claimed_date": None, "date_flag": "missing"}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with an empty database."""
    with serving(sessions) as running:
        yield running


def add_stories(sessions: Sessions, **stories: dict[str, dict[str, Any]]) -> None:
    """Add stories with a report of each outlet, half an hour apart, by slug."""
    with sessions.begin() as session:
        rows = Rows(session)
        slugs = {slug for reports in stories.values() for slug in reports}
        outlets = {slug: rows.outlet(slug) for slug in sorted(slugs)}
        for story, reports in stories.items():
            members = [
                rows.article(
                    outlets[slug], f"{slug} report", at=NOW + timedelta(minutes=30 * n), **values
                )
                for n, (slug, values) in enumerate(reports.items())
            ]
            pace = Pace(1, 1, NOW, 1, NOW)
            rows.story(story, members, details=to_json(Details(pace=pace)))


def test_report_of_a_day_is_among_the_first(sessions: Sessions, site: Site) -> None:
    add_stories(sessions, ferry={"quay": {}, "bay": DAY_ONLY})

    story = site.get("/v1/stories/ferry").json
    assert story["first_reporter"] is None
    assert [each["slug"] for each in story["among_first"]] == ["quay", "bay"]
    members = {each["outlet"]["slug"]: each for each in story["members"]}
    assert (members["bay"]["date_precision"], members["quay"]["date_precision"]) == (
        "day",
        "minute",
    )
    assert members["bay"]["published"] == "2023-04-26T00:00:00Z"
    assert members["bay"]["reported_at"] == "2023-04-26T23:59:59Z"
    page = site.page("/stories/ferry").text
    assert "Among the first" in page
    assert "First: " not in page
    assert '<time datetime="2023-04-26T23:59:59Z">26 Apr</time> · time unknown' in page


def test_undated_report_is_last_and_never_first(sessions: Sessions, site: Site) -> None:
    add_stories(sessions, ferry={"bay": UNDATED, "quay": {}})

    story = site.get("/v1/stories/ferry").json
    assert [each["outlet"]["slug"] for each in story["members"]] == ["quay", "bay"]
    assert [each["slug"] for each in story["outlets"]] == ["quay", "bay"]
    assert [each["slug"] for each in story["among_first"]] == ["quay"]
    assert [each["date_precision"] for each in story["members"]] == ["minute", None]
    first = site.get("/v1/stories/ferry/articles?limit=1").json
    second = site.get(f"/v1/stories/ferry/articles?limit=1&cursor={first['next']}").json
    assert [each["items"][0]["outlet"]["slug"] for each in (first, second)] == ["quay", "bay"]
    timeline = site.get("/v1/stories/ferry/timeline").json["items"]
    assert [each["outlet"] for each in timeline] == ["bay", "quay"]
    assert "no date</span>, no later than" in site.page("/stories/ferry").text


def test_only_cards_without_a_dated_report_are_marked(sessions: Sessions, site: Site) -> None:
    add_stories(sessions, ferry={"quay": {}, "bay": UNDATED}, bridge={"post": UNDATED})

    _, *cards = site.page("/").text.split('<article class="card')
    marked = {"/stories/bridge" in card for card in cards if "date-warning" in card}
    assert (len(cards), marked) == (2, {True})


def test_terminal_marks_unknown_times(sessions: Sessions, site: Site) -> None:
    add_stories(
        sessions, ferry={"quay": {}, "bay": DAY_ONLY, "post": UNDATED}, bridge={"post": UNDATED}
    )
    with sessions.begin() as session:
        listed = list_stories(session, Query()).items
        lines = {each.id: render.format_story_line(each) for each in listed}
    detail = StoryDetailOut.model_validate(site.get("/v1/stories/ferry").json)
    shown = render.format_story_detail(detail)

    assert {key: "[no date]" in line for key, line in lines.items()} == {
        "ferry": False,
        "bridge": True,
    }
    assert "quay report\n" in shown
    assert "bay report  [no time]" in shown
    assert "post report  [no date]" in shown


def test_feeds_state_no_publication_time_that_is_unknown(sessions: Sessions, site: Site) -> None:
    add_stories(sessions, ferry={"quay": {}, "bay": DAY_ONLY, "post": UNDATED})
    items = site.get("/v1/stories/ferry/feed.json").json["items"]
    dates = {each["authors"][0]["name"]: each.get("date_published") for each in items}
    assert dates == {"Quay": "2023-04-26T06:00:00Z", "Bay": None, "Post": None}
    atom = site.page("/v1/stories/ferry/feed.atom").text
    assert (atom.count("<entry>"), atom.count("<published>")) == (3, 1)
    rss = site.page("/v1/stories/ferry/feed.rss").text
    assert (rss.count("<item>"), rss.count("<pubDate>")) == (3, 1)


def test_outlet_is_not_first_if_another_may_have_been_earlier(
    sessions: Sessions, site: Site
) -> None:
    add_stories(
        sessions,
        ferry={"quay": {}, "bay": {}},
        bridge={"quay": {}, "bay": {}, "post": DAY_ONLY},
        tower={"quay": DAY_ONLY, "bay": {}},
    )

    quay, post = (site.get(f"/v1/outlets/{slug}").json["stats"] for slug in ("quay", "post"))
    assert (quay["stories"], quay["shared_stories"], quay["first_reports"]) == (2, 2, 1)
    assert (post["stories"], post["first_reports"]) == (0, 0)
