"""Digest job: one edition per subscriber and local date, retries, catch-up."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from jobs.running.context import Context
from jobs.sending.digest import digest
from service.domain.subscribers.filters import Filters
from service.errors import MailServerError, SettingsError
from service.store.operations import emails
from service.store.subscribers import subscribers
from service.store.subscribers.email_stats import mail_stats
from tests.integration.conftest import Clock, make_context
from tests.support.content.events import EVENTS
from tests.support.content.subscribers import DAILY, DUE, report_news, subscribe, with_mail
from tests.support.database.embedded_articles import embed_all_articles
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def context(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """A context at the time when editions are due."""
    clock.now = DUE
    return with_mail(make_context(engine, clock), mail.port)


def received(mail: MailServer) -> Counter[str]:
    return Counter(to for to, _ in mail.received)


def states(context: Context, table: str) -> list[str]:
    with context.sessions.begin() as session:
        return list(session.scalars(text(f"SELECT state FROM {table} ORDER BY id")))


def state_of(context: Context, address: str) -> str:
    with context.sessions.begin() as session:
        return subscribers.get_by_address(session, address).state


def test_each_subscriber_gets_one_edition_per_day(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example", "bob@x.example")
    headline = report_news(context.sessions, DUE - 2 * HOUR)
    clock.now = DUE - timedelta(minutes=1)
    assert digest(context) == {}
    clock.now = DUE
    assert digest(context) == {"created": 2, "sent": 2}
    for minutes in (1, 30, 60, 720, 1439):
        clock.now = DUE + timedelta(minutes=minutes)
        assert digest(context) == {}
    assert received(mail) == {"ann@x.example": 1, "bob@x.example": 1}
    email = mail.received[0][1]
    assert email["Subject"] == headline
    assert email["List-Unsubscribe"].strip().startswith("<https://news.example/digest/unsubscribe/")
    assert email["Date"].datetime == DUE

    second = report_news(context.sessions, DUE + 20 * HOUR)
    clock.now = DUE + DAY
    assert digest(context) == {"created": 2, "sent": 2}
    assert mail.received[-1][1]["Subject"] == second
    assert headline not in mail.received[-1][1].as_string()


def test_no_mail_server_creates_nothing(context: Context, clock: Clock):
    subscribe(context.sessions, "ann@x.example")
    clock.now = DUE
    assert digest(with_mail(context, 0, host="")) == {}
    assert states(context, "editions") == []


def test_missing_site_raises_settings_error(context: Context, mail: MailServer):
    with pytest.raises(SettingsError, match="SAMESTORY_WEB__SITE"):
        digest(with_mail(context, mail.port, site=""))


def test_empty_day_sends_nothing_and_is_not_repeated(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    assert digest(context) == {"empty": 1}
    report_news(context.sessions, DUE + HOUR)
    clock.now = DUE + 2 * HOUR
    assert digest(context) == {}
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    assert len(mail.received) == 1


def test_seen_story_returns_with_new_reports(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        rows = Rows(session)
        first = [rows.article(rows.outlet(each), "Ferry", at=DUE - 2 * HOUR) for each in ("a", "b")]
        rows.story("ferry", first)
    digest(context)
    with context.sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(each, country="PL") for each in ("c", "d", "e")]
        more = [rows.article(each, "Captain held", at=DUE + 20 * HOUR) for each in outlets]
        story = rows.story("ferry-2", more)
        session.execute(text("UPDATE memberships SET story_id = :id"), {"id": story.id})
        session.execute(text("DELETE FROM transitions WHERE story_id = 'ferry'"))
        session.execute(text("DELETE FROM stories WHERE id = 'ferry'"))
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    body = mail.received[-1][1].get_body(("plain",))
    assert body is not None
    assert (
        "Since you last saw this story: 3 more independent outlets, including the first from Poland"
        in body.get_content()
    )


def test_missed_day_is_caught_up_once_with_an_apology(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE + 40 * HOUR)
    clock.now = DUE + 2 * DAY + 5 * HOUR
    assert digest(context) == {"created": 1, "sent": 1}
    assert digest(context) == {}
    assert "sorry for the delay" in mail.received[0][1].as_string()
    with context.sessions.begin() as session:
        assert session.scalar(text("SELECT late FROM editions"))


def test_edition_sent_late_apologises(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["rcpt"] = "450 later"
    for hours in range(4):
        clock.now = DUE + hours * HOUR
        digest(context)
    mail.replies.clear()
    clock.now = DUE + 8 * HOUR
    assert digest(context) == {"sent": 1}
    assert "sorry for the delay" in mail.received[0][1].as_string()


def test_preferences_are_applied(context: Context, mail: MailServer):
    tokyo = replace(DAILY, time_zone=ZoneInfo("Asia/Tokyo"), hour=16)
    subscribe(context.sessions, "picky@x.example", filters=Filters(min_independent=3))
    subscribe(context.sessions, "tokyo@x.example", schedule=tokyo)
    subscribe(
        context.sessions, "weekend@x.example", schedule=replace(DAILY, days=frozenset({6, 7}))
    )
    report_news(context.sessions, DUE - HOUR)
    assert digest(context) == {"created": 1, "empty": 1, "sent": 1}
    assert received(mail) == {"tokyo@x.example": 1}


@pytest.mark.parametrize(
    ("step", "reply"),
    [("rcpt", "450 busy"), ("data", "451 later"), ("rcpt", "hang"), ("data", "close")],
)
def test_temporary_failure_is_retried_with_backoff(
    context: Context, clock: Clock, mail: MailServer, step: str, reply: str
):
    if reply == "hang":
        context = with_mail(context, mail.port, timeout_seconds=0.5)
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies[step] = reply
    tried: list[datetime] = []
    for minute in range(61):
        clock.now = DUE + timedelta(minutes=minute)
        if digest(context).get("deferred"):
            tried.append(clock.now)
    assert [int((at - DUE) / timedelta(minutes=1)) for at in tried] == [0, 5, 15, 35]
    mail.replies.clear()
    clock.now += DAY / 8
    assert digest(context) == {"sent": 1}
    assert received(mail) == {"ann@x.example": 1}
    assert states(context, "editions") == ["sent"]


def test_refused_address_is_marked_as_bounced(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "gone@x.example", "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.address_replies["gone@x.example"] = "550 5.1.1 no such user"
    assert digest(context) == {"created": 2, "sent": 1, "refused": 1}
    assert state_of(context, "gone@x.example") == "bounced"
    assert state_of(context, "ann@x.example") == "active"
    mail.address_replies.clear()
    report_news(context.sessions, DUE + 20 * HOUR)
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}
    assert received(mail) == {"ann@x.example": 2}


def test_refused_content_does_not_stop_the_subscriber(context: Context, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["data"] = "554 looks like spam"
    assert digest(context) == {"created": 1, "refused": 1}
    assert state_of(context, "ann@x.example") == "active"
    mail.replies.clear()
    assert digest(context) == {}


def test_unavailable_server_ends_the_run(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, *(f"r{n}@x.example" for n in range(5)))
    report_news(context.sessions, DUE - HOUR)
    mail.replies["mail"] = "421 closing"
    with pytest.raises(MailServerError, match="421"):
        digest(context)
    assert mail.connections == 1
    mail.replies.clear()
    clock.now = DUE + timedelta(minutes=10)
    assert digest(context) == {"sent": 5}
    assert set(received(mail).values()) == {1}


def test_subscriber_who_stopped_gets_no_waiting_email(
    context: Context, clock: Clock, mail: MailServer
):
    [ann] = subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["rcpt"] = "450 later"
    digest(context)
    with context.sessions.begin() as session:
        subscribers.stop(session, ann.id, "unsubscribed", now=clock.now)
    mail.replies.clear()
    clock.now = DUE + HOUR
    assert digest(context) == {}


def test_overdue_edition_expires(context: Context, clock: Clock, mail: MailServer):
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["rcpt"] = "450 later"
    digest(context)
    mail.replies.clear()
    clock.now = DUE + 22 * HOUR
    assert digest(context) == {"expired": 1}
    clock.now = DUE + DAY
    assert digest(context) == {"created": 1, "sent": 1}


def test_expired_edition_of_a_subscriber_who_stopped_is_no_failure(
    context: Context, clock: Clock, mail: MailServer
):
    [ann, _] = subscribe(context.sessions, "ann@x.example", "bob@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["rcpt"] = "450 later"
    digest(context)
    with context.sessions.begin() as session:
        subscribers.stop(session, ann.id, "unsubscribed", now=clock.now)
    clock.now = DUE + 22 * HOUR
    assert digest(context) == {"expired": 2}
    with context.sessions() as session:
        [outcome] = mail_stats(session, since=DUE - DAY).outcomes
        [unsent] = emails.list_unsent(session, since=DUE - DAY, limit=10)
    assert (outcome.emails, outcome.failed, unsent.address) == (1, 1, "bob@x.example")


def test_unconfirmed_email_is_resent_with_the_same_message_id(
    context: Context, clock: Clock, mail: MailServer
):
    subscribe(context.sessions, "ann@x.example")
    report_news(context.sessions, DUE - HOUR)
    mail.replies["end_of_data"] = "close"
    assert digest(context)["deferred"] == 1
    assert states(context, "deliveries") == ["doubtful"]
    mail.replies.clear()
    clock.now = DUE + HOUR
    moved = with_mail(context, mail.port, sender="News <news@moved.example>")
    assert digest(moved) == {"sent": 1}
    first, second = (email["Message-ID"] for _, email in mail.received)
    assert first == second


def test_event_in_two_stories_is_on_one_card(context: Context):
    subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        rows = Rows(session)
        for number, event in enumerate(EVENTS):
            reports = [
                rows.article(
                    rows.outlet(f"paper{number}{at}"),
                    f"{label}: {event}",
                    at=DUE - (3 + at) * HOUR,
                    text=f"{event}, officials said on Tuesday.",
                )
                for at, label in enumerate(("Report", "Update", "Tuesday", "Overnight"))
            ]
            stories = [reports] if number else [reports[:2], reports[2:]]
            for part, members in enumerate(stories):
                rows.story(f"event-{number}-{part}", members)
        embed_all_articles(session)
    assert digest(context) == {"created": 1, "sent": 1}
    with context.sessions.begin() as session:
        [content] = session.scalars(text("SELECT content FROM editions"))
    cards = {card["story"]: card for card in content["top"]}
    assert len(cards) == len(EVENTS)
    [joined] = [card for story, card in cards.items() if story.startswith("event-0")]
    assert (joined["coverage"], len(joined["also"])) == (4, 1)
    assert {card["coverage"] for card in cards.values()} == {4}


def test_widest_story_of_a_week_is_in_a_weekly_edition(context: Context, clock: Clock):
    weekly = replace(DAILY, days=frozenset({DUE.isoweekday()}))
    clock.now = DUE
    subscribe(context.sessions, "ann@x.example", schedule=weekly)
    settings = replace(context.settings.editions, max_candidates=8)
    context = replace(context, settings=replace(context.settings, editions=settings))
    outlets = [f"paper{number}" for number in range(9)]
    widest = report_news(context.sessions, DUE + 20 * HOUR, outlets)
    for hours in range(12):
        report_news(context.sessions, DUE + 7 * DAY - (1 + hours) * HOUR)
    clock.now = DUE + 7 * DAY
    assert digest(context) == {"created": 1, "sent": 1}
    with context.sessions.begin() as session:
        [content] = session.scalars(text("SELECT content FROM editions WHERE state = 'sent'"))
    assert widest == content["top"][0]["headline"]
