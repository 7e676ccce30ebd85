"""A storm of matches: the hourly limit holds, and nothing is lost through merges and splits."""

import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from jobs.running.context import Context
from jobs.sending.alerts import alerts
from jobs.sending.digest import digest
from service.domain.subscribers.alert_conditions import parse_conditions
from service.errors import MailServerError
from service.store.subscribers import alerts as store
from service.store.tables import OutletRow
from tests.integration.conftest import Clock, make_context
from tests.integration.subscribers.alerts.test_alert_thresholds import move_reports
from tests.support.content.subscribers import DUE, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

STORIES, PER_STEP = 200, 10


@pytest.fixture
def context(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """A context after the digest of the day, with a subscriber and an alert."""
    clock.now = DUE + timedelta(minutes=10)
    context = with_mail(make_context(engine, clock), mail.port)
    [ann] = subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        store.add(session, ann.id, parse_conditions(words="flood"), now=DUE)
    return context


def report_floods(context: Context, first: int) -> None:
    """Add stories of one outlet each, whose headlines have a unique word."""
    with context.sessions.begin() as session:
        rows = Rows(session, session.query(OutletRow))
        for number in range(first, first + PER_STEP):
            outlet = rows.outlet(f"outlet-{number}")
            article = rows.article(outlet, f"Flood in village{number}", at=context.clock())
            rows.story(f"flood-{number}", [article])


def headlines(mail: MailServer) -> str:
    parts = [email.get_body(("plain",)) for _, email in mail.received]
    return " ".join(" ".join(part.get_content() for part in parts if part is not None).split())


def test_storm_keeps_the_limit_and_loses_nothing(context: Context, clock: Clock, mail: MailServer):
    rng, sent_at = random.Random(15), list[Any]()
    for step in range(STORIES // PER_STEP):
        report_floods(context, step * PER_STEP)
        if step % 4 == 1:  # the mail server fails, emails wait
            mail.replies["mail"] = "421 closing"
            with suppress(MailServerError):
                alerts(context)
            mail.replies.clear()
        else:
            alerts(context)
        if step % 5 == 4:  # stories that were reported already merge and split
            with context.sessions.begin() as session:
                pairs = rng.sample(range(step * PER_STEP), 2)
                source, target = (f"flood-{number}" for number in pairs)
                move_reports(session, source, target, clock.now, 1)
        if step == 10:  # a quiet time, then the storm goes on
            clock.advance(hours=2)
        sent_at += [clock.now] * (len(mail.received) - len(sent_at))
        clock.advance(minutes=3)
    limit = context.settings.alerts.max_per_hour
    for start in sent_at:
        assert sum(start <= each < start + timedelta(hours=1) for each in sent_at) <= limit
    alert_texts = headlines(mail)
    assert len(mail.received) >= 2 * limit
    clock.now = DUE + timedelta(days=1)
    assert digest(context)["sent"] == 1
    shown = headlines(mail)
    assert [n for n in range(STORIES) if f"village{n} " not in shown] == []
    mentioned = Counter(n for n in range(STORIES) if f"village{n} " in alert_texts)
    assert len(mentioned) == len(sent_at)
    with context.sessions.begin() as session:
        waiting = "SELECT count(*) FROM editions WHERE state = 'deferred' AND deferred_to IS NULL"
        assert session.scalar(text(waiting)) == 0
