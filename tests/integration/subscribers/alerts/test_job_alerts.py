"""Alerts job: immediate emails, growth, rate limit, deferral to the digest, retries."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobs.running.context import Context
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from service.domain.subscribers.alert_conditions import parse_conditions
from service.domain.subscribers.alerts import MAX_ALERTS
from service.errors import BadInputError, MailServerError
from service.store.operations import emails
from service.store.queries import saved
from service.store.subscribers import alert_emails, subscribers
from service.store.subscribers import alerts as store
from service.store.subscribers.email_stats import mail_stats
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def context(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """A context half an hour after the digest of the day."""
    clock.now = DUE + 30 * MINUTE
    return with_mail(make_context(engine, clock), mail.port)


def add_alert(context: Context, address: str, **query: Any) -> int:
    with context.sessions.begin() as session:
        owner = subscribers.get_by_address(session, address)
        since = context.clock() - DAY
        return store.add(session, owner.id, parse_conditions(**query), now=since).id


def report_story(context: Context, story: str, outlets: Sequence[str], at: datetime) -> None:
    """Store a story, or further reports of an existing one."""
    with context.sessions.begin() as session:
        rows = Rows(session)
        existing = session.scalar(text("SELECT id FROM stories WHERE id = :id"), {"id": story})
        articles = [
            rows.article(rows.outlet(f"{story}-{each}", country="PL"), f"{story} happens", at=at)
            for each in outlets
        ]
        if existing is None:
            rows.story(story, articles)
        else:
            new = rows.story(f"{story}-{len(articles)}", articles)
            for table in ("memberships", "transitions"):
                session.execute(
                    text(f"UPDATE {table} SET story_id = :new WHERE story_id = :old"),
                    {"new": new.id, "old": story},
                )
            session.execute(text("DELETE FROM stories WHERE id = :old"), {"old": story})


def received(mail: MailServer) -> list[tuple[str, str]]:
    return [(to, str(email["Subject"])) for to, email in mail.received]


def states(context: Context) -> list[str]:
    with context.sessions.begin() as session:
        return list(session.scalars(text("SELECT state FROM editions ORDER BY id")))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE alerts SET query = '{\"words\": 5}' WHERE query_id IS NOT NULL",
        "UPDATE saved_queries SET q = 'independent:>2147483647'",
        "UPDATE subscribers SET time_zone = 'Europe/Nowhere' WHERE address = 'ann@x.example'",
    ],
)
def test_stored_value_of_one_subscriber_does_not_stop_others(
    context: Context, clock: Clock, mail: MailServer, damage: str
):
    subscribe(context.sessions, "ann@x.example", "bob@x.example")
    with context.sessions.begin() as session:
        saved.add(session, "cups", "cup", made_by="a", now=clock.now)
    add_alert(context, "ann@x.example", query="cups")
    add_alert(context, "bob@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    with context.sessions.begin() as session:
        session.execute(text(damage))
    alerts(context)
    assert [to for to, _ in received(mail)] == ["bob@x.example"]
    clock.now = DUE + DAY
    digest(context)
    assert "bob@x.example" in [to for to, subject in received(mail)[1:]]


def test_match_and_growth_send_one_email_each(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example", "bob@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    assert alerts(context) == {}
    report_story(context, "ferry", ["a"], clock.now)
    report_story(context, "cup", ["a"], clock.now)
    assert alerts(context) == {"created": 1, "sent": 1}
    assert received(mail) == [("ann@x.example", "ferry happens")]
    for _ in range(3):
        clock.advance(minutes=1)
        assert alerts(context) == {}
    report_story(context, "ferry", ["b", "c"], clock.now)
    assert alerts(context) == {"created": 1, "sent": 1}
    grown = mail.received[-1][1].get_body(("plain",))
    assert grown is not None
    assert "Since 07:30: 2 more independent outlets" in grown.get_content()
    clock.advance(minutes=1)
    assert alerts(context) == {}


def test_email_links_stop_its_alert(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    number = add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    alerts(context)
    [(_, email)] = mail.received
    assert f"/digest/alerts/{number}." in email["List-Unsubscribe"]
    assert email["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email["List-Id"] == "<alerts.news.example>"
    body = email.get_body(("plain",))
    assert body is not None
    for purpose in ("alerts", "preferences", "editions", "unsubscribe"):
        assert f"https://news.example/digest/{purpose}/" in body.get_content()


def test_emails_above_the_hourly_limit_are_deferred_to_the_digest(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="happens")
    for number in range(6):
        report_story(context, f"event{number}x", ["a"], clock.now)
    assert alerts(context) == {"created": 4, "deferred_to_digest": 2, "sent": 4}
    clock.advance(minutes=30)
    report_story(context, "ferry", ["a"], clock.now)
    assert alerts(context) == {"deferred_to_digest": 1}
    clock.advance(minutes=31)
    report_story(context, "cup", ["a"], clock.now)
    assert alerts(context) == {"created": 1, "sent": 1}
    subjects = {subject for _, subject in received(mail)}
    assert len(subjects) == 5
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    body = mail.received[-1][1].get_body(("plain",))
    assert body is not None
    section = body.get_content().partition("YOUR ALERTS")[2].partition("\n-- ")[0]
    missing = {f"event{number}x happens" for number in range(6)} - subjects | {"ferry happens"}
    assert len(missing) == 3
    for headline in missing:
        assert section.count(headline) == 1
    # The next digest does not repeat them.
    clock.now = DUE + 2 * DAY
    assert digest(context) == {"empty": 1}


def test_edition_may_contain_only_alerts(context: Context, clock: Clock, mail: MailServer):
    settings = replace(context.settings, alerts=replace(context.settings.alerts, max_per_hour=0))
    context = replace(context, settings=settings)
    [ann] = subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        subscribers.update_preferences(
            session,
            ann.id,
            ann.schedule,
            replace(ann.filters, min_independent=9),
            now=ann.schedule_since,
        )
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    assert alerts(context) == {"deferred_to_digest": 1}
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    assert mail.received[-1][1]["Subject"] == "ferry happens"


def test_failed_email_is_retried_then_deferred_to_the_digest(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="happens")
    report_story(context, "ferry", ["a"], clock.now)
    mail.replies["rcpt"] = "450 later"
    assert alerts(context) == {"created": 1, "deferred": 1}
    mail.replies.clear()
    clock.advance(minutes=5)
    assert alerts(context) == {"sent": 1}
    mail.replies["mail"] = "421 closing"
    report_story(context, "cup", ["a"], clock.now)
    with pytest.raises(MailServerError):
        alerts(context)
    mail.replies.clear()
    clock.advance(hours=4)
    assert alerts(context) == {"overdue": 1}
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    assert "YOUR ALERTS" in mail.received[-1][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_unconfirmed_email_is_resent_with_the_same_message_id(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    mail.replies["end_of_data"] = "close"
    assert alerts(context)["deferred"] == 1
    mail.replies.clear()
    clock.advance(hours=2)
    assert alerts(context) == {"sent": 1}
    first, second = (email for _, email in mail.received)
    assert first["Message-ID"] == second["Message-ID"]
    assert "sorry for the delay" in second.as_string()


def test_digest_job_leaves_open_alert_deliveries_alone(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    mail.replies["rcpt"] = "450 later"
    alerts(context)
    with context.sessions.begin() as session:
        session.execute(text("UPDATE deliveries SET state = 'sending'"))
    clock.advance(minutes=10)
    assert digest(context) == {"created": 1, "deferred": 1}
    with context.sessions.begin() as session:
        open_count = session.scalar(text("SELECT count(*) FROM deliveries WHERE state = 'sending'"))
    assert open_count == 1


def test_stopped_alert_cancels_waiting_emails(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    number = add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    mail.replies["rcpt"] = "450 later"
    alerts(context)
    with context.sessions.begin() as session:
        store.stop(session, number, now=clock.now)
    mail.replies.clear()
    clock.advance(hours=1)
    report_story(context, "ferry", ["b", "c"], clock.now)
    assert alerts(context) == {}
    assert states(context) == ["expired"]
    assert mail.received == []
    with context.sessions() as session:
        assert mail_stats(session, since=DUE).outcomes == ()
        assert emails.list_unsent(session, since=DUE, limit=10) == []


def test_stopped_subscriber_gets_no_email(context: Context, clock: Clock, mail: MailServer):
    [ann] = subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    with context.sessions.begin() as session:
        subscribers.stop(session, ann.id, "unsubscribed", now=clock.now)
    report_story(context, "ferry", ["a"], clock.now)
    assert alerts(context) == {}
    assert mail.received == []


def test_refused_address_is_marked_as_bounced(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "gone@x.example")
    add_alert(context, "gone@x.example", words="ferry")
    mail.address_replies["gone@x.example"] = "550 5.1.1 no such user"
    report_story(context, "ferry", ["a"], clock.now)
    assert alerts(context) == {"created": 1, "refused": 1}
    with context.sessions.begin() as session:
        assert subscribers.get_by_address(session, "gone@x.example").state == "bounced"


def test_old_story_triggers_no_email(context: Context, clock: Clock):
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now - 2 * DAY)
    assert alerts(context) == {}


def test_story_is_stored_once_per_coverage(context: Context, clock: Clock):
    [ann] = subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    alerts(context)
    with context.sessions.begin() as session:
        content = session.scalar(text("SELECT content FROM editions"))
        assert not alert_emails.add(
            session,
            ann.id,
            alert_emails.parse_content(content),
            DUE.date(),
            now=clock.now,
            defer=False,
        )


def test_alerts_are_limited_and_unique(context: Context):
    subscribe(context.sessions, "ann@x.example")
    for number in range(MAX_ALERTS):
        add_alert(context, "ann@x.example", words=f"word{number}")
    with pytest.raises(BadInputError, match="stop one"):
        add_alert(context, "ann@x.example", words="ferry")
    with pytest.raises(BadInputError, match="alert already exists"):
        add_alert(context, "ann@x.example", words="word3")


def test_dry_run_writes_emails_to_a_folder(
    context: Context, clock: Clock, mail: MailServer, tmp_path: Path
):
    """In a dry run no email reaches the server."""
    context = with_mail(context, mail.port, folder=str(tmp_path / "out"))
    subscribe(context.sessions, "ann@x.example")
    add_alert(context, "ann@x.example", words="ferry")
    report_story(context, "ferry", ["a"], clock.now)
    assert alerts(context) == {"created": 1, "sent": 1}
    assert digest(context) == {"created": 1, "sent": 1}
    written = sorted((tmp_path / "out").iterdir())
    assert [path.suffix for path in written] == [".eml", ".eml"]
    assert all(b"ferry happens" in path.read_bytes() for path in written)
    assert mail.received == []


def test_empty_day_may_send_a_short_email(context: Context, clock: Clock, mail: MailServer):
    settings = replace(
        context.settings, editions=replace(context.settings.editions, empty_days="line")
    )
    context = replace(context, settings=settings)
    subscribe(context.sessions, "ann@x.example")
    assert digest(context) == {"created": 1, "sent": 1}
    assert mail.received[0][1]["Subject"] == "Nothing new"
    for part in mail.received[0][1].iter_parts():
        assert "no new story matches your preferences" in part.get_content()
    clock.advance(hours=1)
    assert digest(context) == {}


def test_alert_with_a_saved_query_is_triggered_once_the_story_matches(
    context: Context, mail: MailServer
) -> None:
    subscribe(context.sessions, "ann@x.example")
    now = context.clock()
    with context.sessions.begin() as session:
        saved.add(session, "wide", "happens independent:2.. since:-24h", made_by="ann", now=now)
    add_alert(context, "ann@x.example", query="wide")
    report_story(context, "ferry", ["a", "b"], now - 5 * MINUTE)
    report_story(context, "tram", ["a"], now - 5 * MINUTE)
    report_story(context, "old", ["a", "b"], now - 30 * HOUR)
    alerts(context)
    assert [subject for _, subject in received(mail)] == ["ferry happens"]
    with context.sessions.begin() as session, pytest.raises(BadInputError, match="missing_outlet"):
        saved.change(session, "wide", q="missing_outlet:ferry-a", now=now)
    alerts(context)
    assert len(received(mail)) == 1
