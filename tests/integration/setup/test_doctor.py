"""`samestory doctor`: one line per check, with the remedy if something is wrong."""

import json
import socket

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from jobs.running.context import Context
from service.cli import build
from service.commands.setup.doctor import check_all
from service.commands.setup.findings import Finding
from service.domain.catalogue.outlets import Outlet
from service.settings.load import load
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from tests.integration.conftest import NOW
from tests.support.servers.feed_server import FeedServer, reply
from tests.support.servers.mail_server import MailServer

LOOPBACK = {"SAMESTORY_FETCH__ALLOW_NETWORKS": "127.0.0.0/8"}
SITE = {"SAMESTORY_WEB__SITE": "https://news.example.org", "SAMESTORY_MAIL__SECURITY": "none"}


def find_all(environ: dict[str, str]) -> dict[str, Finding]:
    return {finding.subject: finding for finding in check_all(load(environ))}


def add_feeds(context: Context, *urls: str) -> None:
    with context.sessions.begin() as session:
        feeds.save_outlets(session, [Outlet("quay", "Quay Post", "GB", "en")])
        feeds.add_feeds(session, [NewFeed(url, "quay", "Quay") for url in urls], now=NOW)


def test_working_service_has_no_failed_check(
    context: Context, database_url: str, feed_server: FeedServer
):
    feed_server.routes["/news"] = reply()
    add_feeds(context, feed_server.url("/news"), feed_server.url("/missing"))
    with MailServer() as mail:
        server = {"SAMESTORY_MAIL__HOST": "127.0.0.1", "SAMESTORY_MAIL__PORT": str(mail.port)}
        port = {"SAMESTORY_WEB__PORT": "0", "DATABASE_URL": database_url}
        found = find_all(LOOPBACK | SITE | server | port)
    assert [*found] == ["clock", "disk", "database", "feeds", "compute", "model", "mail", "port"]
    assert not [finding for finding in found.values() if finding.state == "failed"]
    assert found["feeds"].text == "2 active, 0 failing; 1 of 2 respond"
    assert "384 dimensions" in found["model"].text
    assert (mail.connections, mail.received) == (1, [])


def test_each_fault_has_a_finding_with_a_remedy(
    context: Context, engine: Engine, database_url: str
):
    add_feeds(context, "http://127.0.0.1:9/news")
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_feeds_due"))
    with socket.create_server(("127.0.0.1", 0)) as other:
        faults = {
            "DATABASE_URL": database_url,
            "SAMESTORY_EMBED__MODEL": "/does/not/exist",
            "SAMESTORY_EMBED__LANGUAGE_MEANS": "",
            "SAMESTORY_MAIL__HOST": "127.0.0.1",
            "SAMESTORY_MAIL__PORT": "9",
            "SAMESTORY_EXPORT__TARGET": "/proc/dumps",
            "SAMESTORY_COMPUTE__ADDRESS": "ray://127.0.0.1:9",
            "SAMESTORY_WEB__PORT": str(other.getsockname()[1]),
        }
        lines = {name: each.line for name, each in find_all(SITE | faults).items()}
    del lines["clock"]
    assert all(line.startswith("failed ") for line in lines.values())
    for subject, remedy in {
        "disk": "change export.target",
        "database": "run samestory db check",
        "compute": "set SAMESTORY_COMPUTE__ADDRESS to local",
        "model": "/does/not/exist",
        "mail": "section [mail]",
        "port": "SAMESTORY_WEB__PORT",
    }.items():
        assert remedy in lines[subject]


def test_unreachable_database_and_network_are_failures(
    context: Context, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    add_feeds(context, "http://127.0.0.1:9/news")
    found = find_all(LOOPBACK | {"DATABASE_URL": database_url})
    assert "no feed responds (1 active, 0 failing)" in found["feeds"].text
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/x")
    done = CliRunner().invoke(build(["doctor"]), ["doctor", "--json"])
    rows = {row["subject"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert (done.exit_code, rows["database"]["state"]) == (1, "failed")
    assert "correct DATABASE_URL" in rows["database"]["text"]
    assert "feeds" not in rows
