"""The job `read_pages`: full text where operator and publisher allow it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from jobs.describe import describe
from jobs.embed import embed
from jobs.fetch import fetch
from jobs.place import place
from jobs.read_pages import read_pages
from jobs.reconcile import reconcile
from jobs.running.context import Context
from service.domain.catalogue.outlets import Outlet
from service.store.articles import articles
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.tables import ArticlePageRow, ArticleRow, FeedRow, MembershipRow, VectorRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.article_pages import (
    BUDGET_WIRE,
    FERRY_DAILY,
    FERRY_EVENING,
    article_page,
)
from tests.support.content.feed_reports import item, rss
from tests.support.servers.feed_server import Behaviour, FeedServer, raw, redirect, reply

TEASER = ("Fog at sea", "What happened on Tuesday, and what comes next.")
Publish = Callable[..., None]


@pytest.fixture
def publish(context: Context, feed_server: FeedServer) -> Publish:
    """Publish teasers that link to pages of the server, and fetch the feed."""

    def run(
        pages: dict[str, Behaviour], *, full_text: bool = True, titles: tuple[str, ...] = ()
    ) -> None:
        feed_server.routes |= {f"/page/{name}": page for name, page in pages.items()}
        items = [
            item(name, (title, TEASER[1]), NOW).replace(
                f"https://daily.example/{name}", feed_server.url(f"/page/{name}")
            )
            for name, title in zip(pages, titles or [TEASER[0]] * len(pages), strict=True)
        ]
        feed_server.routes["/feed"] = reply(rss(items))
        with context.sessions.begin() as session:
            feeds.save_outlets(session, [Outlet("daily", "Daily")])
            new = NewFeed(feed_server.url("/feed"), "daily", "feed")
            feeds.add_feeds(session, [new], now=context.clock())
            session.execute(update(FeedRow).values(full_text=full_text))
        fetch(context)

    return run


def page_of(context: Context) -> ArticlePageRow:
    with context.sessions.begin() as session:
        return session.scalars(select(ArticlePageRow)).one()


def article(context: Context) -> ArticleRow:
    with context.sessions.begin() as session:
        return session.scalars(select(ArticleRow)).one()


def test_page_is_stored_beside_the_text_of_the_feed(context: Context, publish: Publish):
    publish({"ferry": reply(article_page(FERRY_DAILY))})
    embed(context)
    assert read_pages(context) == {"stored": 1}
    row = article(context)
    assert (row.text, row.body) == (TEASER[1], "")
    assert FERRY_DAILY[0] in row.page_text
    assert (row.stage, page_of(context).outcome) == ("admitted", "stored")
    with context.sessions.begin() as session:
        assert session.scalars(select(VectorRow)).all() == []  # encoded again
        [loaded] = articles.load(session, [row.id])
        assert loaded.text == row.page_text
    assert read_pages(context) == {}


def test_pages_are_read_only_if_the_operator_allows_it(
    context: Context, publish: Publish, feed_server: FeedServer
):
    publish({"ferry": reply(article_page(FERRY_DAILY))}, full_text=False)
    assert read_pages(context) == {}
    assert {request.path for request in feed_server.requests} == {"/feed"}


@pytest.mark.parametrize(
    ("path", "response"),
    [
        ("/robots.txt", reply(b"User-agent: *\nDisallow: /page/")),
        ("/robots.txt", reply(b"User-agent: GPTBot\nDisallow: /")),
        ("/.well-known/tdmrep.json", reply(b'[{"location": "/page/*", "tdm-reservation": 1}]')),
    ],
)
def test_refused_page_is_not_requested(
    context: Context, publish: Publish, feed_server: FeedServer, path: str, response: Behaviour
):
    feed_server.routes[path] = response
    publish({"ferry": reply(article_page(FERRY_DAILY))})
    assert read_pages(context) == {"reserved": 1}
    assert feed_server.requests_to("/page/ferry") == []
    assert page_of(context).detail
    assert article(context).page_text == ""


@pytest.mark.parametrize(
    ("page", "outcome"),
    [
        (reply(article_page(FERRY_DAILY), x_robots_tag="noai"), "reserved"),
        (reply(article_page(FERRY_DAILY), tdm_reservation="1"), "reserved"),
        (
            reply(article_page(["The ferry ran aground. Subscribe to continue reading. " * 9])),
            "paywall",
        ),
        (reply(article_page(["Before you continue, we value your privacy. " * 9])), "consent"),
        (reply(article_page(["Oops."])), "empty"),
        (reply(b"", "404 Not Found"), "failed"),
        (
            reply(b"<html><title>Just a moment...</title><script>_cf_chl_opt</script></html>"),
            "failed",
        ),
        (redirect("/private"), "failed"),
    ],
)
def test_page_without_article_is_recorded_and_not_stored(
    context: Context, publish: Publish, page: Behaviour, outcome: str
):
    publish({"ferry": page})
    assert read_pages(context) == {outcome: 1}
    assert (page_of(context).outcome, article(context).page_text) == (outcome, "")
    assert read_pages(context) == {}


def test_redirect_to_a_refused_page_is_not_followed(
    context: Context, publish: Publish, feed_server: FeedServer
):
    feed_server.routes |= {
        "/robots.txt": reply(b"User-agent: *\nDisallow: /secret/"),
        "/secret/ferry": reply(article_page(FERRY_DAILY)),
    }
    publish({"ferry": redirect("/secret/ferry")})
    assert read_pages(context) == {"reserved": 1}
    assert feed_server.requests_to("/secret/ferry") == []


HOSTILE = article_page(
    [*FERRY_DAILY, "NUL &#0; and surrogate &#xD800; and \x00 and \u202e."],
    head="<link rel=canonical href='/page/\x00" + "x" * 5000 + "'>",
    language="x" * 5000,
)


def test_hostile_files_and_pages_do_not_stop_the_others(
    context: Context, publish: Publish, feed_server: FeedServer
):
    feed_server.routes |= {
        "/robots.txt": reply(b"\xff\xfe\x00User-agent\x00:*\nCrawl-delay: nan\nAllow: [(%\n" * 99),
        "/.well-known/tdmrep.json": reply(b"[" * 100_000),
    }
    header = b"HTTP/1.1 200 OK\r\nX-Robots-Tag: noai \xff\x00\r\nContent-Length: 1\r\n\r\nx"
    pages = {
        "hostile": reply(HOSTILE),
        "header": raw(header),
        "good": reply(article_page(FERRY_DAILY)),
    }
    publish(pages)
    assert read_pages(context) == {"stored": 2, "reserved": 1}


def test_temporary_failure_is_retried_a_few_times(
    context: Context, publish: Publish, feed_server: FeedServer, clock: Clock
):
    feed_server.routes["/robots.txt"] = reply(b"", "503 Service Unavailable")
    publish({"ferry": reply(article_page(FERRY_DAILY))})
    assert read_pages(context) == {"failed": 1}
    assert page_of(context).retry_at == NOW + timedelta(minutes=10)
    clock.advance(minutes=10)
    assert read_pages(context) == {"failed": 1}
    assert page_of(context).retry_at == clock.now + timedelta(minutes=20)
    del feed_server.routes["/robots.txt"]
    clock.advance(minutes=20)
    assert read_pages(context) == {"stored": 1}


def test_page_corrects_link_and_language(
    context: Context, publish: Publish, feed_server: FeedServer
):
    head = "<link rel=canonical href='/page/the-ferry'>"
    german = [
        f"Die Fähre lief am Dienstag im Nebel vor der Insel auf Grund, Teil {n}." for n in range(9)
    ]
    publish({"ferry": reply(article_page(german, head=head, language="de"))})
    read_pages(context)
    row = article(context)
    assert (row.url, row.language) == (feed_server.url("/page/the-ferry"), "de")


def test_next_fetch_keeps_the_corrected_link(
    context: Context, publish: Publish, feed_server: FeedServer, clock: Clock
):
    head = "<link rel=canonical href='/page/the-ferry'>"
    pages = {"ferry": reply(article_page(FERRY_DAILY, head=head))}
    publish(pages)
    read_pages(context)
    clock.advance(hours=2)
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=clock.now)
    publish(pages, titles=("Fog at sea: all rescued",))
    row = article(context)
    assert (row.url, row.revision) == (feed_server.url("/page/the-ferry"), 2)


def test_canonical_link_to_the_home_page_or_another_site_corrects_nothing(
    context: Context, publish: Publish, feed_server: FeedServer
):
    heads = ("<link rel=canonical href='/'>", "<link rel=canonical href='https://x.example/a'>")
    publish({f"p{n}": reply(article_page(FERRY_DAILY, head=head)) for n, head in enumerate(heads)})
    read_pages(context)
    with context.sessions.begin() as session:
        links = set(session.scalars(select(ArticleRow.url)))
    assert links == {feed_server.url("/page/p0"), feed_server.url("/page/p1")}


def test_revised_article_is_read_again(context: Context, publish: Publish, clock: Clock):
    publish({"ferry": reply(article_page(FERRY_DAILY))})
    read_pages(context)
    clock.advance(hours=2)
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=clock.now)
    publish({"ferry": reply(article_page(FERRY_EVENING))}, titles=("Fog at sea: all rescued",))
    assert read_pages(context) == {"stored": 1}
    assert FERRY_EVENING[0] in article(context).page_text


@pytest.mark.parametrize("full_text", [False, True])
def test_pages_group_reports_whose_teasers_share_nothing(
    context: Context, publish: Publish, *, full_text: bool
):
    titles = ("Fog at sea", "All aboard are safe", "A narrow vote")
    pages = {"daily": FERRY_DAILY, "evening": FERRY_EVENING, "wire": BUDGET_WIRE}
    publish(
        {
            name: reply(article_page(text, title=title))
            for (name, text), title in zip(pages.items(), titles, strict=True)
        },
        full_text=full_text,
        titles=titles,
    )
    read_pages(context)
    for job in (embed, place, reconcile, describe):
        job(context)
    with context.sessions.begin() as session:
        statement = (
            select(ArticleRow.title, MembershipRow.story_id)
            .join(MembershipRow, MembershipRow.article_id == ArticleRow.id)
            .where(MembershipRow.valid_until.is_(None))
        )
        story_of = dict(session.execute(statement).all())
    assert (story_of[titles[0]] == story_of[titles[1]]) == full_text
    assert story_of[titles[2]] not in {story_of[titles[0]], story_of[titles[1]]}
