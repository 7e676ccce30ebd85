"""HTTP API: `/v1/match`, compared with the job `place` for the same report."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from jobs.embed import embed
from jobs.fetch import fetch
from jobs.place import place
from jobs.running.context import Context
from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database import schema
from service.store.database.sessions import make_sessions
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.tables import ArticleRow, Base, MembershipRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.feed_reports import FERRY, MEETING, MEETING_AGAIN, item, rss
from tests.support.database.embedded_articles import model_context
from tests.support.servers.feed_server import FeedServer, reply
from tests.support.servers.site import Site, SiteResponse, serving

OUTLETS = [
    Outlet("daily", "Daily", family="quay", sites=("daily.example",)),
    Outlet("evening", "Evening", family="quay", sites=("evening.example",)),
]
REPORT = {
    "title": MEETING_AGAIN[0],
    "text": MEETING_AGAIN[1],
    "url": "https://evening.example/2",
    "outlet": "evening",
    "published": NOW.isoformat(),
}


class Newsroom:
    """A feed of reports, and a server on the same database."""

    def __init__(self, context: Context, feeds: FeedServer, site: Site) -> None:
        self.context = context
        self.site = site
        self._feeds = feeds

    def publish(self, *items: str) -> None:
        """Publish reports, fetch and place them."""
        self._feeds.routes["/feed"] = reply(rss(items))
        with self.context.sessions.begin() as session:
            feeds.save_outlets(session, OUTLETS)
            feed = NewFeed(self._feeds.url("/feed"), "daily", "feed")
            feeds.add_feeds(session, [feed], now=self.context.clock())
            feeds.make_all_due(session, now=self.context.clock())
        for job in (fetch, embed, place):
            job(self.context)

    def match(self, **report: Any) -> SiteResponse:
        """Match a report."""
        return post(self.site, json.dumps(report).encode())

    def membership(self, title: str) -> MembershipRow:
        """Return the membership of an article."""
        with self.context.sessions.begin() as session:
            statement = select(MembershipRow).join(
                ArticleRow, ArticleRow.id == MembershipRow.article_id
            )
            membership = session.scalars(statement.where(ArticleRow.title == title)).one()
            session.expunge(membership)
            return membership

    def counts(self) -> dict[str, int]:
        """Count the rows of every table, except rate limits."""
        with self.context.sessions.begin() as session:
            return {
                table.name: session.scalar(text(f"SELECT count(*) FROM {table.name}")) or 0
                for table in Base.metadata.sorted_tables
                if table.name != "rate_buckets"
            }


def post(site: Site, body: bytes) -> SiteResponse:
    """Post a body as JSON."""
    headers = {"Content-Type": "application/json"}
    return site.get("/v1/match", method="POST", headers=headers, body=body)


@pytest.fixture
def newsroom(context: Context, feed_server: FeedServer, clock: Clock) -> Iterator[Newsroom]:
    """A newsroom with two reports of two events."""
    with serving(context.sessions, clock=clock, model_context=model_context()) as site:
        made = Newsroom(context, feed_server, site)
        made.publish(item("1", MEETING, NOW), item("3", FERRY, NOW))
        yield made


def test_match_equals_place_and_stores_nothing(
    newsroom: Newsroom,
) -> None:
    before = newsroom.counts()
    result = newsroom.match(**REPORT).json
    assert newsroom.counts() == before
    home, ferry = newsroom.membership(MEETING[0]), newsroom.membership(FERRY[0])
    assert result["story"]["id"] == home.story_id
    assert result["nearest"][0]["article"] == home.article_id
    assert result["nearest"][0]["contributions"]
    assert result["article"] is None
    assert result["language"] == "en"

    newsroom.publish(item("2", MEETING_AGAIN, NOW, host="evening.example"))
    placed = newsroom.membership(MEETING_AGAIN[0])
    assert placed.story_id == home.story_id
    assert result["score"] == placed.score
    stored = placed.evidence
    assert result["nearest"][0]["score"] == stored["nearest"][0]["score"]
    if "next" in stored:
        assert result["next_best"]["story"] == stored["next"]["story"] == ferry.story_id


def test_stored_url_matches_its_article(newsroom: Newsroom) -> None:
    home = newsroom.membership(MEETING[0])
    result = newsroom.match(title="Other words", url="https://daily.example/1?utm_source=x").json
    assert result["article"] == home.article_id
    assert result["story"]["id"] == home.story_id
    assert newsroom.match(url="https://daily.example/1").json == result
    unknown = newsroom.match(url="https://daily.example/99")
    assert (unknown.status, "no stored article has this url" in unknown.text) == (422, True)


def test_report_of_other_event_matches_no_story(newsroom: Newsroom) -> None:
    result = newsroom.match(title="Glacier museum opens its doors in Quillport").json
    assert result["story"] is None
    assert result["score"] is None


def test_report_outside_window_matches_no_story(newsroom: Newsroom) -> None:
    long_before = (NOW - timedelta(days=90)).isoformat()
    result = newsroom.match(**REPORT | {"published": long_before}).json
    assert result["story"] is None
    assert result["nearest"] == []
    to_come = (NOW + timedelta(days=9)).isoformat()
    assert newsroom.match(**REPORT | {"published": to_come}).json["date_flag"] == "future"


def test_locked_story_matches_and_hidden_story_does_not(newsroom: Newsroom) -> None:
    home = newsroom.membership(MEETING[0]).story_id
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=1), NOW - timedelta(days=9))
    with newsroom.context.sessions.begin() as session:
        actions.mark_story(session, act, "lock", home)
    assert newsroom.match(**REPORT).json["story"]["id"] == home
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=2), NOW - timedelta(days=9))
    with newsroom.context.sessions.begin() as session:
        actions.mark_story(session, act, "hide", home)
    result = newsroom.match(**REPORT, language="en")
    assert home not in result.text
    assert newsroom.match(title="Same", url="https://daily.example/1").json["article"] is None


def test_copy_names_original(newsroom: Newsroom) -> None:
    words = " ".join(f"Sentence {number} adds detail {number}." for number in range(20))
    newsroom.publish(item("9", ("A long report on details", words), NOW))
    result = newsroom.match(title="A long report on details", text=words, outlet="evening").json
    assert result["copy_of"] == newsroom.membership("A long report on details").article_id


def test_empty_store_has_no_match(context: Context) -> None:
    with serving(context.sessions, model_context=model_context()) as site:
        response = post(site, json.dumps({"title": MEETING[0]}).encode())
    assert response.status == 200
    assert response.json["story"] is None


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{}", 422, "title and text contain no words"),
        (b'{"title": "...", "text": " "}', 422, "title and text contain no words"),
        (b'{"title": "a\\u0000b"}', 422, "title"),
        (b'{"title": "\\ud800"}', 422, "title"),
        (b'{"title": 7}', 422, "title"),
        (b'{"title": "x", "unknown": 1}', 422, "unknown"),
        (b'{"title": "x", "published": "never"}', 422, "published"),
        (b'{"title": "x", "language": "english language"}', 422, "language"),
        (b'{"title": "x", "language": "xx"}', 422, "expected an ISO 639 code"),
        (b'{"title": "' + b"x" * 1001 + b'"}', 422, "title"),
        (b'{"text": "' + b"x " * 60_000 + b'"}', 422, "text"),
        (b"[" * 100_000, 400, "body"),
        (b"not json", 400, "JSON"),
        (b"", 422, ""),
        (b'{"text": "' + b"x " * 600_000 + b'"}', 413, "1048576 bytes"),
    ],
)
def test_invalid_report_returns_error_with_reason(
    empty_site: Site, body: bytes, status: int, reason: str
) -> None:
    response = post(empty_site, body)
    assert response.status == status, response.text[:300]
    assert reason in response.json["detail"]


def test_chunked_body_over_limit_returns_413(empty_site: Site) -> None:
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    body = b'1\r\n"\r\n' + part * 17 + b"0\r\n\r\n"
    response = empty_site.get("/v1/match", method="POST", headers=headers, body=body)
    assert response.status == 413


@pytest.fixture(scope="module")
def empty_site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with an empty database."""
    engine = schema.make_engine(new_database())
    with serving(make_sessions(engine), model_context=model_context()) as running:
        yield running
    engine.dispose()
