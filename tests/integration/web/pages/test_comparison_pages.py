"""Pages that compare outlets with each other, and today with the days before."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from service.store.counts.stored_missing import update_stored_missing
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from tests.support.content.site.daily_coverage import LAST_STORY, fill_days
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over a month of daily stories, shared by all tests that only read."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill_days(session, NOW)
        update_stored_missing(session, limit=100)
    with serving(sessions) as running:
        yield running
    engine.dispose()


def test_two_outlets_are_compared(site: Site) -> None:
    text = site.page("/compare?outlet=harbour&outlet=cedar&days=30").text
    assert "Both</bdi> <b>29</b>" in text
    assert "Only Harbour Times</bdi> <b>1</b>" in text
    assert "Median lead: <bdi>Harbour Times</bdi> is 40 min earlier" in text
    assert f'href="/stories/{LAST_STORY}/' in text.split("Stories of Harbour Times without")[1]


def test_comparison_counts_the_stories_that_its_lists_leave_out(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        one, two, third = (rows.outlet(slug) for slug in ("one", "two", "third"))
        for number in range(12):
            reports = [rows.article(each, f"Event {number}") for each in (one, third)]
            rows.story(f"shared-{number}", reports)
        for number in range(2):
            rows.story(f"single-{number}", [rows.article(one, f"Notice {number}")])
            rows.story(f"other-{number}", [rows.article(two, f"Other notice {number}")])
    with serving(sessions) as site:
        text = site.page("/compare?outlet=one&outlet=two&days=30").text
    of_one, of_two = text.split("Stories of One without")[1].split("Stories of Two without")
    assert of_one.count('href="/stories/') == 10
    assert "And 2 earlier stories." in of_one
    assert "And 2 stories that no other outlet reports." in of_one
    assert 'href="/stories/' not in of_two
    assert "2 stories that no other outlet reports." in of_two
    assert "None." not in of_two


def test_comparison_needs_two_outlets_and_rejects_unknown_ones(site: Site) -> None:
    assert "Choose two different outlets" in site.page("/compare?outlet=cedar&outlet=cedar").text
    assert "Choose two different outlets" not in site.page("/compare?outlet=&outlet=").text
    assert site.page("/compare?outlet=cedar&outlet=nobody").status == 422
    assert site.page("/compare?outlet=a&outlet=b&outlet=c").status == 422


def test_missing_page_names_silent_countries_and_stories_without_them(site: Site) -> None:
    silent, _, in_stories = site.page("/missing").text.partition("Stories of these 24 hours")
    assert 'href="/outlets?country=LB"><bdi>Lebanon</bdi>' in silent
    assert 'href="/outlets?language=ar"><bdi>Arabic</bdi>' in silent
    assert "Germany" not in silent
    assert f'href="/stories/{LAST_STORY}/' in in_stories
    assert "<bdi>France</bdi>" in in_stories  # active, but not in this story
    story = in_stories.split(f'href="/stories/{LAST_STORY}/')[1].split("</li>")[0]
    assert re.search(r'No report from \d+ of \d+ .*active outlets</a>: <a href="/outlets/', story)


def test_missing_page_does_not_compare_a_day_of_few_articles(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("one", country="LB")
        for day in range(20):
            for number in range(1 if day == 0 else 4):
                rows.article(
                    outlet, f"Event {day}-{number}", at=NOW - timedelta(days=day, hours=bool(day))
                )
    with serving(sessions) as site:
        text = site.page("/missing").text
    assert "Only 1 article in these 24 hours, usually 4 a day: too few" in text
    assert "Nothing unusual" not in text
    assert "Lebanon" not in text


def test_missing_page_needs_a_week_of_articles(sessions: Sessions) -> None:
    with serving(sessions) as site:
        assert "needs at least seven days with articles" in site.page("/missing").text
