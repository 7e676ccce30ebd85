"""The commands `samestory feeds show` and `samestory feeds undo-move`."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from jobs.fetch import fetch
from jobs.read_pages import read_pages
from jobs.running.context import Context
from service.cli import build
from service.domain.catalogue.outlets import Outlet
from service.errors import BadInputError, NotFoundError
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from tests.integration.conftest import NOW, Clock
from tests.support.content.article_pages import FERRY_DAILY, article_page
from tests.support.content.feed_reports import FERRY, item, rss
from tests.support.servers.feed_server import FeedServer, redirect, reply

pytestmark = pytest.mark.usefixtures("restore_logging")

Run = Callable[..., Result]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(build(arguments), list(arguments))


def run_output(result: Result) -> str:
    assert result.exit_code == 0, result.exception
    return result.stdout


def add(context: Context, url: str) -> None:
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet("quay", "Quay Post", "GB", "en")])
        feeds.add_feeds(session, [NewFeed(url, "quay", "Quay")], now=NOW)


def fetch_a_day_later(context: Context, clock: Clock) -> None:
    clock.advance(days=1)
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=clock.now)
    fetch(context)


def test_show_prints_moves_and_fetches_and_undo_restores_the_url(
    context: Context, clock: Clock, feed_server: FeedServer, run: Run
):
    old, new = feed_server.url("/old"), feed_server.url("/new")
    feed_server.routes |= {"/old": redirect("/new", "301 Moved Permanently"), "/new": reply()}
    add(context, old)
    fetch(context)
    waiting = json.loads(run_output(run("feeds", "show", old, "--json")))
    assert (waiting["redirect_url"], waiting["redirect_since"]) == (new, NOW.isoformat())
    fetch_a_day_later(context, clock)
    feed_server.routes["/new"] = reply(b"", "500 Internal Server Error")
    fetch_a_day_later(context, clock)

    shown = json.loads(run_output(run("feeds", "show", new, "--json")))
    text = run_output(run("feeds", "show", new, "--limit", "2"))
    undone = run_output(run("feeds", "undo-move", new))
    restored = json.loads(run_output(run("feeds", "show", old, "--json")))

    assert [(move["old_url"], move["new_url"]) for move in shown["moves"]] == [(old, new)]
    assert [each["outcome"] for each in shown["fetches"]] == ["failed", "ok", "ok"]
    assert f"moved        {old} -> {new}" in text
    assert "bad_status" in text
    assert "500 Internal Server Error" in text
    assert "remedy           404: find the new address" in text
    assert text.count(" entries, ") == 1
    assert undone == f"restored: {old} (was {new})\n"
    assert (restored["status"], restored["error"]) == ("active", None)
    assert restored["moves"][0]["undone_at"]


def test_full_text_is_set_and_its_outcomes_are_counted(
    context: Context, feed_server: FeedServer, run: Run
):
    url = feed_server.url("/feed")
    items = [item("ferry", FERRY, NOW).replace("https://daily.example", feed_server.url(""))]
    feed_server.routes |= {"/feed": reply(rss(items)), "/ferry": reply(article_page(FERRY_DAILY))}
    add(context, url)
    assert run_output(run("feeds", "set", url, "--full-text")) == f"full text: {url}\n"
    fetch(context)
    read_pages(context)
    assert "pages            1 stored\n" in run_output(run("feeds", "show", url))
    changed = run_output(run("feeds", "set", url, "--no-full-text", "--status", "paused"))
    assert changed == f"paused: {url}\nno full text: {url}\n"
    nothing = run("feeds", "set", url)
    assert isinstance(nothing.exception, BadInputError)


@pytest.mark.parametrize(("command", "reason"), [("show", "not found"), ("undo-move", "No move")])
def test_unknown_feed_is_rejected(context: Context, run: Run, command: str, reason: str):
    add(context, "https://quay.example/rss")
    result = run("feeds", command, "https://unknown.example/rss")
    assert isinstance(result.exception, NotFoundError)
    assert reason in str(result.exception)


def test_a_single_job_adds_no_feeds(context: Context, run: Run):
    """The operator may import other feeds later."""
    assert run_output(run("jobs", "run", "tidy"))
    with context.sessions.begin() as session:
        assert feeds.count_feeds(session) == 0
