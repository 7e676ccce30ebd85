"""Pages of operations: what they show, who may open them, and what their forms change."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.domain.access.roles import Role
from service.domain.evaluation.grouping_metrics import Agreement
from service.domain.webhooks.event_filter import EventFilter
from service.settings import load as settings_module
from service.settings.samples import for_samples
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.operations.evaluations import Evaluation, record_evaluation
from service.store.tables import DeliveryRow, EditionRow, FeedMoveRow, FeedRow, SubscriberRow
from service.store.webhooks import webhooks
from service.web.app import create_app
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import WORLD_NOW
from tests.support.database.api_keys import make_key_client
from tests.support.database.rows import Rows
from tests.support.servers.feed_server import FeedServer, reply
from tests.support.servers.site import Site, running
from tests.support.servers.visitor import Visitor
from tests.support.servers.webhook_receiver import WebhookReceiver

PAGES = (
    "/operations", "/operations/feeds", "/operations/feeds/1", "/operations/feeds/add",
    "/operations/jobs", "/operations/deliveries", "/operations/database",
)  # fmt: skip


@pytest.fixture(scope="module")
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    """The sample content, with a failed run, a move of a feed and a refused email."""
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    ago = timedelta(minutes=1)
    with sessions.begin() as session:
        fill(session)
        rows = Rows(session)
        rows.run("embed", started_at=WORLD_NOW, outcome="failed", error="No <weights>")
        moved = {"old_url": "https://old.example/feed", "new_url": "https://new.example/feed"}
        session.add(FeedMoveRow(feed_id=1, at=WORLD_NOW - ago, retired=False, **moved))
        iris = SubscriberRow(
            address="iris@example.org", state="active", created_at=WORLD_NOW,
            schedule_since=WORLD_NOW,
        )  # fmt: skip
        session.add(iris)
        session.flush()
        edition = EditionRow(
            subscriber_id=iris.id, local_date=WORLD_NOW.date(), due_at=WORLD_NOW - ago,
            created_at=WORLD_NOW - ago, state="refused", subject="Today", content={},
        )  # fmt: skip
        session.add(edition)
        session.flush()
        session.add(
            DeliveryRow(
                edition_id=edition.id, attempt=1, state="refused", message_id="m", at=WORLD_NOW,
                error="550 relaying denied",
            )
        )  # fmt: skip
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def site(store: Sessions) -> Iterator[Site]:
    """A server that may fetch from loopback addresses, and deliver to them."""
    settings = for_samples(settings_module.load({}))
    hooks = replace(settings.webhooks, allow_networks=("127.0.0.0/8",))
    app = create_app(store, clock=lambda: WORLD_NOW, settings=replace(settings, webhooks=hooks))
    with running(app) as server:
        yield server


def visitor(site: Site, store: Sessions, name: str, *roles: Role) -> Visitor:
    person = Visitor(site)
    person.sign_in(make_key_client(site, store, name, *roles).secret)
    return person


@pytest.fixture(scope="module")
def adam(site: Site, store: Sessions) -> Visitor:
    return visitor(site, store, "adam", Role.ADMIN)


def feed(store: Sessions, feed_id: int) -> FeedRow:
    with store() as session:
        return session.get_one(FeedRow, feed_id)


def test_overview_shows_churn_by_day_and_recorded_evaluations(adam: Visitor, store: Sessions):
    text = adam.get("/operations").text
    assert "samestory evaluate FILE.jsonl --record" in text
    with store.begin() as session:
        for days, moved in ((3, 3), (2, 6), (2, 4)):
            at, counts = (
                WORLD_NOW - timedelta(days=days),
                {"articles": 100, "moved": moved, "late": 0},
            )
            Rows(session).run("reconcile", started_at=at, counts=counts)
        for hours, f1 in ((3, 0.5), (2, 0.9)):
            at = WORLD_NOW - timedelta(hours=hours)
            agreement = Agreement(0.92, 0.88, f1)
            record_evaluation(session, Evaluation(at, "day.jsonl", "english", 1200, agreement))
    text = adam.get("/operations").text
    assert "Churn per day: 2 values; first 3.0 % on 8 May 2023; last 10.0 % on 9 May 2023" in text
    assert "1,200 articles, profile english" in text
    assert "0.900" in text
    assert "0.500" not in text  # the latest result of a file


def test_problems_have_a_remedy_and_a_page(adam: Visitor):
    text = adam.get("/operations").text
    for problem, remedy in (
        ("Job failed: embed", "search the service log"),
        ("1 feed failing", "the reason and the remedy"),
        ("1 email of the last day not sent", "reply of the mail server"),
    ):
        assert remedy in text.partition(problem)[2].partition("</li>")[0]
    jobs = adam.get("/operations/jobs").text
    assert "No &lt;weights&gt;" in jobs
    assert 'aria-label="Durations of reconcile, last 24 hours: 1 values' in jobs
    failing = adam.get("/operations/feeds?show=failing").text
    assert "The server responded with an error" in failing
    assert "5xx: wait" in failing
    assert "secret" not in failing
    database = adam.get("/operations/database?check=true").text
    assert "The schema equals revision" in database
    assert "New articles per day" in database


def test_only_admins_open_operations(site: Site, store: Sessions):
    ann = visitor(site, store, "ann", Role.EDITOR)
    rita = visitor(site, store, "rita")
    for path in PAGES:
        assert ann.get(path).status == 403, path
        assert rita.get(path).status == 403, path
        assert site.page(path).headers["location"].startswith("/sign-in?next=%2Foperations"), path
    for path, fields in (
        ("/operations/feeds/1/status", {"status": "retired"}),
        ("/operations/feeds/1/fetch", {}),
        ("/operations/feeds/add", {"url": "https://quay.example/feed"}),
        ("/operations/deliveries/emails", {"email": "1"}),
    ):
        assert ann.post(path, fields).status == 403, path
        assert Visitor(site).post(path, fields).headers["location"] == "/sign-in", path
    assert feed(store, 1).status == "active"
    assert '"/operations"' not in ann.get("/about").text
    assert '"/desk"' in ann.get("/about").text
    assert '"/desk"' not in rita.get("/about").text


def test_feed_is_paused_activated_fetched_and_changed(adam: Visitor, store: Sessions):
    path = "/operations/feeds/2"
    assert adam.post(f"{path}/status", {"status": "paused"}).status == 303
    assert feed(store, 2).status == "paused"
    assert adam.post(f"{path}/fetch").status == 422
    assert adam.post(f"{path}/status", {"status": "gone"}).status == 422
    assert adam.post(f"{path}/status", {"status": "active"}).status == 303
    done = adam.post(f"{path}/fetch").headers["location"]
    assert feed(store, 2).next_fetch_at == WORLD_NOW
    assert "Due now" in adam.get(done).text
    wrong = adam.post(f"{path}/overrides", {"interval_minutes": "soon", "user_agent": "<me>"})
    assert wrong.status == 422
    assert "expected a number of minutes" in wrong.text
    assert 'value="&lt;me&gt;"' in wrong.text
    adam.post(f"{path}/overrides", {"interval_minutes": "30", "full_text": "yes"})
    assert (feed(store, 2).interval_minutes, feed(store, 2).full_text) == (30, True)
    assert "https://old.example/feed" in adam.get("/operations/feeds/1").text
    assert adam.post("/operations/feeds/1/undo-move").status == 303
    assert feed(store, 1).url == "https://old.example/feed"


def test_feed_is_added_after_a_preview(adam: Visitor):
    with FeedServer() as server:
        server.routes["/feed.xml"] = reply()
        server.routes["/"] = reply(
            b'<link rel="alternate" type="application/rss+xml" title="All" href="/feed.xml">',
            Content_Type="text/html",
        )
        url = server.url("/feed.xml")
        found = adam.post("/operations/feeds/add/preview", {"url": server.url("/")}).text
        assert "Feeds of this page" in found
        preview = adam.post("/operations/feeds/add/preview", {"url": url})
        assert "Add this feed" in preview.text
        added = adam.post("/operations/feeds/add", {"url": url, "title": "The quay"})
        assert "?done=added" in added.headers["location"]
        assert "The quay" in adam.get(added.headers["location"]).text
        assert "already exists" in adam.post("/operations/feeds/add", {"url": url}).text
    failed = adam.post("/operations/feeds/add/preview", {"url": "ftp://quay.example"})
    assert (failed.status, "Invalid URL" in failed.text) == (422, True)


def test_opml_list_is_imported_with_a_report(adam: Visitor):
    opml = (
        '<opml version="2.0"><head><title>My list</title></head><body>'
        '<outline type="rss" text="One" xmlUrl="https://one.example/feed"/>'
        '<outline type="rss" text="Two" xmlUrl="https://two.example/feed"/>\n'
        '<outline type="rss" text="Bad" xmlUrl="ftp://bad.example/feed"/></body></opml>'
    )
    report = adam.upload("/operations/feeds/import", "list", "my.opml", opml.encode()).text
    assert "2 feeds added" in report
    assert "1 outline skipped" in report
    assert "my.opml, line 2" in report
    again = adam.upload("/operations/feeds/import", "list", "my.opml", opml.encode()).text
    assert "0 feeds added" in again
    wrong = adam.upload("/operations/feeds/import", "list", "x.opml", b"<html></html>")
    assert (wrong.status, "not OPML" in wrong.text) == (422, True)
    forged = replace(adam, token="forged")
    assert forged.upload("/operations/feeds/import", "list", "a.opml", b"").status == 403


def test_email_and_webhook_deliveries_are_repeated(adam: Visitor, store: Sessions):
    page = adam.get("/operations/deliveries").text
    assert "550 relaying denied" in page
    assert adam.post("/operations/deliveries/emails", {"email": "1"}).status == 303
    with store() as session:
        assert session.get_one(EditionRow, 1).state == "waiting"
    assert adam.post("/operations/deliveries/emails", {"email": "x"}).status == 422
    with WebhookReceiver() as receiver:
        with store.begin() as session:
            hook, _ = webhooks.add(session, receiver.url, EventFilter(), now=WORLD_NOW)
        fields = {"webhook": str(hook.id)}
        adam.post("/operations/deliveries/webhooks", {**fields, "state": "paused"})
        assert "paused manually" in adam.get("/operations/deliveries").text
        adam.post("/operations/deliveries/webhooks", {**fields, "state": "active"})
        sent = adam.post("/operations/deliveries/changes", {**fields, "change": "1"})
        assert sent.headers["location"].endswith("?done=accepted")
        assert [each.data["id"] for each in receiver.accepted] == [1]
    assert "repeated by an operator" in adam.get("/operations/deliveries").text
