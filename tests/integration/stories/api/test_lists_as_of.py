"""Tests of past story lists against a reference that reads every version."""

import itertools
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import Query
from service.domain.stories.filters import Sort
from service.store.database.paging import Position
from service.store.database.sessions import Sessions
from service.store.story_views.filters import ordering
from service.store.story_views.views import list_stories
from service.store.tables import StoryVersionRow
from tests.support.database.rows import NOW, Rows

DAY = timedelta(days=1)


@pytest.mark.parametrize("sort", Sort)
def test_past_list_matches_reference_for_extreme_versions(sessions: Sessions, sort: Sort) -> None:
    """Some versions have times and ranks far from their start."""
    rng = random.Random(7)
    with sessions.begin() as session:
        rows = Rows(session)
        outlet = rows.outlet("daily")
        for number in range(60):
            rows.story(f"story{number:02}", [rows.article(outlet, "", at=NOW - 40 * DAY)])
        session.query(StoryVersionRow).delete()
        for number, start in itertools.product(range(60), range(3)):
            session.add(_version(rng, f"story{number:02}", start))
    with sessions() as session:
        for day in (2, 8, 12, 19, 26):
            at = NOW + (day - 30) * DAY
            expected = _reference(session, sort, at)
            assert len(expected) > 7
            assert _paged(session, sort, at) == expected


def _version(rng: random.Random, story: str, start: int) -> StoryVersionRow:
    """The first, second or third version of a story, at a random time within thirty days."""
    begin = NOW - (30 - 10 * start - rng.random() * 3) * DAY
    ahead = rng.choice([0, 0, 0, 30, 200])
    return StoryVersionRow(
        id=story,
        valid_from=begin,
        valid_until=begin + 7 * DAY if start < 2 else None,
        emerged_at=begin,
        changed_at=begin,
        first_reported_at=begin,
        last_reported_at=begin + timedelta(hours=ahead - rng.randrange(3)),
        coverage=rng.randrange(4),
        independent=rng.randrange(3),
        rank=begin.timestamp() / 3600 + rng.choice([-60, 0, 12, 24, ahead]),
        pinned=rng.random() < 0.1,
        details={"pace": {"outlets_per_hour": rng.randrange(4)}},
    )


def _paged(session: Session, sort: Sort, at: datetime) -> list[str]:
    ids: list[str] = []
    after: Position | None = None
    while True:
        page = list_stories(session, Query(as_of=at), sort=sort, after=after, limit=7)
        ids += [story.id for story in page.items]
        after = page.next
        if after is None:
            return ids


def _reference(session: Session, sort: Sort, at: datetime) -> list[str]:
    keys = ordering(StoryVersionRow, sort)
    rows = session.execute(select(StoryVersionRow, *keys)).all()
    valid = [
        row
        for row in rows
        if row[0].valid_from <= at and (row[0].valid_until is None or row[0].valid_until > at)
    ]
    return [row[0].id for row in sorted(valid, key=lambda row: tuple(row[1:]), reverse=True)]
