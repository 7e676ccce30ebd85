"""Publisher of an entry: named by the entry, by a redirect, or by the links of a feed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from service.domain.articles.entries import Draft, Entry, FeedContext, Publisher
from service.ingest.admit import admit_feed
from service.settings.sections.ingest import AdmitSettings

NOW = datetime(2020, 4, 20, 12, 0, tzinfo=UTC)
SETTINGS = AdmitSettings(
    future_tolerance_minutes=120, max_text_characters=200, max_body_characters=1000
)
NEWS = FeedContext("https://news.google.com/rss", "https://news.google.com/", "en")
WIRE = Publisher("https://www.wire.example", "The Wire")
ENTRY = Entry(
    guid="1",
    link="https://news.google.com/rss/articles/CBMiopaque_code_1?oc=5",
    title="Bridge reopens after storm - The Wire",
    summary="Bridge reopens after storm The Wire",
    content="",
    author="",
    published_raw="",
    published=None,
    updated=None,
    language="",
    categories=(),
    publisher=WIRE,
)


def admit(*entries: Entry, feed: FeedContext = NEWS) -> list[Draft]:
    return admit_feed(entries, feed, now=NOW, settings=SETTINGS)[0]


def test_name_of_the_publisher_is_removed_from_headline_and_text() -> None:
    [draft] = admit(ENTRY)

    assert (draft.publisher, draft.title, draft.text) == (WIRE, "Bridge reopens after storm", "")


def test_target_of_a_redirect_is_the_link_and_names_the_publisher() -> None:
    link = "https://www.google.com/url?url=https://wire.example/bridge&ct=ga"
    [draft] = admit(replace(ENTRY, link=link, publisher=None, title="Bridge reopens - Wire"))

    assert draft.url == "https://wire.example/bridge"
    assert draft.publisher == Publisher("https://wire.example/bridge", "")
    assert draft.title == "Bridge reopens"


@pytest.mark.parametrize(
    "publisher",
    [
        None,
        Publisher("https://feeds.outlet.example/all", "Outlet"),
        Publisher("https://feeds.feedburner.com/outlet", "Outlet"),
        Publisher("", "Outlet"),
    ],
)
def test_feed_that_names_itself_is_not_an_aggregator(publisher: Publisher | None) -> None:
    own = FeedContext("https://outlet.example/rss", "https://www.outlet.example/")
    title = "Bridge reopens - Outlet"
    [draft] = admit(
        replace(ENTRY, link="https://outlet.example/1", title=title, publisher=publisher), feed=own
    )

    assert (draft.publisher, draft.title) == (None, title)


def test_links_to_many_sites_name_the_publishers() -> None:
    planet = FeedContext("https://planet.example/rss", "https://planet.example/")
    links = [f"https://{name}.example.org/post" for name in "abcd"]
    links += [f"https://blog-{name}.example/post" for name in "abcd"]
    drafts = admit(
        *(replace(ENTRY, guid=link, link=link, publisher=None) for link in links), feed=planet
    )

    assert [draft.publisher for draft in drafts] == [Publisher(link, "") for link in links]


def test_links_to_two_domains_of_an_outlet_name_no_publisher() -> None:
    feed = FeedContext("https://feeds.example/rss", "https://outlet.example/")
    links = [f"https://{host}/{n}" for n in range(6) for host in ("outlet.example", "outlet.test")]
    drafts = admit(
        *(replace(ENTRY, guid=link, link=link, publisher=None) for link in links), feed=feed
    )

    assert {draft.publisher for draft in drafts} == {None}
