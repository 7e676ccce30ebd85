"""Tests of paging while stories appear, grow, merge and are hidden between pages."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy.orm import Session

from jobs.describe import describe
from jobs.embed import embed
from jobs.place import place
from jobs.running.context import Context
from service.domain.stories.description import Details
from service.domain.stories.filters import Sort
from service.domain.stories.pace import Pace
from service.domain.stories.ranking import compute_rank
from service.store.database.sessions import Sessions
from service.store.editing import actions
from service.store.stories.details import to_json
from service.store.tables import StoryRow
from tests.integration.conftest import Clock
from tests.support.content.admitted_reports import Wire, report
from tests.support.database.editor import decide
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import Site, serving

STORIES, PAGE = 14, 3
HOUR = timedelta(hours=1)


def fill(session: Session) -> None:
    """Insert stories with descending times, sizes and velocities, some of them equal."""
    rows = Rows(session)
    outlets = [rows.outlet(f"o{number}") for number in range(STORIES)]
    for number in range(STORIES):
        at = NOW - (number // 2) * HOUR
        reports = [rows.article(each, f"Report {number}", at=at) for each in outlets[number:]]
        velocity = float(STORIES - number // 3)
        details = to_json(Details(pace=Pace(1, velocity, NOW, 1, NOW)))
        rows.story(f"s{number:02}", reports, details=details)


def grow(session: Session, story: str) -> None:
    """Move a story to the top of every order."""
    row = session.get_one(StoryRow, story)
    row.last_reported_at = row.changed_at = NOW + 9 * HOUR
    row.coverage = row.independent = 99
    row.rank = compute_rank(99, row.last_reported_at).total
    row.details = to_json(Details(pace=Pace(1, 99.0, NOW, 1, NOW)))


def insert_story(session: Session, story: str) -> None:
    """Insert a story."""
    rows = Rows(session)
    outlet = rows.outlet(f"of-{story}")
    rows.story(story, [rows.article(outlet, story, at=NOW - 2 * HOUR)])


def leave(session: Session, story: str, **columns: Any) -> None:
    """Remove a story from the list."""
    values: dict[Any, Any] = {**columns}
    session.query(StoryRow).filter_by(id=story).update(values)


def pages(site: Site, query: str, between: Callable[[int], None]) -> list[list[str]]:
    """The ids of each page; `between` is called after each page."""
    ids: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/v1/stories?limit={PAGE}&{query}{cursor and f'&cursor={cursor}'}"
        page = site.get(path).json
        ids.append([story["id"] for story in page["items"]])
        cursor = page["next"]
        between(len(ids))
        assert len(ids) < 20
    return ids


@pytest.mark.parametrize("sort", list(Sort))
def test_unchanged_stories_appear_once(sessions: Sessions, sort: Sort) -> None:
    with sessions.begin() as session:
        fill(session)
    with serving(sessions) as site:
        complete = [each for page in pages(site, f"sort={sort}", lambda _: None) for each in page]
        assert len(complete) == STORIES

        def change(page: int) -> None:
            with sessions.begin() as session:
                insert_story(session, f"new{page}")
                if page == 1:
                    grow(session, complete[1])  # on a page already read
                    grow(session, complete[-1])  # on a later page
                elif page == 2:
                    leave(session, complete[2], hidden=True)  # on a page already read
                    leave(session, complete[7], hidden=True)  # on a later page
                    leave(session, complete[8], state="merged", merged_into=complete[0])
                elif page == 3:
                    leave(session, complete[PAGE * 3 - 1], hidden=True)  # at the cursor

        seen = [each for page in pages(site, f"sort={sort}", change) for each in page]
    moved = {complete[1], complete[-1]}
    gone = {complete[7], complete[8]}
    stayed = [each for each in complete if each not in moved | gone]
    assert [each for each in seen if each in stayed] == stayed
    assert len(seen) == len(set(seen))
    assert not gone & set(seen[PAGE * 2 :])


@pytest.fixture
def newsroom(context: Context, clock: Clock) -> Iterator[tuple[Wire, Site]]:
    """A server with stories of eight events, reported by one to four outlets."""
    wire = Wire(context)
    for event in range(8):
        for outlet in range(1 + event % 4):
            wire.publish(outlet, [(f"e{event}", report(event, outlet))], clock.now)
        clock.advance(minutes=3)
    work(context, clock)
    with serving(context.sessions, clock=clock) as site:
        yield wire, site


def work(context: Context, clock: Clock) -> None:
    """Run the jobs that create stories."""
    for job in (embed, place, describe):
        clock.advance(minutes=1)
        job(context)
    clock.advance(minutes=1)


@pytest.mark.parametrize("sort", list(Sort))
def test_as_of_list_is_stable_while_stories_change(
    newsroom: tuple[Wire, Site], context: Context, clock: Clock, sort: Sort
) -> None:
    wire, site = newsroom
    query = f"sort={sort}&as_of={quote(clock.now.isoformat())}"
    complete = pages(site, query, lambda _: None)
    ids = [each for page in complete for each in page]
    assert len(ids) == 8

    def change(page: int) -> None:
        events: dict[int, Callable[[], object]] = {
            1: lambda: wire.publish(3, [("late", report(0, 9))], clock.now),
            2: lambda: merge(context, clock.now, ids[0], ids[-1]),
        }
        clock.advance(minutes=5)
        events.get(page, lambda: None)()
        work(context, clock)

    assert pages(site, query, change) == complete
    assert pages(site, f"sort={sort}", lambda _: None) != complete


def merge(context: Context, now: datetime, one: str, other: str) -> None:
    """Merge two stories as an editor."""
    decide(
        context.sessions, now, lambda session, action: actions.merge(session, action, [one, other])
    )
