"""Saved queries: the API and the commands, and their use in lists, feeds, changes and webhooks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from jobs.embed import embed
from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.sending.webhooks import webhooks
from service.cli import build
from service.domain.access.roles import Role
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import Alert, find_matches
from service.domain.subscribers.story_index import StoryIndex
from service.domain.webhooks.event_filter import EventFilter
from service.errors import BadInputError
from service.store.database.sessions import Sessions
from service.store.queries import saved
from service.store.subscribers import alerts
from service.store.subscribers.digest_stories import load_digest_stories
from service.store.tables import SavedQueryRow, StoryRow
from service.store.webhooks import webhooks as hooks
from tests.support.database.api_keys import KeyClient, make_key_client
from tests.support.database.embedded_articles import ENCODER, embed_all_articles
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving
from tests.support.servers.webhook_receiver import WebhookReceiver, deliver_to_loopback

HARBOUR = {"id": "harbour", "q": "ferry independent:2.. since:-24h", "title": "The harbour"}


@pytest.fixture
def site(sessions: Sessions) -> Iterator[Site]:
    """A story of two outlets on a ferry, and one of one outlet on a tram."""
    with sessions.begin() as session:
        rows = Rows(session)
        quay, post = rows.outlet("quay"), rows.outlet("post")
        at = NOW - timedelta(hours=2)
        ferry = [rows.article(each, "Ferry strikes pier", at=at) for each in (quay, post)]
        rows.story("ferry", ferry)
        rows.story("tram", [rows.article(quay, "Tram stops", at=at)])
    with serving(sessions) as running:
        yield running


@pytest.fixture
def ann(site: Site, sessions: Sessions) -> KeyClient:
    return make_key_client(site, sessions, "ann", Role.EDITOR, Role.ADMIN)


def test_saved_query_has_an_address_for_lists_feeds_and_changes(site: Site, ann: KeyClient) -> None:
    added = ann.post("/v1/queries", HARBOUR)
    assert (added.status, added.headers["location"]) == (201, "/v1/queries/harbour")
    assert added.json["created_by"] == "ann"
    assert [each["id"] for each in site.get(added.json["stories"]).json["items"]] == ["ferry"]
    assert all("Ferry strikes pier" in site.get(each).text for each in added.json["feeds"])
    changes = site.get(added.json["changes"]).json
    assert [each["story"] for each in changes["items"]] == ["ferry"]
    # The position passes changes that do not match.
    assert changes["next"] == site.get("/v1/changes?since=latest").json["next"]
    assert site.get(f"{added.json['changes']}&since={changes['next']}").json["items"] == []
    assert site.get("/v1/articles?query=harbour&total=true").json["total"]["count"] == 2
    assert site.get("/v1/search?q=pier&query=harbour&mode=keyword").json["stories"] != []
    assert len(site.get("/v1/export/changes?query=harbour").text.splitlines()) == 1

    assert ann.request("PATCH", "/v1/queries/harbour", {"q": "tram"}).json["title"] == "The harbour"
    assert [each["id"] for each in site.get("/v1/stories?query=harbour").json["items"]] == ["tram"]
    assert ann.request("DELETE", "/v1/queries/harbour").status == 204
    assert site.get("/v1/queries/harbour").status == 404
    assert site.get("/v1/stories?query=harbour").status == 422


def test_errors_have_a_remedy(site: Site, ann: KeyClient) -> None:
    assert ann.post("/v1/queries", HARBOUR).status == 201
    assert ann.post("/v1/queries", HARBOUR).status == 409
    assert "did you mean harbour" in site.get("/v1/stories?query=harbor").json["detail"]
    for q, reason in (
        ("outlt:quay", "did you mean outlet"),
        ("outlet:quai", "did you mean quay"),
        (" ", "is blank"),
        ("since:-1h until:-2h", "exchange them"),
    ):
        assert reason in ann.post("/v1/queries", {"id": "other", "q": q}).text
    hook = {"url": "https://8.8.8.8/hook", "query": "harbour"}
    assert ann.post("/v1/webhooks", hook | {"query": "harbor"}).status == 422
    assert ann.post("/v1/webhooks", hook).json["query"] == "harbour"
    assert "used by webhook 1" in ann.request("DELETE", "/v1/queries/harbour").text
    assert (
        "as_of is not supported"
        in ann.request("PATCH", "/v1/queries/harbour", {"q": "as_of:-2d"}).text
    )
    assert ann.request("PATCH", "/v1/webhooks/1", {"query": ""}).json["query"] is None
    assert ann.request("DELETE", "/v1/queries/harbour").status == 204


def test_writing_needs_the_role_editor(site: Site, sessions: Sessions) -> None:
    assert site.get("/v1/queries", method="POST").status in {401, 415}
    rita = make_key_client(site, sessions, "rita", Role.READER)
    assert rita.post("/v1/queries", HARBOUR).status == 403
    assert site.get("/v1/queries").json == {"items": [], "next": None}


def test_changes_wait_for_the_description_of_their_story(site: Site, sessions: Sessions) -> None:
    path = "/v1/changes?q=independent:2.."
    start = site.get(path).json["next"]
    with sessions.begin() as session:
        rows = Rows(session)
        articles = [rows.article(rows.outlet(each), "New tunnel") for each in ("one", "two")]
        rows.story("tunnel", articles, independent=0, described_at=None)
    waiting = site.get(f"{path}&since={start}").json
    assert (waiting["items"], waiting["next"]) == ([], start)
    with sessions.begin() as session:
        row = session.get_one(StoryRow, "tunnel")
        row.independent, row.described_at = 2, row.changed_at
    assert [each["story"] for each in site.get(f"{path}&since={start}").json["items"]] == ["tunnel"]


def test_stream_sends_only_matching_changes(site: Site) -> None:
    body = site.get("/v1/changes/stream?q=independent:2..&since=0&seconds=1").text
    assert '"story":"ferry"' in body
    assert '"story":"tram"' not in body


@pytest.mark.usefixtures("site")
def test_webhook_gets_only_changes_of_matching_stories(
    sessions: Sessions, context: Context
) -> None:
    world = deliver_to_loopback(context)
    with WebhookReceiver() as receiver:
        with sessions.begin() as session:
            saved.add(session, "harbour", "ferry independent:2..", made_by="ann", now=NOW)
            hooks.add(session, receiver.url, EventFilter(query="harbour"), now=NOW, since=0)
        run_job(Job("webhooks", 5, 600, webhooks), world)
        assert [each.data["story"] for each in receiver.accepted] == ["ferry"]

        # A failed delivery is repeated, also if its story no longer matches.
        receiver.status_for = lambda _: 500
        with sessions.begin() as session:
            session.execute(
                text(
                    "INSERT INTO transitions (story_id, kind, at, cause, article_ids)"
                    " VALUES ('ferry', 'grew', :at, 'place', '{}')"
                ),
                {"at": NOW},
            )
        run_job(Job("webhooks", 5, 600, webhooks), world)
        with sessions.begin() as session:
            saved.change(session, "harbour", q="tram", now=NOW)
        receiver.status_for = lambda _: 204
        later = replace(world, clock=lambda: NOW + timedelta(days=1))
        run_job(Job("webhooks", 5, 600, webhooks), later)
        assert [each.data["kind"] for each in receiver.accepted] == ["emerged", "grew"]


def _break_queries(sessions: Sessions) -> None:
    """Store values that are accepted nowhere now, as of another version."""
    with sessions.begin() as session:
        row = session.get_one(SavedQueryRow, "unreadable")
        row.q = "independent:>2147483647"
        row = session.get_one(SavedQueryRow, "crashes")
        row.meaning_model, row.meaning_vector = 1, [1.0]


@pytest.mark.usefixtures("site")
def test_failing_webhook_names_its_query_and_does_not_stop_others(
    sessions: Sessions, context: Context
) -> None:
    world = replace(deliver_to_loopback(context), clock=lambda: NOW)
    with WebhookReceiver() as receiver:
        with sessions.begin() as session:
            embed_all_articles(session)
            saved.add(session, "unreadable", "ferry", made_by="ann", now=NOW)
            saved.add(session, "crashes", "meaning:ferry", made_by="ann", now=NOW)
            unreadable, crashes, plain = (
                hooks.add(session, receiver.url, EventFilter(query=each), now=NOW, since=0)[0].id
                for each in ("unreadable", "crashes", None)
            )
        _break_queries(sessions)
        counts = run_job(Job("webhooks", 5, 600, webhooks), world)
        assert counts == {"delivered": 2, "failed": 2}
        with sessions.begin() as session:
            failed = hooks.get(session, unreadable)
            assert failed.error is not None
            assert failed.error.startswith("Saved query unreadable: Invalid query at position 1")
            assert (failed.state, failed.health.next_attempt_at is None) == ("active", False)
            assert "Saved query crashes: internal error" in (
                hooks.get(session, crashes).error or ""
            )
            assert hooks.get(session, plain).error is None
            saved.change(session, "unreadable", q="zeppelin", now=NOW)
        later = replace(world, clock=lambda: NOW + timedelta(hours=1))
        run_job(Job("webhooks", 5, 600, webhooks), later)
        with sessions.begin() as session:
            assert hooks.get(session, unreadable).error is None


@pytest.mark.usefixtures("site")
def test_webhook_and_alert_compare_the_meaning_once_it_is_encoded(
    sessions: Sessions, context: Context
) -> None:
    allowed = deliver_to_loopback(context)
    world = replace(allowed, encoder=lambda: ENCODER, clock=lambda: NOW)
    alert = Alert(1, parse_conditions(query="boats"), NOW)
    with WebhookReceiver() as receiver:
        with sessions.begin() as session:
            embed_all_articles(session)
            saved.add(
                session, "boats", "meaning:'ferry strikes'".replace("'", '"'), made_by="a", now=NOW
            )
            hooks.add(session, receiver.url, EventFilter(query="boats"), now=NOW, since=0)
        run_job(Job("webhooks", 5, 600, webhooks), world)
        assert receiver.accepted == []
        with sessions() as session:
            stories = load_digest_stories(session, since=NOW - timedelta(days=1), limit=10)
            [waiting] = alerts.load_saved_queries(session, [alert], stories, now=NOW)
            assert find_matches(StoryIndex(stories), waiting.conditions) == []
        run_job(Job("embed", 5, 600, embed), world)
        run_job(Job("webhooks", 5, 600, webhooks), world)
        assert [each.data["story"] for each in receiver.accepted] == ["ferry"]
        with sessions() as session:
            [loaded] = alerts.load_saved_queries(session, [alert], stories, now=NOW)
            assert [each.id for each in find_matches(StoryIndex(stories), loaded.conditions)] == [
                "ferry"
            ]
        with sessions.begin() as session:
            saved.change(session, "boats", q="meaning:tram", now=NOW)
            assert set(saved.find_unencoded_meanings(session, 1)) == {"boats"}


@pytest.mark.usefixtures("restore_logging")
def test_commands(sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(build(arguments), list(arguments))
        assert result.exit_code == 0, result.exception
        return result.stdout

    assert run("queries", "add", "a", "ferry since:-24h") == "a  ferry since:-24h\n"
    assert run("queries", "set", "a", "--title", "Ferries") == "a  ferry since:-24h  [Ferries]\n"
    assert '"created_by": "command line"' in run("queries", "list", "--json")
    assert run("queries", "remove", "a") == "removed query a\n"
    with sessions() as session, pytest.raises(BadInputError, match="lower-case"):
        saved.add(session, "A b", "ferry", made_by="ann", now=NOW)
