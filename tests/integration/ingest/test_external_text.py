"""Any text that a feed, a server or a list of feeds can contain fits in the real columns."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from jobs.fetch import FeedStore, fetch
from jobs.running.context import Context
from service.errors import BadInputError, BadStatusError, FeedError
from service.ingest.add_feed import add_feeds as add_opml_feeds
from service.ingest.fetching.fetch import FetchResult
from service.ingest.opml import OpmlFeed
from service.ingest.parsing.processes.worker import run_job
from service.ingest.read_feeds import ReadFeed
from service.store.catalogue import feeds
from service.store.tables import ArticleRow, FeedRow
from tests.integration.conftest import NOW
from tests.support.database.due_feeds import add_feeds, feed_rows
from tests.support.servers.feed_server import FeedServer, raw

#: Characters that a database, an index or a page has trouble with.
HOSTILE = "\0\x0b\x1f\x7f\x85\ud800\udfff\u202e\u2066\ufeff\ufffe\u2028\n\t ﷺ㌀𒀀"
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.text(HOSTILE),
    # Long, and not compressible.
    st.builds(
        lambda seed, length: "".join(
            chr(0x4E00 + pow(seed + 7, position, 20_479)) for position in range(length)
        ),
        st.integers(0, 10_000),
        st.sampled_from([500, 3000, 9000]),
    ),
)
VALUES = st.one_of(TEXTS, st.integers(), st.floats(), st.none(), st.lists(TEXTS, max_size=3))
DATES = st.one_of(TEXTS, st.datetimes().map(lambda at: at.isoformat() + "Z"))
LINKS = st.builds("https://daily.example/{}".format, TEXTS)
ITEMS = st.fixed_dictionaries(
    {"title": TEXTS},
    optional={
        "id": VALUES,
        "url": st.one_of(LINKS, VALUES),
        "content_text": TEXTS,
        "content_html": TEXTS,
        "summary": VALUES,
        "language": VALUES,
        "date_published": DATES,
        "date_modified": DATES,
        "authors": st.lists(st.fixed_dictionaries({"name": VALUES}), max_size=2),
        "tags": st.lists(TEXTS, max_size=3),
    },
)
FEEDS = st.fixed_dictionaries(
    {
        "version": st.just("https://jsonfeed.org/version/1.1"),
        "items": st.lists(ITEMS, max_size=3),
    },
    optional={"title": VALUES, "home_page_url": VALUES, "language": VALUES},
)
#: The fixtures serve all examples; later ones meet the articles of earlier ones.
EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def store(context: Context, feed_server: FeedServer) -> FeedStore:
    """Store with one feed that is due."""
    add_feeds(context, feed_server, "/a")
    with context.sessions.begin() as session:
        due = feeds.find_due_feeds(session, now=NOW)
        sites, outlets = feeds.load_site_index(session), feeds.load_outlet_ids(session)
    return FeedStore(context, {feed.id: feed for feed in due}, sites, outlets, {})


def result_of(store: FeedStore, **values: Any) -> FetchResult:
    [feed] = store.due.values()
    result = FetchResult(
        feed_id=feed.id,
        url=feed.url,
        final_url=feed.url,
        moves=(),
        status=200,
        etag=None,
        last_modified=None,
        body=None,
        content_type="application/feed+json",
        not_modified=False,
        retry_after=None,
        elapsed=0.1,
        received=1,
        error=None,
    )
    return replace(result, **values)


@EXAMPLES
@given(FEEDS)
@example({"version": "https://jsonfeed.org/version/1", "items": [{"id": "a\0", "title": "A"}]})
def test_every_feed_is_stored(store: FeedStore, document: Mapping[str, Any]) -> None:
    result = result_of(store, body=json.dumps(document).encode())
    outcome = run_job(store.make_job(result))
    assert not isinstance(outcome, FeedError)
    assert len(outcome.drafts) + len(outcome.rejections) <= len(document["items"])
    assert not [line for line in outcome.rejections if "cannot be converted" in line]
    assert store.store([ReadFeed(result, outcome)])["ok"] == 1
    with store.context.sessions.begin() as session:
        # Reading them shows that dates exist in the time zone of the database.
        session.execute(update(ArticleRow).values(stage="placed"))
        session.scalars(select(ArticleRow)).all()


@EXAMPLES
@given(TEXTS, TEXTS, st.integers(100, 999), st.timedeltas(min_value=timedelta(0)))
def test_every_failure_is_recorded(
    store: FeedStore, url: str, detail: str, status: int, pause: timedelta
) -> None:
    error = BadStatusError(url, detail, status)
    result = result_of(store, status=status, error=error, retry_after=pause)
    assert store.store([ReadFeed(result, error)])["failed"] == 1
    [feed] = feed_rows(store.context).values()
    assert feed.error_kind == "bad_status"
    assert len((feed.error or "").splitlines()) == 1
    assert feed.next_fetch_at > NOW


HEADER_BYTES = st.binary(max_size=300).map(lambda value: value.translate(None, b"\r\n"))


@settings(EXAMPLES, max_examples=5)
@given(st.lists(st.tuples(HEADER_BYTES, HEADER_BYTES, HEADER_BYTES), min_size=10, max_size=15))
def test_every_header_is_stored_or_named_on_the_feed(
    context: Context, feed_server: FeedServer, headers: list[tuple[bytes, bytes, bytes]]
) -> None:
    paths = [f"/{number}" for number in range(len(headers))]
    for path, (etag, modified, kind) in zip(paths, headers, strict=True):
        feed_server.routes[path] = raw(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nETag: %b\r\nLast-Modified: %b\r\n"
            b"Content-Type: %b\r\n\r\n<rss version='2.0'><channel/></rss>" % (etag, modified, kind)
        )
    add_feeds(context, feed_server, *paths)
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=NOW)
    fetch(context)
    rows = feed_rows(context)
    assert all(rows[path].last_fetched_at == NOW for path in paths)
    assert "internal" not in {rows[path].error_kind for path in paths}


@settings(EXAMPLES, max_examples=20)
@given(st.builds(OpmlFeed, LINKS, TEXTS, TEXTS, TEXTS))
def test_every_feed_of_a_list_is_added_or_refused(context: Context, feed: OpmlFeed) -> None:
    with context.sessions.begin() as session:
        try:
            added = add_opml_feeds(session, [feed], now=NOW)
        except BadInputError:
            return
        assert added in {0, 1}
        assert session.scalar(select(FeedRow.id).limit(1)) is not None


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_dates_at_the_ends_of_the_calendar_are_dropped(store: FeedStore, year: str) -> None:
    item = {"id": "a", "title": "A", "date_published": f"{year}-01-01T00:00:00Z"}
    body = {"version": "https://jsonfeed.org/version/1", "items": [item]}
    [draft] = store.make_job(result_of(store, body=json.dumps(body).encode())).run().drafts
    assert (draft.claimed_date, draft.date_flag) == (None, "unparsable")
