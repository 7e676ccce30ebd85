"""HTTP API: `/v1/articles`, and filters of feeds and outlets."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving


@pytest.fixture(scope="module")
def site(new_database: Callable[[], str]) -> Iterator[Site]:
    """A server with five articles of three outlets; read-only."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        rows = Rows(session)
        quay = rows.outlet("quay", country="GB")
        kurier = rows.outlet("kurier", country="DE", language="de", family="rhein")
        abend = rows.outlet("abend", country="DE", language="de", family="rhein")
        hour = timedelta(hours=1)
        one = rows.article(quay, "one", at=NOW - 4 * hour)
        two = rows.article(kurier, "two", at=NOW - 3 * hour)
        rows.article(quay, "three", at=NOW - 2 * hour, language="fr")
        four = rows.article(abend, "four", at=NOW - hour)
        rows.article(abend, "five", at=NOW)
        rows.copy(two, one)
        rows.story("ferry", [one, two])
        rows.story("merged", state="merged", merged_into="ferry")
        rows.story("hidden", [four], hidden=True)
    with serving(sessions) as running:
        yield running
    engine.dispose()


def titles(site: Site, query: str = "") -> str:
    """Return the titles of the articles that match a query, in order."""
    return " ".join(each["title"] for each in site.get(f"/v1/articles?{query}").json["items"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "five three two one"),  # no article of a hidden story
        ("outlet=quay", "three one"),
        ("outlet=quay&outlet=kurier", "three two one"),
        ("family=rhein", "five two"),
        ("country=gb", "three one"),
        ("language=de", "five two"),
        ("language=FR", "three"),
        ("story=ferry", "two one"),
        ("story=merged", "two one"),
        ("story=hidden", ""),
        ("feed=1&outlet=quay", "three one"),
        ("copies=true", "two"),
        ("copies=false", "five three one"),
        ("since=2023-04-26T03:00Z", "five three two"),
        ("until=2023-04-26T03:00Z", "one"),
    ],
)
def test_filters(site: Site, query: str, expected: str) -> None:
    assert titles(site, query) == expected


def test_listed_article_equals_single_article(site: Site) -> None:
    listed = site.get("/v1/articles?story=ferry").json["items"][0]
    assert listed == site.get(f"/v1/articles/{listed['id']}").json
    assert listed["story"] == {"id": "ferry", "headline": "one", "url": "/v1/stories/ferry"}
    assert listed["copy_of"]


def test_pages_are_consistent_while_articles_arrive(sessions: Sessions) -> None:
    with sessions.begin() as session:
        rows = Rows(session)
        quay = rows.outlet("quay")
        for number in range(7):  # pairs with the same time
            rows.article(quay, f"a{number}", at=NOW + timedelta(minutes=number // 2))
    with serving(sessions) as site:
        seen, cursor = [], ""
        while cursor is not None:
            page = site.get(f"/v1/articles?limit=2&{cursor and f'cursor={cursor}'}").json
            seen += [each["title"] for each in page["items"]]
            cursor = page["next"]
            with sessions.begin() as session:
                rows = Rows(session)
                feed = site.get("/v1/feeds").json["items"][0]["id"]
                rows.article(session.merge(quay), "new", at=NOW + timedelta(days=1), feed_id=feed)
    assert seen == ["a6", "a5", "a4", "a3", "a2", "a1", "a0"]


@pytest.mark.parametrize(
    "query",
    [
        "cursor=abc", "cursor=%ED%A0%80", "cursor=" + "A" * 2000, "limit=0", "outlet=a%00b",
        "outlet=nobody", "story=none", "feed=99", "feed=-1", "copies=perhaps", "since=then", "sort=largest", "outlet=a&" * 30,
        # Cursor of another list.
        "cursor=WyJzdG9yaWVzL25ld2VzdCIsIjIwMjYtMTEtMDJUMDk6MTQ6MDBaIiwiZmVycnkiXQ",
        # Cursor of this list, with an id that is too large.
        "cursor=WyJhcnRpY2xlcyIsIjIwMjYtMTEtMDJUMDk6MTQ6MDBaIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTldCg",
    ],
)  # fmt: skip
def test_invalid_query_returns_422_with_reason(site: Site, query: str) -> None:
    response = site.get(f"/v1/articles?{query}")
    assert response.status == 422
    assert response.json["detail"]


def test_single_feed_and_feeds_of_outlet(site: Site) -> None:
    [feed] = site.get("/v1/feeds?outlet=quay").json["items"]
    assert site.get(f"/v1/feeds/{feed['id']}").json == feed
    assert site.get("/v1/feeds/99").status == 404
    assert site.get(f"/v1/feeds/{2**63}").status == 422


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("country=de", ["abend", "kurier"]),
        ("family=rhein&limit=1", ["abend"]),
        ("language=EN", ["quay"]),
        ("country=GB&language=de", []),
    ],
)
def test_outlets_by_family_country_and_language(site: Site, query: str, slugs: list[str]) -> None:
    expected = site.get(f"/v1/outlets?{query}").json["items"]
    assert [each["slug"] for each in expected] == slugs


def test_counts_and_export_follow_a_merged_story(site: Site) -> None:
    assert site.get("/v1/counts?story=merged").json["total"] == 2
    assert site.get("/v1/export/articles?story=merged").text.count("\n") == 2
