"""Admission: one article per entry, with all former revisions."""

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from service.domain.articles.entries import Draft, Publisher, content_hash
from service.domain.catalogue.outlets import Outlet
from service.domain.identity.revisions import MAX_REVISIONS_PER_DAY
from service.domain.text.dates import DateFlag
from service.store.articles import articles
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.database.sessions import Sessions
from service.store.identity import admission
from service.store.identity.admission import AdmissionCounts, Source
from service.store.identity.keys import MAX_LINKS
from service.store.tables import ArticleKeyRow, ArticleRow, OutletRow, RevisionRow

NOW = datetime(2023, 4, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = NOW + HOUR
OUTLETS = [
    Outlet("courier", "Courier", sites=("courier.example",), family="quay"),
    Outlet("wire", "Wire", sites=("wire.example",), agency=True),
]


def draft(path: str = "a", **changes: object) -> Draft:
    new = Draft(
        url=f"http://courier.example/{path}/?utm_source=rss",
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


def add_feed(sessions: Sessions, url: str) -> int:
    with sessions.begin() as session:
        feeds.add_feeds(session, [NewFeed(url, "courier", "Courier")], now=NOW)
        row = feeds.find_feed_by_url(session, url)
        assert row is not None
        return row.id


def admit(
    sessions: Sessions,
    source: Source,
    *drafts: Draft,
    now: datetime = NOW,
    future_tolerance: timedelta = 2 * HOUR,
) -> AdmissionCounts:
    with sessions.begin() as session:
        return admission.admit(session, drafts, source, now=now, future_tolerance=future_tolerance)


def stored(sessions: Sessions) -> list[ArticleRow]:
    with sessions.begin() as session:
        return list(session.scalars(select(ArticleRow).order_by(ArticleRow.id)))


def test_new_url_is_new_article(sessions: Sessions, source: Source):
    assert admit(sessions, source, draft("a"), draft("b")) == AdmissionCounts(new=2, revised=0)
    [first, second] = stored(sessions)
    assert {first.url, second.url} == {draft("a").url, draft("b").url}
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


def test_feed_does_not_replace_the_version_of_another_feed(sessions: Sessions, source: Source):
    other = replace(source, feed_id=add_feed(sessions, "https://courier.example/world"))
    admit(sessions, source, draft(title="Newer", updated=NOW))
    for title, updated in (("Teaser", None), ("Teaser", None), ("Older", NOW - HOUR)):
        assert admit(sessions, other, draft(title=title, updated=updated)).revised == 0
    assert stored(sessions)[0].title == "Newer"


def test_later_update_in_another_feed_is_a_revision(sessions: Sessions, source: Source):
    other = replace(source, feed_id=add_feed(sessions, "https://courier.example/world"))
    admit(sessions, source, draft(updated=NOW - HOUR))
    assert admit(sessions, other, draft(title="Corrected", updated=NOW)).revised == 1
    assert admit(sessions, source, draft(updated=NOW - HOUR)).revised == 0
    assert stored(sessions)[0].title == "Corrected"


def test_missing_update_does_not_block_a_correction(sessions: Sessions, source: Source):
    admit(sessions, source, draft(updated=NOW))
    corrected = draft(text="The harbour stays closed.")
    assert admit(sessions, source, corrected, now=LATER).revised == 1


def test_alternating_content_is_revised_once_a_day(sessions: Sessions, source: Source):
    versions = [draft(), draft(title="Harbour reopens after storm")]
    revised = [
        admit(sessions, source, versions[hour % 2], now=NOW + hour * HOUR).revised
        for hour in range(24 * 3)
    ]
    assert revised[:3] == [0, 1, 0]
    assert sum(revised) <= 4


def test_revisions_per_day_are_limited_and_the_last_version_arrives(
    sessions: Sessions, source: Source
):
    admit(sessions, source, draft())
    changes = [draft(text=f"Passengers wait at gate {number}.") for number in range(20)]
    revised = [
        admit(sessions, source, each, now=NOW + number * timedelta(minutes=5)).revised
        for number, each in enumerate(changes)
    ]
    assert sum(revised) == MAX_REVISIONS_PER_DAY
    assert admit(sessions, source, changes[-1], now=NOW + timedelta(days=2)).revised == 1
    assert stored(sessions)[0].text == changes[-1].text


def test_changed_counters_are_not_a_revision(sessions: Sessions, source: Source):
    admit(sessions, source, draft(text="The harbour has reopened. (12 comments)"))
    recounted = draft(text="The harbour has reopened. (13 comments)")
    casualties = draft(text="The harbour has reopened. 13 are missing. (13 comments)")
    assert admit(sessions, source, recounted, now=LATER).revised == 0
    assert admit(sessions, source, casualties, now=LATER).revised == 1


@pytest.mark.parametrize(
    ("claimed", "flag"), [(None, "missing"), (datetime(2031, 1, 1, tzinfo=UTC), "future")]
)
def test_date_that_arrives_later_is_accepted(
    sessions: Sessions, source: Source, claimed: datetime | None, flag: DateFlag
):
    admit(sessions, source, draft(published=None, claimed_date=claimed, date_flag=flag))
    assert admit(sessions, source, draft(), now=LATER).revised == 0
    [row] = stored(sessions)
    assert (row.published, row.date_flag, row.reported_at) == (
        draft().published,
        "ok",
        row.published,
    )


@pytest.mark.parametrize(
    ("tolerance", "reported_at"), [(2 * HOUR, NOW), (6 * HOUR, NOW + 5 * HOUR)]
)
def test_later_date_may_be_ahead_by_the_tolerance(
    sessions: Sessions, source: Source, tolerance: timedelta, reported_at: datetime
):
    admit(sessions, source, draft(published=None, claimed_date=None, date_flag="missing"))
    dated = draft(published=NOW + 5 * HOUR, claimed_date=NOW + 5 * HOUR)
    admit(sessions, source, dated, now=NOW + 4 * HOUR, future_tolerance=tolerance)
    assert stored(sessions)[0].reported_at == reported_at


def test_trusted_date_is_not_replaced(sessions: Sessions, source: Source):
    admit(sessions, source, draft())
    admit(sessions, source, draft(published=NOW, claimed_date=NOW), now=LATER)
    assert stored(sessions)[0].published == draft().published


def test_new_slug_and_session_ids_keep_the_article(sessions: Sessions, source: Source):
    for hour, path in enumerate(("a?sid=1x", "a?sid=2y", "b/new-slug?sid=3z")):
        renamed = draft(url=f"https://courier.example/{path}", guid="cms-4711")
        admit(sessions, source, renamed, now=NOW + hour * HOUR)
    [row] = stored(sessions)
    assert row.url == "https://courier.example/b/new-slug?sid=3z"


def test_session_ids_do_not_add_keys_forever(sessions: Sessions, source: Source):
    for number in range(30):
        url = f"https://courier.example/a?sid={number}x"
        admit(sessions, source, draft(url=url, guid=f"random-{number * 7919}"))
    assert len(stored(sessions)) == 1
    with sessions.begin() as session:
        assert len(session.scalars(select(ArticleKeyRow)).all()) <= MAX_LINKS + 1


def test_notices_with_one_link_are_articles_of_their_own(sessions: Sessions, source: Source):
    notices = [
        draft("notices", guid=f"n{number}", title=f"Notice {word}", text=word, published=None)
        for number, word in enumerate(("parking", "water", "school", "library", "market"))
    ]
    for fetched in (notices[:3], notices[1:4], notices):
        admit(sessions, source, *fetched)
    assert sorted(row.title for row in stored(sessions)) == sorted(n.title for n in notices)


def test_notices_that_come_one_by_one_are_articles_of_their_own(sessions: Sessions, source: Source):
    for number, word in enumerate(("parking", "water", "school")):
        at = NOW + number * HOUR
        notice = draft("notices", guid=f"n{number}", title=word, text=word, published=at)
        admit(sessions, source, replace(notice, claimed_date=at), now=at)
        admit(sessions, source, replace(notice, claimed_date=at), now=at)
    assert [row.title for row in stored(sessions)] == ["parking", "water", "school"]


@pytest.mark.parametrize("step", [HOUR, timedelta(0)])
def test_guids_that_number_the_entries_are_ignored(
    sessions: Sessions, source: Source, step: timedelta
):
    titles = ["Ferry sinks", "School opens", "Mayor resigns", "Bakery wins"]
    reports = [
        draft(
            f"report-{number}",
            title=title,
            text=title,
            published=NOW - number * step,
            claimed_date=NOW - number * step,
        )
        for number, title in enumerate(titles)
    ]
    for start in (2, 1, 0):
        shown = reports[start : start + 2]
        admit(sessions, source, *(replace(each, guid=str(n)) for n, each in enumerate(shown)))
    assert sorted(row.title for row in stored(sessions)) == sorted(titles)
    assert {row.revision for row in stored(sessions)} == {1}


def test_posts_of_a_live_page_are_articles_of_their_own(sessions: Sessions, source: Source):
    for number, word in enumerate(("Polls open", "Turnout rises", "Count begins")):
        post = draft(f"live#post-{number}", title=word, text=word, published=None)
        admit(sessions, source, replace(post, claimed_date=None))
    assert len(stored(sessions)) == 3


def test_changing_guids_and_links_are_matched_by_title_and_date(sessions: Sessions, source: Source):
    for number in range(3):
        url = f"https://courier.example/s{number}/show?s={number}"
        admit(sessions, source, draft(url=url, guid=f"random-{number * 7919}"))
    assert len(stored(sessions)) == 1


def test_two_feeds_with_their_own_guids_share_the_article(sessions: Sessions, source: Source):
    other = replace(source, feed_id=add_feed(sessions, "https://courier.example/world"))
    for number in range(2):
        admit(sessions, source, draft("2023/04/harbour", guid="a1"))
        admit(sessions, other, draft("2023/04/harbour", guid="a1x", title=f"Other {number}"))
    assert len(stored(sessions)) == 1


def test_amp_page_is_joined_if_the_feed_names_it(sessions: Sessions, source: Source):
    amp = "https://amp.courier.example/2023/04/harbour"
    admit(sessions, source, draft("2023/04/harbour", other_urls=(amp,)))
    admit(sessions, source, draft(url=amp))
    admit(sessions, source, draft(url="https://m.courier.example/2023/04/harbour"))
    assert len(stored(sessions)) == 2


def test_named_publisher_gets_the_article_and_an_outlet(sessions: Sessions, source: Source):
    known = Publisher("https://www.wire.example", "Wire")
    unknown = Publisher("https://sport.herald.example", "Herald Sport")
    admit(
        sessions,
        source,
        draft(url="https://news.example/rd/1", publisher=known),
        draft(url="https://news.example/rd/2", publisher=unknown, title="Other"),
    )
    with sessions.begin() as session:
        statement = select(ArticleRow.url, OutletRow.slug, OutletRow.name, OutletRow.family)
        rows = session.execute(statement.join(OutletRow, OutletRow.id == ArticleRow.outlet_id))
        assert sorted(row[1:] for row in rows) == [
            ("sport.herald.example", "Herald Sport", "herald.example"),
            ("wire", "Wire", "wire"),
        ]


def test_untrusted_date_is_stored_but_not_used(sessions: Sessions, source: Source):
    future = datetime(2031, 1, 1, tzinfo=UTC)
    admit(sessions, source, draft(published=None, claimed_date=future, date_flag="future"))
    [row] = stored(sessions)
    assert (row.published, row.claimed_date, row.date_flag) == (None, future, "future")
    assert row.reported_at == NOW


def test_link_determines_outlet(sessions: Sessions, source: Source):
    elsewhere = draft(url="https://wire.example/x")
    unknown = draft(url="https://other.example/y")
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


def test_document_that_is_read_again_adds_nothing(sessions: Sessions, source: Source):
    rng = random.Random(1)
    feed_ids = [add_feed(sessions, f"https://courier.example/{number}") for number in range(20)]
    for feed_id in feed_ids:
        document = [_random_draft(rng) for _ in range(rng.randint(1, 5))]
        feed = replace(source, feed_id=feed_id)
        admit(sessions, feed, *document)
        assert [admit(sessions, feed, *document).new for _ in range(2)] == [0, 0]


def _random_draft(rng: random.Random) -> Draft:
    """Return a draft from so few guids, links, titles and dates that they often coincide."""
    at = rng.choice([NOW, NOW - HOUR])
    return draft(
        rng.choice(["notices", "2023/04/harbour-4711", "a?id=12", "live#post-1"]),
        guid=rng.choice(["", "1", "2", "cms-99999"]),
        title=rng.choice(["Ferry sinks off the coast", "School opens", "Notice"]),
        text=rng.choice(["A ferry sank.", "Classes begin."]),
        published=at,
        claimed_date=at,
        is_home_page=rng.random() < 1 / 4,
    )
