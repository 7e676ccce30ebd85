"""Stories by the languages of their reports: what the filter finds, against the members themselves."""

import random
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
#: As the list found them before stories knew their languages: by a look at each article.
BY_HAND = text("""
    SELECT DISTINCT m.story_id FROM memberships m
    JOIN articles a ON a.id = m.article_id JOIN outlets o ON o.id = a.outlet_id
    WHERE m.valid_from <= :at AND coalesce(m.valid_until, 'infinity') > :at
    AND lower(split_part(coalesce(a.language, o.language), '-', 1)) = :code
""")


def stories(sessions: Sessions, *codes: str, as_of: datetime | None = None) -> set[str]:
    with sessions.begin() as session:
        invariants.check(session)
        found = list_stories(session, StoryFilter(language=list(codes)), as_of=as_of, limit=100)
        return {story.id for story in found.items}


@pytest.fixture
def articles(sessions: Sessions) -> list[int]:
    """Those of the story pier, in English, in German, and in what the outlet speaks; one of ferry."""
    with sessions.begin() as session:
        rows = Rows(session)
        daily, gazete = rows.outlet("daily"), rows.outlet("gazete", language="tr")
        told = [
            rows.article(daily, "Pier closed", at=NOW - HOUR, language="en-GB"),
            rows.article(daily, "Pier gesperrt", at=NOW - HOUR, language="DE"),
            rows.article(gazete, "Pier", at=NOW - HOUR, language=None),
            rows.article(daily, "Ferry late", at=NOW - HOUR, language="fr"),
        ]
        rows.story("pier", told[:3], emerged_at=NOW - HOUR)
        rows.story("ferry", told[3:], emerged_at=NOW - HOUR)
        versions.record_versions(session, ["pier", "ferry"], at=NOW)
        return [article.id for article in told]


@pytest.mark.usefixtures("articles")
def test_a_story_is_found_by_each_language_in_any_case_and_by_no_region(
    sessions: Sessions,
) -> None:
    for code in ("en", "De", "TR"):
        assert stories(sessions, code) == stories(sessions, code, as_of=NOW) == {"pier"}
    assert stories(sessions, "de", "fr") == {"pier", "ferry"}
    assert stories(sessions, "en-gb") == stories(sessions, "nl") == set()


def test_hidden_articles_do_not_count_and_what_was_before_stands(
    sessions: Sessions, articles: list[int]
) -> None:
    hidden = decide(
        sessions, NOW + HOUR, lambda session, act: actions.hide_article(session, act, articles[1])
    )
    assert stories(sessions, "de") == set()
    assert stories(sessions, "en") == {"pier"}
    decide(sessions, NOW + 2 * HOUR, lambda session, act: undo(session, act, hidden.id))
    assert stories(sessions, "de") == {"pier"}
    spans = (0.5, 1.5, 2.5)
    seen = [bool(stories(sessions, "de", as_of=NOW + span * HOUR)) for span in spans]
    assert seen == [True, False, True]


def test_a_story_of_which_all_is_hidden_speaks_no_language(
    sessions: Sessions, articles: list[int]
) -> None:
    decide(
        sessions, NOW + HOUR, lambda session, act: actions.hide_article(session, act, articles[3])
    )
    assert stories(sessions, "fr") == set()
    with sessions() as session:
        assert session.scalar(select(StoryRow.languages).where(StoryRow.id == "ferry")) == []


def test_whatever_editors_do_the_filter_finds_what_a_look_at_the_members_finds(
    sessions: Sessions,
) -> None:
    draw, instants = random.Random(11), [NOW]
    with sessions.begin() as session:
        rows = Rows(session)
        publishers = [rows.outlet(f"of-{code}", language=code) for code in CODES]
        for number in range(12):
            spoken = [draw.choice([*CODES, None, "en-GB"]) for _ in range(draw.randrange(1, 4))]
            told = [rows.article(draw.choice(publishers), "", language=each) for each in spoken]
            rows.story(f"story{number}", told)
        versions.record_versions(session, [f"story{number}" for number in range(12)], at=NOW)
    for turn in range(1, 40):
        instants.append(NOW + turn * HOUR)
        _act_at_random(sessions, draw, instants[-1])
    for at in [None, *(instant + HOUR / 2 for instant in instants)]:
        for code in CODES:
            with sessions() as session:
                when = at or instants[-1] + HOUR
                expected = set(session.scalars(BY_HAND, {"at": when, "code": code}))
            assert stories(sessions, code, as_of=at) == expected, (at, code)


def _act_at_random(sessions: Sessions, draw: random.Random, now: datetime) -> None:
    """Move, hide, part or join; sometimes undo what came of it, a minute later."""
    with sessions() as session:
        here = session.execute(
            select(MembershipRow.article_id, MembershipRow.story_id)
            .where(MembershipRow.valid_until.is_(None))
            .order_by(MembershipRow.article_id)
        ).all()
    (article, story), (_, other) = draw.choice(here), draw.choice(here)
    size = sum(row.story_id == story for row in here)
    try:
        if story != other and draw.random() < 0.6:
            made = decide(sessions, now, lambda s, act: actions.move(s, act, article, other))
        elif story != other:
            made = decide(sessions, now, lambda s, act: actions.merge(s, act, [other, story]))
        elif size > 1:
            made = decide(sessions, now, lambda s, act: actions.split(s, act, story, [article]))
        else:
            made = decide(sessions, now, lambda s, act: actions.hide_article(s, act, article))
    except DecisionConflictError:
        return
    if draw.random() < 0.4:
        later = now + timedelta(minutes=1)
        decide(sessions, later, lambda s, act: undo(s, act, made.id))


@pytest.mark.usefixtures("articles")
def test_stories_follow_the_language_of_an_outlet_where_articles_have_none(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        outlets.edit_outlet(session, "gazete", {"language": "ku"}, now=NOW + HOUR)
    assert (stories(sessions, "tr"), stories(sessions, "ku")) == (set(), {"pier"})
    with sessions.begin() as session:
        outlets.reset_outlet(session, "gazete", now=NOW + 2 * HOUR)
    assert (stories(sessions, "tr"), stories(sessions, "ku")) == ({"pier"}, set())


def test_and_so_they_do_when_the_configuration_changes_it(
    sessions: Sessions, articles: list[int]
) -> None:
    found = [Outlet("gazete", "Gazete", language="ku"), Outlet("new", "New", language="tr")]
    for turn in (1, 2):
        with sessions.begin() as session:
            outlets.save_configured(session, found, now=NOW + turn * HOUR)
        assert (stories(sessions, "tr"), stories(sessions, "ku")) == (set(), {"pier"})
    with sessions() as session:
        spoken = "SELECT language FROM article_documents WHERE article_id = :id"
        assert session.scalar(text(spoken), {"id": articles[2]}) == "ku"
        changed = "SELECT changed_at FROM stories WHERE id = 'pier'"
        assert session.scalar(text(changed)) == NOW + HOUR


@pytest.mark.usefixtures("articles")
def test_an_edited_language_holds_against_the_configuration_and_tells_nothing_anew(
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
