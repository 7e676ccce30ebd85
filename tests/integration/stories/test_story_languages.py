"""Tests of the language filter against the languages of the members."""

import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from service.domain.catalogue.outlets import Outlet
from service.domain.stories.filters import StoryFilter
from service.errors import DecisionConflictError
from service.store.catalogue import outlets
from service.store.database.sessions import Sessions
from service.store.editing import actions
from service.store.editing.undo import undo
from service.store.stories import versions
from service.store.story_views.views import list_stories
from service.store.tables import MembershipRow, StoryRow
from tests.support.database import invariants
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows

HOUR = timedelta(hours=1)
CODES = ("en", "de", "tr", "fr")
#: Reference query: stories with an article in a language at a timestamp.
REFERENCE = text("""
    SELECT DISTINCT m.story_id FROM memberships m
    JOIN articles a ON a.id = m.article_id JOIN outlets o ON o.id = a.outlet_id
    WHERE m.valid_from <= :at AND coalesce(m.valid_until, 'infinity') > :at
    AND lower(split_part(coalesce(a.language, o.language), '-', 1)) = :code
""")


def stories(sessions: Sessions, *codes: str, as_of: datetime | None = None) -> set[str]:
    with sessions.begin() as session:
        invariants.check(session)
        query = replace(StoryFilter(language=list(codes)).parsed, as_of=as_of)
        page = list_stories(session, query, limit=100)
        return {story.id for story in page.items}


@pytest.fixture
def articles(sessions: Sessions) -> list[int]:
    """Article ids: three of story pier (English, German, none, outlet Turkish), one of ferry."""
    with sessions.begin() as session:
        rows = Rows(session)
        daily, gazete = rows.outlet("daily"), rows.outlet("gazete", language="tr")
        reports = [
            rows.article(daily, "Pier closed", at=NOW - HOUR, language="en-GB"),
            rows.article(daily, "Pier gesperrt", at=NOW - HOUR, language="DE"),
            rows.article(gazete, "Pier", at=NOW - HOUR, language=None),
            rows.article(daily, "Ferry late", at=NOW - HOUR, language="fr"),
        ]
        rows.story("pier", reports[:3], emerged_at=NOW - HOUR)
        rows.story("ferry", reports[3:], emerged_at=NOW - HOUR)
        versions.record_versions(session, ["pier", "ferry"], at=NOW)
        return [article.id for article in reports]


@pytest.mark.usefixtures("articles")
def test_language_filter_ignores_case_and_regions(
    sessions: Sessions,
) -> None:
    for code in ("en", "De", "TR"):
        assert stories(sessions, code) == stories(sessions, code, as_of=NOW) == {"pier"}
    assert stories(sessions, "de", "fr") == {"pier", "ferry"}
    assert stories(sessions, "en-gb") == {"pier"}
    assert stories(sessions, "nl") == set()


def test_hidden_articles_do_not_match_except_in_the_past(
    sessions: Sessions, articles: list[int]
) -> None:
    hidden = decide(
        sessions,
        NOW + HOUR,
        lambda session, action: actions.hide_article(session, action, articles[1]),
    )
    assert stories(sessions, "de") == set()
    assert stories(sessions, "en") == {"pier"}
    decide(sessions, NOW + 2 * HOUR, lambda session, action: undo(session, action, hidden.id))
    assert stories(sessions, "de") == {"pier"}
    spans = (0.5, 1.5, 2.5)
    matches = [bool(stories(sessions, "de", as_of=NOW + span * HOUR)) for span in spans]
    assert matches == [True, False, True]


def test_story_of_hidden_articles_has_no_languages(sessions: Sessions, articles: list[int]) -> None:
    decide(
        sessions,
        NOW + HOUR,
        lambda session, action: actions.hide_article(session, action, articles[3]),
    )
    assert stories(sessions, "fr") == set()
    with sessions() as session:
        assert session.scalar(select(StoryRow.languages).where(StoryRow.id == "ferry")) == []


def test_language_filter_matches_reference_after_random_decisions(
    sessions: Sessions,
) -> None:
    rng, timestamps = random.Random(11), [NOW]
    with sessions.begin() as session:
        rows = Rows(session)
        publishers = [rows.outlet(f"of-{code}", language=code) for code in CODES]
        for number in range(12):
            languages = [rng.choice([*CODES, None, "en-GB"]) for _ in range(rng.randrange(1, 4))]
            reports = [
                rows.article(rng.choice(publishers), "", language=each) for each in languages
            ]
            rows.story(f"story{number}", reports)
        versions.record_versions(session, [f"story{number}" for number in range(12)], at=NOW)
    for turn in range(1, 40):
        timestamps.append(NOW + turn * HOUR)
        _decide_at_random(sessions, rng, timestamps[-1])
    for at in [None, *(timestamp + HOUR / 2 for timestamp in timestamps)]:
        for code in CODES:
            with sessions() as session:
                when = at or timestamps[-1] + HOUR
                expected = set(session.scalars(REFERENCE, {"at": when, "code": code}))
            assert stories(sessions, code, as_of=at) == expected, (at, code)


def _decide_at_random(sessions: Sessions, rng: random.Random, now: datetime) -> None:
    """Make a random decision; sometimes undo it a minute later."""
    with sessions() as session:
        memberships = session.execute(
            select(MembershipRow.article_id, MembershipRow.story_id)
            .where(MembershipRow.valid_until.is_(None))
            .order_by(MembershipRow.article_id)
        ).all()
    (article, story), (_, other) = rng.choice(memberships), rng.choice(memberships)
    size = sum(row.story_id == story for row in memberships)
    try:
        if story != other and rng.random() < 0.6:
            decision = decide(
                sessions, now, lambda s, action: actions.move(s, action, article, other)
            )
        elif story != other:
            decision = decide(
                sessions, now, lambda s, action: actions.merge(s, action, [other, story])
            )
        elif size > 1:
            decision = decide(
                sessions, now, lambda s, action: actions.split(s, action, story, [article])
            )
        else:
            decision = decide(
                sessions, now, lambda s, action: actions.hide_article(s, action, article)
            )
    except DecisionConflictError:
        return
    if rng.random() < 0.4:
        later = now + timedelta(minutes=1)
        decide(sessions, later, lambda s, action: undo(s, action, decision.id))


@pytest.mark.usefixtures("articles")
def test_articles_without_language_take_the_edited_outlet_language(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        outlets.edit_outlet(session, "gazete", {"language": "ku"}, now=NOW + HOUR)
    assert (stories(sessions, "tr"), stories(sessions, "ku")) == (set(), {"pier"})
    with sessions.begin() as session:
        outlets.reset_outlet(session, "gazete", now=NOW + 2 * HOUR)
    assert (stories(sessions, "tr"), stories(sessions, "ku")) == ({"pier"}, set())


def test_articles_without_language_take_the_configured_outlet_language(
    sessions: Sessions, articles: list[int]
) -> None:
    configured = [Outlet("gazete", "Gazete", language="ku"), Outlet("new", "New", language="tr")]
    for turn in (1, 2):
        with sessions.begin() as session:
            outlets.save_configured(session, configured, now=NOW + turn * HOUR)
        assert (stories(sessions, "tr"), stories(sessions, "ku")) == (set(), {"pier"})
    with sessions() as session:
        language = "SELECT language FROM article_documents WHERE article_id = :id"
        assert session.scalar(text(language), {"id": articles[2]}) == "ku"
        changed = "SELECT changed_at FROM stories WHERE id = 'pier'"
        assert session.scalar(text(changed)) == NOW + HOUR


@pytest.mark.usefixtures("articles")
def test_edited_language_overrides_the_configuration(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        outlets.edit_outlet(session, "gazete", {"language": "ku"}, now=NOW + HOUR)
        outlets.save_configured(
            session, [Outlet("gazete", "Gazete", language="az")], now=NOW + 2 * HOUR
        )
    assert (stories(sessions, "az"), stories(sessions, "ku")) == (set(), {"pier"})
    with sessions.begin() as session:
        outlets.reset_outlet(session, "gazete", now=NOW + 3 * HOUR)
    assert (stories(sessions, "az"), stories(sessions, "ku")) == ({"pier"}, set())
