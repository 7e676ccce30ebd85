"""`/v1/match` through HTTP, beside what the job `place` decides for the same report."""

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
from service.store.database.sessions import sessions_of
from service.store.editing import actions
from service.store.editing.actions import EditorAction
from service.store.tables import ArticleRow, Base, MembershipRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.feed_reports import FERRY, MEETING, MEETING_AGAIN, item, rss
from tests.support.database.embedded_articles import reading
from tests.support.servers.feed_server import FeedServer, reply
from tests.support.servers.site import Answer, Site, serving

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
    """Reports that arrive, and a server beside them."""

    def __init__(self, context: Context, feeds: FeedServer, site: Site) -> None:
        self.context = context
        self.site = site
        self._feeds = feeds

    def publish(self, *items: str) -> None:
        """Bring reports in and place them."""
        self._feeds.routes["/feed"] = reply(rss(items))
        with self.context.sessions.begin() as session:
            feeds.save_outlets(session, OUTLETS)
            feed = NewFeed(self._feeds.url("/feed"), "daily", "feed")
            feeds.add_feeds(session, [feed], now=self.context.clock())
            feeds.make_due(session, now=self.context.clock())
        for job in (fetch, embed, place):
            job(self.context)

    def match(self, **report: Any) -> Answer:
        """Ask where a report belongs."""
        return post(self.site, json.dumps(report).encode())

    def membership(self, title: str) -> MembershipRow:
        """Where an article is."""
        with self.context.sessions.begin() as session:
            statement = select(MembershipRow).join(
                ArticleRow, ArticleRow.id == MembershipRow.article_id
            )
            found = session.scalars(statement.where(ArticleRow.title == title)).one()
            session.expunge(found)
            return found

    def counts(self) -> dict[str, int]:
        """Rows of every table."""
        with self.context.sessions.begin() as session:
            return {
                table.name: session.scalar(text(f"SELECT count(*) FROM {table.name}")) or 0
                for table in Base.metadata.sorted_tables
            }


def post(site: Site, body: bytes) -> Answer:
    """Send a body as JSON."""
    headers = {"Content-Type": "application/json"}
    return site.get("/v1/match", method="POST", headers=headers, body=body)


@pytest.fixture
def newsroom(context: Context, feed_server: FeedServer, clock: Clock) -> Iterator[Newsroom]:
    """A newsroom with two reports of two events."""
    with serving(context.sessions, clock=clock, reading=reading()) as site:
        made = Newsroom(context, feed_server, site)
        made.publish(item("1", MEETING, NOW), item("3", FERRY, NOW))
        yield made


def test_a_report_matches_where_place_would_put_it_and_nothing_is_stored(
    newsroom: Newsroom,
) -> None:
    before = newsroom.counts()
    told = newsroom.match(**REPORT).json
    assert newsroom.counts() == before
    home, ferry = newsroom.membership(MEETING[0]), newsroom.membership(FERRY[0])
    assert told["story"]["id"] == home.story_id
    assert told["nearest"][0]["article"] == home.article_id
    assert told["nearest"][0]["shares"]
    assert told["article"] is None
    assert told["language"] == "en"

    newsroom.publish(item("2", MEETING_AGAIN, NOW, host="evening.example"))
    placed = newsroom.membership(MEETING_AGAIN[0])
    assert placed.story_id == home.story_id
    assert told["score"] == placed.score
    stored = placed.evidence
    assert told["nearest"][0]["score"] == stored["nearest"][0]["score"]
    if "next" in stored:
        assert told["next_best"]["story"] == stored["next"]["story"] == ferry.story_id


def test_a_stored_address_is_known_by_that_alone(newsroom: Newsroom) -> None:
    home = newsroom.membership(MEETING[0])
    told = newsroom.match(title="Other words", url="https://daily.example/1?utm_source=x").json
    assert told["article"] == home.article_id
    assert told["story"]["id"] == home.story_id
    assert newsroom.match(url="https://daily.example/1").json == told
    unknown = newsroom.match(url="https://daily.example/99")
    assert (unknown.status, "no story has a report of this url" in unknown.text) == (422, True)


def test_a_report_of_another_event_belongs_to_none(newsroom: Newsroom) -> None:
    told = newsroom.match(title="Glacier museum opens its doors in Quillport").json
    assert told["story"] is None
    assert told["score"] is None


def test_a_report_far_from_the_window_belongs_to_none(newsroom: Newsroom) -> None:
    long_before = (NOW - timedelta(days=90)).isoformat()
    told = newsroom.match(**REPORT | {"published": long_before}).json
    assert told["story"] is None
    assert told["nearest"] == []
    to_come = (NOW + timedelta(days=9)).isoformat()
    assert newsroom.match(**REPORT | {"published": to_come}).json["date_flag"] == "future"


def test_a_hidden_story_is_no_match_and_a_locked_one_is(newsroom: Newsroom) -> None:
    home = newsroom.membership(MEETING[0]).story_id
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=1), NOW - timedelta(days=9))
    with newsroom.context.sessions.begin() as session:
        actions.mark_story(session, act, "lock", home)
    assert newsroom.match(**REPORT).json["story"]["id"] == home
    act = EditorAction("ann", "wrong", NOW + timedelta(hours=2), NOW - timedelta(days=9))
    with newsroom.context.sessions.begin() as session:
        actions.mark_story(session, act, "hide", home)
    told = newsroom.match(**REPORT, language="en")
    assert home not in told.text
    assert newsroom.match(title="Same", url="https://daily.example/1").json["article"] is None


def test_reprints_name_their_original(newsroom: Newsroom) -> None:
    words = " ".join(f"Sentence {number} tells detail {number}." for number in range(20))
    newsroom.publish(item("9", ("A long report on details", words), NOW))
    told = newsroom.match(title="A long report on details", text=words, outlet="evening").json
    assert told["copy_of"] == newsroom.membership("A long report on details").article_id


def test_before_anything_was_placed_nothing_matches(context: Context) -> None:
    with serving(context.sessions, reading=reading()) as site:
        answer = post(site, json.dumps({"title": MEETING[0]}).encode())
    assert answer.status == 200
    assert answer.json["story"] is None


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"{}", 422, "neither title nor text"),
        (b'{"title": "...", "text": " "}', 422, "neither title nor text"),
        (b'{"title": "a\\u0000b"}', 422, "title"),
        (b'{"title": "\\ud800"}', 422, "title"),
        (b'{"title": 7}', 422, "title"),
        (b'{"title": "x", "unknown": 1}', 422, "unknown"),
        (b'{"title": "x", "published": "never"}', 422, "published"),
        (b'{"title": "x", "language": "english language"}', 422, "language"),
        (b'{"title": "' + b"x" * 1001 + b'"}', 422, "title"),
        (b'{"text": "' + b"x " * 60_000 + b'"}', 422, "text"),
        (b"[" * 100_000, 400, "body"),
        (b"not json", 422, "JSON"),
        (b"", 422, ""),
        (b'{"text": "' + b"x " * 600_000 + b'"}', 413, "1048576 bytes"),
    ],
)
def test_what_cannot_be_matched_is_refused_with_a_reason(
    quiet: Site, body: bytes, status: int, reason: str
) -> None:
    answer = post(quiet, body)
    assert answer.status == status, answer.text[:300]
    assert reason in answer.json["detail"]


def test_a_body_of_unknown_length_is_read_no_further_than_the_limit(quiet: Site) -> None:
    part = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    body = b'1\r\n"\r\n' + part * 17 + b"0\r\n\r\n"
    answer = quiet.get("/v1/match", method="POST", headers=headers, body=body)
    assert answer.status == 413


@pytest.fixture(scope="module")
def quiet(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server over an empty store."""
    engine = schema.connect(new_database())
    with serving(sessions_of(engine), reading=reading()) as running:
        yield running
    engine.dispose()
