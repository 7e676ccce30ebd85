"""Pages of stories while stories appear, grow, merge and are hidden between one page and the next."""

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
    """Stories whose time, size and speed all fall from the first to the last, some of them equal."""
    rows = Rows(session)
    outlets = [rows.outlet(f"o{number}") for number in range(STORIES)]
    for number in range(STORIES):
        at = NOW - (number // 2) * HOUR
        told = [rows.article(each, f"Report {number}", at=at) for each in outlets[number:]]
        speed = float(STORIES - number // 3)
        details = to_json(Details(pace=Pace(1, speed, NOW, 1, NOW)))
        rows.story(f"s{number:02}", told, details=details)


def grow(session: Session, story: str) -> None:
    """Let a story come first in every order."""
    row = session.get_one(StoryRow, story)
    row.last_reported_at = row.changed_at = NOW + 9 * HOUR
    row.coverage = row.independent = 99
    row.rank = compute_rank(99, row.last_reported_at).total
    row.details = to_json(Details(pace=Pace(1, 99.0, NOW, 1, NOW)))


def appear(session: Session, story: str) -> None:
    """Let a story begin."""
    rows = Rows(session)
    outlet = rows.outlet(f"of-{story}")
    rows.story(story, [rows.article(outlet, story, at=NOW - 2 * HOUR)])


def leave(session: Session, story: str, **how: Any) -> None:
    """Let a story be listed no longer."""
    values: dict[Any, Any] = {**how}
    session.query(StoryRow).filter_by(id=story).update(values)


def pages(site: Site, query: str, between: Callable[[int], None]) -> list[list[str]]:
    """The ids of each page; something happens after each but the last."""
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = f"/v1/stories?limit={PAGE}&{query}{cursor and f'&cursor={cursor}'}"
        page = site.get(asked).json
        found.append([story["id"] for story in page["items"]])
        cursor = page["next"]
        between(len(found))
        assert len(found) < 20
    return found


@pytest.mark.parametrize("sort", list(Sort))
def test_what_stays_as_it_is_comes_once_whatever_happens_to_others(
    sessions: Sessions, sort: Sort
) -> None:
    with sessions.begin() as session:
        fill(session)
    with serving(sessions) as site:
        whole = [each for page in pages(site, f"sort={sort}", lambda _: None) for each in page]
        assert len(whole) == STORIES

        def happen(page: int) -> None:
            with sessions.begin() as session:
                appear(session, f"new{page}")
                if page == 1:
                    grow(session, whole[1])  # that was told already
                    grow(session, whole[-1])  # that was not
                elif page == 2:
                    leave(session, whole[2], hidden=True)  # told
                    leave(session, whole[7], hidden=True)  # not yet
                    leave(session, whole[8], state="merged", merged_into=whole[0])
                elif page == 3:
                    leave(session, whole[PAGE * 3 - 1], hidden=True)  # at which the cursor stands

        seen = [each for page in pages(site, f"sort={sort}", happen) for each in page]
    moved = {whole[1], whole[-1]}
    gone = {whole[7], whole[8]}
    stayed = [each for each in whole if each not in moved | gone]
    assert [each for each in seen if each in stayed] == stayed
    assert len(seen) == len(set(seen))
    assert not gone & set(seen[PAGE * 2 :])


@pytest.fixture
def newsroom(context: Context, clock: Clock) -> Iterator[tuple[Wire, Site]]:
    """Eight events that four outlets reported, one more and one more of them, and a server."""
    wire = Wire(context)
    for event in range(8):
        for outlet in range(1 + event % 4):
            wire.publish(outlet, [(f"e{event}", report(event, outlet))], clock.now)
        clock.advance(minutes=3)
    work(context, clock)
    with serving(context.sessions, clock=clock) as site:
        yield wire, site


def work(context: Context, clock: Clock) -> None:
    """Let the jobs that make stories run."""
    for job in (embed, place, describe):
        clock.advance(minutes=1)
        job(context)
    clock.advance(minutes=1)


@pytest.mark.parametrize("sort", list(Sort))
def test_a_list_as_of_an_instant_stands_still_while_stories_go_on(
    newsroom: tuple[Wire, Site], context: Context, clock: Clock, sort: Sort
) -> None:
    wire, site = newsroom
    query = f"sort={sort}&as_of={quote(clock.now.isoformat())}"
    whole = pages(site, query, lambda _: None)
    told = [each for page in whole for each in page]
    assert len(told) == 8

    def happen(page: int) -> None:
        events: dict[int, Callable[[], object]] = {
            1: lambda: wire.publish(3, [("late", report(0, 9))], clock.now),
            2: lambda: merge(context, clock.now, told[0], told[-1]),
        }
        clock.advance(minutes=5)
        events.get(page, lambda: None)()
        work(context, clock)

    assert pages(site, query, happen) == whole
    assert pages(site, f"sort={sort}", lambda _: None) != whole


def merge(context: Context, now: datetime, one: str, other: str) -> None:
    """Let an editor make two stories one."""
    decide(context.sessions, now, lambda session, act: actions.merge(session, act, [one, other]))
