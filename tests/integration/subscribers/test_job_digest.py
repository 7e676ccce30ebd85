"""The job `digest`: once a subscriber and local date, whatever the mail server does."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from jobs.digest import digest
from jobs.running.context import Context
from service.domain.subscribers.digest_selection import Filters
from service.errors import MailServerError, SettingsError
from service.store.subscribers import subscribers
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DAILY, DUE, report_news, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def world(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """Two hours after the news, just when issues are due."""
    clock.now = DUE
    return with_mail(make_context(engine, clock), mail.port)


def got(mail: MailServer) -> Counter[str]:
    return Counter(to for to, _ in mail.taken)


def states(context: Context, table: str) -> list[str]:
    with context.sessions.begin() as session:
        return list(session.scalars(text(f"SELECT state FROM {table} ORDER BY id")))


def state_of(context: Context, address: str) -> str:
    with context.sessions.begin() as session:
        return subscribers.find(session, address).state


def test_everybody_gets_one_issue_a_day(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "ann@x.example", "bob@x.example")
    headline = report_news(world.sessions, DUE - 2 * HOUR)
    clock.now = DUE - timedelta(minutes=1)
    assert digest(world) == {}
    clock.now = DUE
    assert digest(world) == {"made": 2, "sent": 2}
    for minutes in (1, 30, 60, 720, 1439):
        clock.now = DUE + timedelta(minutes=minutes)
        assert digest(world) == {}
    assert got(mail) == {"ann@x.example": 1, "bob@x.example": 1}
    email = mail.taken[0][1]
    assert email["Subject"] == headline
    assert email["List-Unsubscribe"].strip().startswith("<https://news.example/digest/unsubscribe/")
    assert email["Date"].datetime == DUE

    second = report_news(world.sessions, DUE + 20 * HOUR)
    clock.now = DUE + DAY
    assert digest(world) == {"made": 2, "sent": 2}
    assert mail.taken[-1][1]["Subject"] == second
    assert headline not in mail.taken[-1][1].as_string()


def test_without_a_mail_server_nothing_happens(context: Context, clock: Clock):
    subscribe(context.sessions, "ann@x.example")
    clock.now = DUE
    assert digest(context) == {}
    assert states(context, "editions") == []


def test_without_an_address_for_links_nothing_is_sent(world: Context, mail: MailServer):
    with pytest.raises(SettingsError, match="SAMESTORY_MAIL__SITE"):
        digest(with_mail(world, mail.port, site=""))


def test_a_day_without_news_sends_nothing_and_is_over(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    assert digest(world) == {"empty": 1}
    report_news(world.sessions, DUE + HOUR)
    clock.now = DUE + 2 * HOUR
    assert digest(world) == {}
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    assert len(mail.taken) == 1


def test_a_story_comes_back_with_what_is_new(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "ann@x.example")
    with world.sessions.begin() as session:
        rows = Rows(session)
        first = [rows.article(rows.outlet(each), "Ferry", at=DUE - 2 * HOUR) for each in ("a", "b")]
        rows.story("ferry", first)
    digest(world)
    with world.sessions.begin() as session:
        rows = Rows(session)
        outlets = [rows.outlet(each, country="PL") for each in ("c", "d", "e")]
        more = [rows.article(each, "Captain held", at=DUE + 20 * HOUR) for each in outlets]
        story = rows.story("ferry-2", more)
        session.execute(text("UPDATE memberships SET story_id = :id"), {"id": story.id})
        session.execute(text("DELETE FROM transitions WHERE story_id = 'ferry'"))
        session.execute(text("DELETE FROM stories WHERE id = 'ferry'"))
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    told = mail.taken[-1][1].get_body(("plain",))
    assert told is not None
    assert "Since yesterday: 3 more outlets, the first from Poland" in told.get_content()


def test_a_lost_day_is_made_up_once_and_says_so(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE + 40 * HOUR)
    clock.now = DUE + 2 * DAY + 5 * HOUR
    assert digest(world) == {"made": 1, "sent": 1}
    assert digest(world) == {}
    assert "comes late" in mail.taken[0][1].as_string()
    with world.sessions.begin() as session:
        assert session.scalar(text("SELECT late FROM editions"))


def test_what_is_sent_late_says_so_though_it_was_made_in_time(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers["rcpt"] = "450 later"
    for hours in range(4):
        clock.now = DUE + hours * HOUR
        digest(world)
    mail.answers.clear()
    clock.now = DUE + 8 * HOUR
    assert digest(world) == {"sent": 1}
    assert "comes late" in mail.taken[0][1].as_string()


def test_preferences_are_followed(world: Context, mail: MailServer):
    tokyo = replace(DAILY, time_zone=ZoneInfo("Asia/Tokyo"), hour=16)
    subscribe(world.sessions, "picky@x.example", filters=Filters(min_independent=3))
    subscribe(world.sessions, "tokyo@x.example", schedule=tokyo)
    subscribe(world.sessions, "weekend@x.example", schedule=replace(DAILY, days=frozenset({6, 7})))
    report_news(world.sessions, DUE - HOUR)
    assert digest(world) == {"made": 1, "empty": 1, "sent": 1}
    assert got(mail) == {"tokyo@x.example": 1}


@pytest.mark.parametrize(
    ("step", "answer"),
    [("rcpt", "450 busy"), ("data", "451 later"), ("rcpt", "hang"), ("data", "close")],
)
def test_what_fails_for_now_is_tried_again_with_growing_pauses(
    world: Context, clock: Clock, mail: MailServer, step: str, answer: str
):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers[step] = answer
    tried: list[datetime] = []
    for minute in range(61):
        clock.now = DUE + timedelta(minutes=minute)
        if digest(world).get("deferred"):
            tried.append(clock.now)
    assert [int((at - DUE) / timedelta(minutes=1)) for at in tried] == [0, 5, 15, 35]
    mail.answers.clear()
    clock.now += DAY / 8
    assert digest(world) == {"sent": 1}
    assert got(mail) == {"ann@x.example": 1}
    assert states(world, "editions") == ["sent"]


def test_a_refused_address_gets_nothing_more(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "gone@x.example", "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.addresses["gone@x.example"] = "550 5.1.1 no such user"
    assert digest(world) == {"made": 2, "sent": 1, "refused": 1}
    assert state_of(world, "gone@x.example") == "bounced"
    assert state_of(world, "ann@x.example") == "active"
    mail.addresses.clear()
    report_news(world.sessions, DUE + 20 * HOUR)
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    assert got(mail) == {"ann@x.example": 2}


def test_a_refused_text_does_not_stop_anybody(world: Context, mail: MailServer):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers["data"] = "554 looks like spam"
    assert digest(world) == {"made": 1, "refused": 1}
    assert state_of(world, "ann@x.example") == "active"
    mail.answers.clear()
    assert digest(world) == {}


def test_a_server_that_takes_nothing_is_asked_once(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, *(f"r{n}@x.example" for n in range(5)))
    report_news(world.sessions, DUE - HOUR)
    mail.answers["mail"] = "421 closing"
    with pytest.raises(MailServerError, match="421"):
        digest(world)
    assert mail.connections == 1
    mail.answers.clear()
    clock.now = DUE + timedelta(minutes=10)
    assert digest(world) == {"sent": 5}
    assert set(got(mail).values()) == {1}


def test_who_stopped_meanwhile_gets_nothing(world: Context, clock: Clock, mail: MailServer):
    [ann] = subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers["rcpt"] = "450 later"
    digest(world)
    with world.sessions.begin() as session:
        subscribers.stop(session, ann.id, "unsubscribed")
    mail.answers.clear()
    clock.now = DUE + HOUR
    assert digest(world) == {}


def test_what_waited_too_long_is_given_up(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers["rcpt"] = "450 later"
    digest(world)
    mail.answers.clear()
    clock.now = DUE + 22 * HOUR
    assert digest(world) == {"expired": 1}
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}


def test_an_unanswered_end_is_tried_again_under_the_same_message_id(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    report_news(world.sessions, DUE - HOUR)
    mail.answers["taken"] = "close"
    assert digest(world)["deferred"] == 1
    assert states(world, "deliveries") == ["doubtful"]
    mail.answers.clear()
    clock.now = DUE + HOUR
    assert digest(world) == {"sent": 1}
    first, second = (email["Message-ID"] for _, email in mail.taken)
    assert first == second
