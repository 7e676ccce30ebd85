"""Admission: one article per canonical URL, with all former revisions."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.articles.entries import Draft, content_hash
from service.domain.catalogue.outlets import Outlet
from service.store.articles import articles
from service.store.articles.articles import AdmissionCounts, Source
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database.sessions import Sessions
from service.store.tables import ArticleRow, RevisionRow

NOW = datetime(2023, 4, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OUTLETS = [
    Outlet("courier", "Courier", sites=("courier.example",), family="quay"),
    Outlet("wire", "Wire", sites=("wire.example",), agency=True),
]


def draft(path: str = "a", **changes: object) -> Draft:
    new = Draft(
        url=f"https://courier.example/{path}",
        link=f"https://courier.example/{path}?utm_source=rss",
        title="Harbour reopens",
        text="The harbour has reopened.",
        body="",
        author="",
        language="en",
        published=NOW - timedelta(hours=2),
        claimed_date=NOW - timedelta(hours=2),
        date_flag="ok",
        updated=None,
        categories=("port",),
        content_hash="",
    )
    new = replace(new, **changes)  # type: ignore[arg-type]  # the tests name real fields
    return replace(new, content_hash=content_hash(new.title, new.text, new.body))


@pytest.fixture
def source(sessions: Sessions) -> Source:
    with sessions.begin() as session:
        feeds.save_outlets(session, OUTLETS)
        feed = NewFeed("https://courier.example/rss", "courier", "Courier")
        feeds.add_feeds(session, [feed], now=NOW)
        row = feeds.find_feed_by_url(session, feed.url)
        assert row is not None
        ids, sites = feeds.load_outlet_ids(session), feeds.load_site_index(session)
        return Source(row.id, row.outlet_id, ids, sites)


def admit(
    sessions: Sessions, source: Source, *drafts: Draft, now: datetime = NOW
) -> AdmissionCounts:
    with sessions.begin() as session:
        return articles.admit(session, drafts, source, now=now)


def stored(sessions: Sessions) -> list[ArticleRow]:
    with sessions.begin() as session:
        return list(session.scalars(select(ArticleRow).order_by(ArticleRow.id)))


def test_new_url_is_new_article(sessions: Sessions, source: Source):
    assert admit(sessions, source, draft("a"), draft("b")) == AdmissionCounts(new=2, revised=0)
    [first, second] = stored(sessions)
    assert {first.url, second.url} == {"https://courier.example/a", "https://courier.example/b"}
    assert first.reported_at == NOW - timedelta(hours=2)


def test_unchanged_draft_changes_nothing(sessions: Sessions, source: Source):
    admit(sessions, source, draft())
    assert admit(sessions, source, draft(), now=LATER) == AdmissionCounts(new=0, revised=0)


def test_changed_article_keeps_former_revision(sessions: Sessions, source: Source):
    admit(sessions, source, draft())
    edited = draft(title="Harbour reopens after storm")
    assert admit(sessions, source, edited, now=LATER) == AdmissionCounts(new=0, revised=1)
    [row] = stored(sessions)
    assert (row.title, row.revision, row.first_seen) == ("Harbour reopens after storm", 2, NOW)
    with sessions.begin() as session:
        [old] = session.scalars(select(RevisionRow))
        assert (old.title, old.number, old.replaced_at) == ("Harbour reopens", 1, LATER)


def test_older_version_does_not_replace_newer_one(sessions: Sessions, source: Source):
    admit(sessions, source, draft(title="Newer", updated=NOW))
    assert admit(sessions, source, draft(title="Older")) == AdmissionCounts(new=0, revised=0)
    assert stored(sessions)[0].title == "Newer"


def test_untrusted_date_is_stored_but_not_used(sessions: Sessions, source: Source):
    future = datetime(2031, 1, 1, tzinfo=UTC)
    admit(sessions, source, draft(published=None, claimed_date=future, date_flag="future"))
    [row] = stored(sessions)
    assert (row.published, row.claimed_date, row.date_flag) == (None, future, "future")
    assert row.reported_at == NOW


def test_link_determines_outlet(sessions: Sessions, source: Source):
    elsewhere = draft(url="https://wire.example/x", link="https://wire.example/x")
    unknown = draft(url="https://other.example/y", link="https://other.example/y")
    admit(sessions, source, elsewhere, unknown)
    by_url = {row.url: row.outlet_id for row in stored(sessions)}
    assert by_url["https://wire.example/x"] == source.outlet_ids["wire"]
    assert by_url["https://other.example/y"] == source.outlet_ids["courier"]


def test_concurrent_admission_stores_article_once(sessions: Sessions, source: Source):
    drafts = [draft(str(number)) for number in range(50)]
    with ThreadPoolExecutor(4) as pool:
        orders = (drafts, drafts[::-1], drafts[25:] + drafts[:25], drafts[::2] + drafts[1::2])
        admitted = list(pool.map(lambda order: admit(sessions, source, *order), orders))
    assert sum(each.new for each in admitted) == 50
    assert len(stored(sessions)) == 50


def test_load_returns_longer_of_lead_and_body(sessions: Sessions, source: Source):
    admit(sessions, source, draft("a"), draft("b", body="A long text. " * 9))
    with sessions.begin() as session:
        loaded = articles.load(session, [row.id for row in stored(sessions)])
    assert {article.text for article in loaded} == {draft().text, "A long text. " * 9}
    assert {article.outlet for article in loaded} == {"courier"}
