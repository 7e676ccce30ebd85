"""The job `alerts`: told at once, once, not too often, and the rest in the next issue."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobs.alerts import alerts
from jobs.digest import digest
from jobs.running.context import Context
from service.domain.subscribers.alert_preferences import query
from service.domain.subscribers.alerts import MOST
from service.errors import BadInputError, MailServerError
from service.store.subscribers import alert_emails, subscribers
from service.store.subscribers import alerts as store
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def world(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """Half an hour after the digest of the day."""
    clock.now = DUE + 30 * MINUTE
    return with_mail(make_context(engine, clock), mail.port)


def ask(world: Context, address: str, **asked: Any) -> int:
    with world.sessions.begin() as session:
        owner = subscribers.find(session, address)
        since = world.clock() - DAY
        return store.add(session, owner.id, query(**asked), now=since).id


def reported(world: Context, story: str, outlets: Sequence[str], at: datetime) -> None:
    """A story, or more outlets of a known one."""
    with world.sessions.begin() as session:
        rows = Rows(session)
        known = session.scalar(text("SELECT id FROM stories WHERE id = :id"), {"id": story})
        articles = [
            rows.article(rows.outlet(f"{story}-{each}", country="PL"), f"{story} happens", at=at)
            for each in outlets
        ]
        if known is None:
            rows.story(story, articles)
        else:
            new = rows.story(f"{story}-{len(articles)}", articles)
            for table in ("memberships", "transitions"):
                session.execute(
                    text(f"UPDATE {table} SET story_id = :new WHERE story_id = :old"),
                    {"new": new.id, "old": story},
                )
            session.execute(text("DELETE FROM stories WHERE id = :old"), {"old": story})


def came(mail: MailServer) -> list[tuple[str, str]]:
    return [(to, str(email["Subject"])) for to, email in mail.taken]


def states(world: Context) -> list[str]:
    with world.sessions.begin() as session:
        return list(session.scalars(text("SELECT state FROM editions ORDER BY id")))


def test_a_story_is_told_at_once_and_again_only_when_it_grew(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example", "bob@x.example")
    ask(world, "ann@x.example", words="ferry")
    assert alerts(world) == {}
    reported(world, "ferry", ["a"], clock.now)
    reported(world, "cup", ["a"], clock.now)
    assert alerts(world) == {"made": 1, "sent": 1}
    assert came(mail) == [("ann@x.example", "ferry happens")]
    for _ in range(3):
        clock.advance(minutes=1)
        assert alerts(world) == {}
    reported(world, "ferry", ["b", "c"], clock.now)
    assert alerts(world) == {"made": 1, "sent": 1}
    grown = mail.taken[-1][1].get_body(("plain",))
    assert grown is not None
    assert "Since 07:30: 2 more outlets" in grown.get_content()
    clock.advance(minutes=1)
    assert alerts(world) == {}


def test_the_email_stops_its_own_alert(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "ann@x.example")
    number = ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    alerts(world)
    [(_, email)] = mail.taken
    assert f"/digest/alerts/{number}-" in email["List-Unsubscribe"]
    assert email["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email["List-Id"] == "<alerts.news.example>"
    body = email.get_body(("plain",))
    assert body is not None
    for purpose in ("alerts", "preferences", "issues", "unsubscribe"):
        assert f"https://news.example/digest/{purpose}/" in body.get_content()


def test_what_is_too_much_for_an_hour_comes_with_the_next_issue(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="happens")
    for number in range(6):
        reported(world, f"event{number}x", ["a"], clock.now)
    assert alerts(world) == {"made": 4, "deferred": 2, "sent": 4}
    clock.advance(minutes=30)
    reported(world, "ferry", ["a"], clock.now)
    assert alerts(world) == {"deferred": 1}
    clock.advance(minutes=31)
    reported(world, "cup", ["a"], clock.now)
    assert alerts(world) == {"made": 1, "sent": 1}
    told = {subject for _, subject in came(mail)}
    assert len(told) == 5
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    body = mail.taken[-1][1].get_body(("plain",))
    assert body is not None
    section = body.get_content().partition("YOUR ALERTS")[2].partition("\n-- ")[0]
    missing = {f"event{number}x happens" for number in range(6)} - told | {"ferry happens"}
    assert len(missing) == 3
    for headline in missing:
        assert section.count(headline) == 1
    # And only there, once.
    clock.now = DUE + 2 * DAY
    assert digest(world) == {"empty": 1}


def test_an_issue_may_hold_nothing_but_alerts(world: Context, clock: Clock, mail: MailServer):
    quiet = replace(world.settings, alerts=replace(world.settings.alerts, max_per_hour=0))
    world = replace(world, settings=quiet)
    [ann] = subscribe(world.sessions, "ann@x.example")
    with world.sessions.begin() as session:
        subscribers.change(
            session, ann.id, ann.schedule, replace(ann.filters, min_independent=9), now=ann.schedule_since
        )
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    assert alerts(world) == {"deferred": 1}
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    assert mail.taken[-1][1]["Subject"] == "ferry happens"


def test_what_fails_for_now_is_tried_again_and_then_left_to_the_next_issue(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="happens")
    reported(world, "ferry", ["a"], clock.now)
    mail.answers["rcpt"] = "450 later"
    assert alerts(world) == {"made": 1, "deferred": 1}
    mail.answers.clear()
    clock.advance(minutes=5)
    assert alerts(world) == {"sent": 1}
    mail.answers["mail"] = "421 closing"
    reported(world, "cup", ["a"], clock.now)
    with pytest.raises(MailServerError):
        alerts(world)
    mail.answers.clear()
    clock.advance(hours=4)
    assert alerts(world) == {"late": 1}
    clock.now = DUE + DAY
    assert digest(world) == {"made": 1, "sent": 1}
    assert "YOUR ALERTS" in mail.taken[-1][1].get_body(("plain",)).get_content()  # type: ignore[union-attr]


def test_an_unanswered_end_is_tried_again_under_the_same_message_id(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    mail.answers["taken"] = "close"
    assert alerts(world)["deferred"] == 1
    mail.answers.clear()
    clock.advance(hours=2)
    assert alerts(world) == {"sent": 1}
    first, second = (email for _, email in mail.taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert "comes late" in second.as_string()


def test_the_digest_leaves_notices_alone_that_are_being_sent(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    mail.answers["rcpt"] = "450 later"
    alerts(world)
    with world.sessions.begin() as session:
        session.execute(text("UPDATE deliveries SET state = 'sending'"))
    clock.advance(minutes=10)
    assert digest(world) == {"made": 1, "deferred": 1}
    with world.sessions.begin() as session:
        open_ones = session.scalar(text("SELECT count(*) FROM deliveries WHERE state = 'sending'"))
    assert open_ones == 1


def test_a_stopped_alert_tells_nothing_more_not_even_what_waits(
    world: Context, clock: Clock, mail: MailServer
):
    subscribe(world.sessions, "ann@x.example")
    number = ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    mail.answers["rcpt"] = "450 later"
    alerts(world)
    with world.sessions.begin() as session:
        store.stop(session, number, now=clock.now)
    mail.answers.clear()
    clock.advance(hours=1)
    reported(world, "ferry", ["b", "c"], clock.now)
    assert alerts(world) == {}
    assert states(world) == ["expired"]
    assert mail.taken == []


def test_who_has_stopped_or_not_confirmed_is_told_nothing(
    world: Context, clock: Clock, mail: MailServer
):
    [ann] = subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    with world.sessions.begin() as session:
        subscribers.stop(session, ann.id, "unsubscribed")
    reported(world, "ferry", ["a"], clock.now)
    assert alerts(world) == {}
    assert mail.taken == []


def test_a_refused_address_gets_nothing_more(world: Context, clock: Clock, mail: MailServer):
    subscribe(world.sessions, "gone@x.example")
    ask(world, "gone@x.example", words="ferry")
    mail.addresses["gone@x.example"] = "550 5.1.1 no such user"
    reported(world, "ferry", ["a"], clock.now)
    assert alerts(world) == {"made": 1, "refused": 1}
    with world.sessions.begin() as session:
        assert subscribers.find(session, "gone@x.example").state == "bounced"


def test_old_news_is_none(world: Context, clock: Clock):
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now - 2 * DAY)
    assert alerts(world) == {}


def test_the_ledger_holds_a_story_at_a_coverage_once(world: Context, clock: Clock):
    [ann] = subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    alerts(world)
    with world.sessions.begin() as session:
        content = session.scalar(text("SELECT content FROM editions"))
        assert not alert_emails.make(
            session, ann.id, alert_emails.read(content), DUE.date(), now=clock.now, fold=False
        )


def test_alerts_are_few_and_differ(world: Context):
    subscribe(world.sessions, "ann@x.example")
    for number in range(MOST):
        ask(world, "ann@x.example", words=f"word{number}")
    with pytest.raises(BadInputError, match="remove one"):
        ask(world, "ann@x.example", words="ferry")
    with pytest.raises(BadInputError, match="such an alert already"):
        ask(world, "ann@x.example", words="word3")


def test_emails_may_go_into_a_folder(
    world: Context, clock: Clock, mail: MailServer, tmp_path: Path
):
    """A dry run: nothing reaches the server."""
    world = with_mail(world, mail.port, folder=str(tmp_path / "out"))
    subscribe(world.sessions, "ann@x.example")
    ask(world, "ann@x.example", words="ferry")
    reported(world, "ferry", ["a"], clock.now)
    assert alerts(world) == {"made": 1, "sent": 1}
    assert digest(world) == {"made": 1, "sent": 1}
    written = sorted((tmp_path / "out").iterdir())
    assert [path.suffix for path in written] == [".eml", ".eml"]
    assert all(b"ferry happens" in path.read_bytes() for path in written)
    assert mail.taken == []


def test_a_day_without_news_may_bring_a_line(world: Context, clock: Clock, mail: MailServer):
    talking = replace(world.settings, editions=replace(world.settings.editions, empty_days="line"))
    world = replace(world, settings=talking)
    subscribe(world.sessions, "ann@x.example")
    assert digest(world) == {"made": 1, "sent": 1}
    assert mail.taken[0][1]["Subject"] == "Nothing new"
    for part in mail.taken[0][1].iter_parts():
        assert "no story that you ask for" in part.get_content()
    clock.advance(hours=1)
    assert digest(world) == {}
