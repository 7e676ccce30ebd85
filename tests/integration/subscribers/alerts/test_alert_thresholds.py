"""Alerts fire when a threshold is reached by arrival of reports, independent of their dates."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from jobs.sending.alerts import alerts
from service.domain.subscribers.alert_conditions import parse_conditions
from service.store.subscribers import alerts as store
from service.store.tables import ArticleRow, OutletRow, StoryRow
from tests.integration.conftest import Clock, make_context
from tests.support.content.subscribers import DUE, subscribe, with_mail
from tests.support.database.rows import Rows
from tests.support.servers.mail_server import MailServer

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
JOB = Job("alerts", 60, 600, alerts)


@pytest.fixture
def context(engine: Any, clock: Clock, mail: MailServer) -> Context:
    """A context with a subscriber whose alert needs three outlets."""
    clock.now = DUE
    context = with_mail(make_context(engine, clock), mail.port)
    [ann] = subscribe(context.sessions, "ann@x.example")
    with context.sessions.begin() as session:
        store.add(session, ann.id, parse_conditions(words="ferry", min_independent=3), now=DUE)
    clock.advance(minutes=5)
    return context


def add_reports(session: Session, outlets: str, *, dated: datetime, learned: datetime) -> list[Any]:
    """Add a report of each outlet, named by a letter, that arrives later than its date."""
    rows = Rows(session)
    return [
        rows.article(rows.outlet(each), "Ferry aground", at=dated, first_seen=learned)
        for each in outlets
    ]


def add_story(session: Session, name: str, reports: list[ArticleRow], learned: datetime) -> None:
    rows = Rows(session, session.query(OutletRow))
    rows.story(name, reports, changed_at=learned)


def move_reports(session: Session, source: str, target: str, at: datetime, count: int) -> None:
    """Move some reports of a story to another one, as a merge, a split or an editor would."""
    moved = session.scalars(
        text(
            "UPDATE memberships SET valid_until = :at WHERE id IN (SELECT id FROM memberships "
            "WHERE story_id = :source AND valid_until IS NULL ORDER BY id LIMIT :count) "
            "RETURNING article_id"
        ),
        {"at": at, "source": source, "count": count},
    ).all()
    rows, story = Rows(session), session.get_one(StoryRow, target)
    for each in moved:
        rows.membership(story, session.get_one(ArticleRow, each), valid_from=at)
    story.changed_at = at


def test_late_reports_with_old_dates_reach_the_threshold(context: Context, clock: Clock):
    with context.sessions.begin() as session:
        reports = add_reports(session, "abc", dated=DUE - 3 * DAY, learned=clock.now)
        add_story(session, "ferry", reports, clock.now)
    assert alerts(context) == {"created": 1, "sent": 1}


def test_reports_that_arrived_before_the_alert_trigger_nothing(context: Context, clock: Clock):
    with context.sessions.begin() as session:
        reports = add_reports(session, "abc", dated=DUE - MINUTE, learned=DUE - MINUTE)
        add_story(session, "ferry", reports, clock.now)
    assert alerts(context) == {}


def test_merge_reaches_the_threshold(context: Context, clock: Clock):
    with context.sessions.begin() as session:
        before = DUE - 30 * MINUTE
        for name, outlets in (("ferry", "ab"), ("ship", "cd")):
            reports = add_reports(session, outlets, dated=before, learned=before)
            add_story(session, name, reports, before)
    assert alerts(context) == {}
    with context.sessions.begin() as session:
        move_reports(session, "ship", "ferry", clock.now, 2)
    assert alerts(context) == {"created": 1, "sent": 1}


def test_move_of_an_old_report_by_an_editor_reaches_the_threshold(context: Context, clock: Clock):
    with context.sessions.begin() as session:
        long_ago = DUE - 4 * DAY
        for name, outlets in (("ferry", "ab"), ("other", "cd")):
            reports = add_reports(session, outlets, dated=long_ago, learned=long_ago)
            add_story(session, name, reports, long_ago)
        move_reports(session, "other", "ferry", clock.now, 1)
    assert alerts(context) == {"created": 1, "sent": 1}


def test_merged_story_that_matched_before_the_alert_triggers_nothing(
    context: Context, clock: Clock
):
    with context.sessions.begin() as session:
        before = DUE - 30 * MINUTE
        for name, outlets in (("ferry", "abc"), ("ship", "d")):
            reports = add_reports(session, outlets, dated=before, learned=before)
            add_story(session, name, reports, before)
        move_reports(session, "ferry", "ship", clock.now, 3)
    assert alerts(context) == {}


def test_stories_of_a_long_outage_are_checked(context: Context, clock: Clock):
    assert run_job(JOB, context) == {}
    clock.advance(hours=2)
    with context.sessions.begin() as session:
        reports = add_reports(session, "abc", dated=clock.now, learned=clock.now)
        add_story(session, "ferry", reports, clock.now)
    clock.advance(hours=5)
    assert run_job(JOB, context) == {"created": 1, "sent": 1}
    clock.advance(minutes=1)
    assert run_job(JOB, context) == {}
