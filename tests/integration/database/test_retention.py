"""Retention by age: old details go, stories and their history stay."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from jobs.running.context import Context
from jobs.tidy import tidy
from service.cli import build
from service.store.database.sessions import Sessions
from service.store.editing import questions
from tests.integration.conftest import NOW
from tests.support.content.site.site_content import fill
from tests.support.database.embedded_articles import embed_all_articles

KEPT = ("articles", "stories", "memberships", "transitions", "article_documents", "copies")
AGE = {"old": NOW - timedelta(days=40), "recent": NOW - timedelta(days=10)}


def count(sessions: Sessions, query: str) -> int:
    with sessions() as session:
        return session.scalar(text(query)) or 0


@pytest.fixture
def aged(context: Context, sessions: Sessions) -> Context:
    """Half of the articles were first seen forty days ago, the others ten days ago."""
    with sessions.begin() as session:
        fill(session)
        embed_all_articles(session)
        session.execute(
            text(
                "UPDATE articles SET stage = 'reconciled', body = 'Long text', "
                "first_seen = CASE WHEN id % 2 = 0 THEN :old ELSE :recent END"
            ),
            AGE,
        )
    retention = replace(
        context.settings.retention, texts_days=30, vectors_days=1, versions_days=1, revisions_days=1
    )
    return replace(context, settings=replace(context.settings, retention=retention))


def test_old_details_are_deleted_and_stories_stay(aged: Context, sessions: Sessions):
    before = {table: count(sessions, f"SELECT count(*) FROM {table}") for table in KEPT}
    old = count(sessions, "SELECT count(*) FROM articles WHERE id % 2 = 0")
    vectors = count(sessions, "SELECT count(*) FROM vectors WHERE article_id % 2 = 1")
    leads = "SELECT sum(length(title) + length(text)) FROM articles"
    kept_leads = count(sessions, leads)
    assert 0 < old < before["articles"]
    assert tidy(aged)["deleted"] >= 2 * old
    assert before == {table: count(sessions, f"SELECT count(*) FROM {table}") for table in KEPT}
    assert count(sessions, "SELECT count(*) FROM articles WHERE body = ''") == old
    assert count(sessions, leads) == kept_leads
    # One day is less than the grouping needs, so articles of the last 14 days keep their vectors.
    assert count(sessions, "SELECT count(*) FROM vectors") == vectors > 0
    assert "deleted" not in tidy(aged)


def test_reviews_have_their_own_retention(aged: Context, sessions: Sessions):
    retention = replace(aged.settings.retention, runs_days=1)
    short = replace(aged, settings=replace(aged.settings, retention=retention))
    with sessions.begin() as session:
        for name, made_at in AGE.items():
            questions.add_review(session, "merge", name, editor="Ruth Pell", now=made_at)
    tidy(short)
    with sessions() as session:
        assert questions.find_reviewed(session) == {("merge", "recent")}


def test_dry_run_counts_and_changes_nothing(
    aged: Context, sessions: Sessions, database_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SAMESTORY_RETENTION__TEXTS_DAYS", "30")
    arguments = ["db", "prune", "--dry-run"]
    articles = count(sessions, "SELECT count(*) FROM articles")
    done = CliRunner().invoke(build(arguments), arguments)
    assert f"texts: {articles} rows would be deleted or emptied" in done.stdout, done.exception
    assert count(sessions, "SELECT count(*) FROM articles WHERE body = ''") == 0
    done = CliRunner().invoke(build(arguments), arguments[:2])
    assert f"texts: {articles} rows were deleted or emptied" in done.stdout
    assert count(sessions, "SELECT count(*) FROM articles WHERE body <> ''") == 0
    assert aged.settings.retention.texts_days == 30
