"""Tests of summary, entities, developments, pace and rank in the API, pages and terminal."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from service.commands.stories import render
from service.domain.articles.coverage import AgencyText
from service.domain.entities.gazetteer import Kind
from service.domain.entities.story_entities import Entity
from service.domain.queries.conditions import Query
from service.domain.stories.description import Details
from service.domain.stories.developments import Development
from service.domain.stories.pace import Delay, Pace
from service.domain.stories.ranking import compute_rank
from service.domain.stories.wording.summary import Quote
from service.store.database.sessions import Sessions
from service.store.stories.details import to_json
from service.store.story_views.views import list_stories
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

SENTENCE = "A <ferry> struck the pier of Orlan harbour."


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A server with an empty database."""
    with serving(sessions) as running:
        yield running


def fill(sessions: Sessions) -> None:
    """Insert a story of two outlets, two hours apart, with a quote of an article that left it."""
    with sessions.begin() as session:
        rows = Rows(session)
        early, late = NOW - timedelta(hours=2), NOW
        first = rows.article(rows.outlet("quay", "The Quay"), "Ferry strikes pier", at=early)
        second = rows.article(rows.outlet("bay", "The Bay"), "Pier closed", at=late, language="ar")
        details = Details(
            summary=(
                Quote(first.id, "quay", SENTENCE, complete=True),
                Quote(second.id, "bay", "The harbour was closed when…", complete=False),
                Quote(1, "gone", "A sentence of a removed article.", complete=True),
            ),
            entities=(
                Entity("Ruth Pell", Kind.PERSON, 2),
                Entity("Orlan", Kind.PLACE, 2),
                Entity("Orlan Port Authority", Kind.ORGANISATION, 1),
            ),
            developments=(
                Development(first.id, "quay", early, "Ferry strikes pier", 1),
                Development(second.id, "bay", late, "Pier closed", 2),
            ),
            pace=Pace(2 / 3, 2 / 3, late, 1, early),
            delays=(
                Delay("quay", early, timedelta(0), copy=False),
                Delay("bay", late, timedelta(hours=2), copy=True),
            ),
            rank=compute_rank(2, late, 1.0),
        )
        rows.story("ferry", [first, second], details=to_json(details))


def test_story_response_has_summary_entities_and_developments(
    sessions: Sessions, site: Site
) -> None:
    fill(sessions)
    story = site.get("/v1/stories/ferry").json
    quote, cut = story["summary"]
    assert quote["text"] == SENTENCE
    assert quote["outlet"] == {"slug": "quay", "name": "The Quay"}
    assert quote["article"] == story["members"][0]["id"]
    assert (cut["outlet"]["name"], cut["complete"]) == ("The Bay", False)
    assert story["entities"] == {
        "people": [{"name": "Ruth Pell", "articles": 2}],
        "places": [{"name": "Orlan", "articles": 2}],
        "organisations": [{"name": "Orlan Port Authority", "articles": 1}],
    }
    assert [each["outlets"] for each in story["developments"]] == [1, 2]


def test_story_response_has_pace_delays_and_rank(sessions: Sessions, site: Site) -> None:
    fill(sessions)
    story = site.get("/v1/stories/ferry").json
    assert story["first_reporter"]["outlet"]["name"] == "The Quay"
    assert [(each["seconds"], each["is_copy"]) for each in story["delays"]] == [
        (0, False),
        (7200, True),
    ]
    assert story["pace"]["articles_per_hour"] == 2 / 3
    assert story["pace"]["peak_at"] == "2023-04-26T04:00:00Z"
    rank = story["rank"]
    assert (rank["coverage"], rank["velocity"]) == (12, 3)
    assert rank["total"] == rank["recency"] + 15


def test_undescribed_story_has_empty_details(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        rows.story("fresh", [rows.article(rows.outlet("quay"), "Ferry strikes pier")])
    story = site.get("/v1/stories/fresh").json
    assert story["summary"] == story["developments"] == story["delays"] == []
    assert story["pace"] is story["rank"] is story["first_reporter"] is None
    page = site.page("/stories/fresh")
    assert page.status == 200
    assert 'id="summary"' not in page.text


def test_story_page_shows_quotes_with_their_outlets(sessions: Sessions, site: Site) -> None:
    fill(sessions)
    page = site.page("/stories/ferry").text
    assert "A &lt;ferry&gt; struck the pier of Orlan harbour." in page
    assert "<bdi>The Quay</bdi></a></cite>" in page
    assert re.search(
        r"<bdi>The Bay</bdi></a></cite>[^:]*: <q>[^<]+</q> \(truncated in the feed\)", page
    )
    assert "removed article" not in page
    for text in ("Ruth Pell", "Orlan Port Authority", "<dt>First</dt>", "Busiest hour"):
        assert text in page
    assert "<small>first</small>" in page
    assert "<small>+2 h</small>" in page
    assert ' lang="ar" dir="rtl">Pier closed</a> <span' in page


def test_outlets_of_the_family_of_an_agency_do_not_count(sessions: Sessions, site: Site) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        wire = rows.outlet("wire", family="press")
        herald = rows.outlet("herald", family="press")
        titles = ("Ferry strikes pier", "Ferry strikes a pier", "Why ferries strike piers")
        outlets = (wire, rows.outlet("sun"), herald)
        members = [rows.article(*each) for each in zip(outlets, titles, strict=True)]
        texts = (AgencyText("Wire", "wire", (members[0].id, members[1].id)),)
        rows.story("ferry", members, details=to_json(Details(agencies=texts)))
    page = site.get("/stories/ferry").text
    notes = re.findall(r"<span>not counted: (.+?)</span>", page)
    assert sorted(notes) == ["agency text", "same owner as <bdi>Wire</bdi>"]
    assert "1 same owner</dt>\n<dd><bdi>Herald</bdi> (with <bdi>Wire</bdi>)</dd>" in page
    assert "1 agency text</dt>\n<dd><bdi>Sun</bdi></dd>" in page
    assert "1 report besides copies with text of <bdi>Wire</bdi>" in page


def test_terminal_explains_a_rank(sessions: Sessions) -> None:
    fill(sessions)
    with sessions.begin() as session:
        [story] = list_stories(session, Query()).items
    assert render.format_story_line(story).count("\n") == 0
    explained = render.format_story_line(story, NOW + timedelta(hours=5)).split("\n")[1].strip()
    assert explained == "rank +10.0 h = +12.0 independent coverage +3.0 velocity -5.0 recency"
