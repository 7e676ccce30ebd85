"""Stories under everything that happens to them: jobs and editors in any order, over time.

One machine, several promises: identity (ids live on, star-shaped), constraints (what editors
decided holds whatever the jobs think), and time travel (every instant can be seen again).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from jobs.close import close
from jobs.describe import describe
from jobs.embed import embed
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from service.domain.stories.filters import Sort, StoryFilter
from service.errors import BadInputError, DecisionConflictError, NotFoundError
from service.store.database import schema
from service.store.editing import actions, audit_log
from service.store.editing.actions import EditorAction
from service.store.editing.undo import undo
from service.store.stories import stories
from service.store.story_views import history, overview
from service.store.story_views.views import get_story, list_stories
from service.store.tables import StoryRow
from tests.integration.conftest import Clock, make_context
from tests.support.content.admitted_reports import Wire, report
from tests.support.database import invariants

pytestmark = pytest.mark.slow

EVENTS = 3
NUMBERS = st.integers(0, 1000)


@dataclass(frozen=True, slots=True)
class Seen:
    """What lists and stories looked like at an instant."""

    at: datetime
    lists: dict[Sort, Any]
    details: dict[str, Any]
    histories: dict[str, Any]


class Newsroom(RuleBasedStateMachine):
    """Reports come in, jobs run, editors decide, time passes; then the past is asked for."""

    new_database: Callable[[], str]

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.engine = schema.make_engine(self.new_database())
        self.context = make_context(self.engine, self.clock)
        self.wire = Wire(self.context)
        self.published = 0
        self.seen: list[Seen] = []
        self.ids: set[str] = set()
        self.frozen: dict[str, list[int]] = {}

        for event in range(EVENTS):
            self._report(event, half=False)
            self._report(event, half=True)
        self._take_in()
        self.look_after()

    @rule(event=st.integers(0, EVENTS), half=st.booleans(), thorough=st.booleans())
    def reports_come_in(self, *, event: int, half: bool, thorough: bool) -> None:
        for _ in range(2):
            self._report(event, half=half)
        self._take_in()
        if thorough:
            reconcile(self.context)

    @rule(number=NUMBERS, event=st.integers(0, EVENTS - 1))
    def revise(self, number: int, event: int) -> None:
        slug = f"{number % (self.published + 1)}"
        for outlet in range(4):
            if self._exists(f"https://o{outlet}.example/{slug}"):
                told = report(event, number)
                self.wire.publish(outlet, [(slug, told)], self.clock.now)
        self._take_in()
        reconcile(self.context)

    @rule()
    def look_after(self) -> None:
        describe(self.context)
        link(self.context)

    @rule(days=st.integers(0, 4))
    def wait(self, days: int) -> None:
        self.clock.advance(days=days, minutes=7)
        close(self.context)

    @rule(one=NUMBERS, other=NUMBERS)
    def merge(self, one: int, other: int) -> None:
        ids = self._stories()
        if len(ids) > 1:
            chosen = [ids[one % len(ids)], ids[other % len(ids)]]
            self._decide(lambda session, act: actions.merge(session, act, chosen))

    @rule(number=NUMBERS, size=st.integers(1, 3))
    def split(self, number: int, size: int) -> None:
        for story, articles in self._pick(number):
            leaving = articles[:size]
            self._decide(lambda session, act: actions.split(session, act, story, leaving))  # noqa: B023  # called at once

    @rule(number=NUMBERS, other=NUMBERS)
    def move(self, number: int, other: int) -> None:
        ids = self._stories()
        for _, articles in self._pick(number):
            target = ids[other % len(ids)]
            article = articles[other % len(articles)]
            self._decide(lambda session, act: actions.move(session, act, article, target))  # noqa: B023  # called at once

    @rule(number=NUMBERS, action=st.sampled_from(["pin", "hide", "rename", "lock"]))
    def mark(self, number: int, action: str) -> None:
        for story, _ in self._pick(number):
            value = "Words of an editor" if action == "rename" else None
            self._decide(
                lambda session, act: actions.mark_story(session, act, action, story, value=value)  # noqa: B023  # called at once
            )

    @rule(number=NUMBERS, other=NUMBERS, hide=st.booleans())
    def mark_article(self, *, number: int, other: int, hide: bool) -> None:
        act_on = actions.hide_article if hide else actions.pin_article
        for _, articles in self._pick(number):
            article = articles[other % len(articles)]
            self._decide(lambda session, act: act_on(session, act, article))  # noqa: B023  # called at once

    @rule(number=NUMBERS)
    def undo(self, number: int) -> None:
        with self.context.sessions.begin() as session:
            current_stories = audit_log.list_decisions(session, include_undone=False)
        if current_stories:
            chosen = current_stories[number % len(current_stories)].id
            self._decide(lambda session, act: undo(session, act, chosen))

    @invariant()
    def everything_holds(self) -> None:
        self.clock.advance(seconds=1)  # changes under a standing clock are microseconds apart
        with self.context.sessions.begin() as session:
            invariants.check(session)
            self._check_ids(session)
            self._check_frozen(session)
            self.seen.append(self._look(session))
        self.clock.advance(seconds=1)

    def teardown(self) -> None:
        """What was seen can be seen again, once nothing is hidden any more."""
        with self.context.sessions.begin() as session:
            current_stories = audit_log.list_decisions(session, include_undone=False)
        for hide in [each.id for each in current_stories if each.action == "hide"]:
            self._decide(lambda session, act: undo(session, act, hide))  # noqa: B023  # called at once
        with self.context.sessions.begin() as session:
            for seen in self.seen:
                assert self._look(session, as_of=seen.at) == seen
        self.engine.dispose()

    def _report(self, event: int, *, half: bool) -> None:
        self.published += 1
        told = report(event, self.published, other=(event + 1) % EVENTS if half else None)
        self.wire.publish(self.published % 4, [(f"{self.published}", told)], self.clock.now)

    def _take_in(self) -> None:
        embed(self.context)
        place(self.context)

    def _look(self, session: Any, *, as_of: datetime | None = None) -> Seen:
        def details(story: str) -> Any:
            try:
                return get_story(session, story, as_of=as_of)
            except NotFoundError:
                return None

        lists = {
            sort: list_stories(session, StoryFilter(), sort=sort, as_of=as_of) for sort in Sort
        }
        found = {story: details(story) for story in self.ids}
        known = {story: detail for story, detail in found.items() if detail}
        happened = {story: history.transitions_of(session, story, as_of=as_of) for story in known}
        return Seen(as_of or self.clock.now, lists, known, happened)

    def _check_ids(self, session: Any) -> None:
        """Every id there ever was still leads somewhere."""
        self.ids |= {row.id for row in session.query(StoryRow)}
        for story in self.ids:
            assert actions.resolve_story_id(session, story)

    def _check_frozen(self, session: Any) -> None:
        """A locked story keeps its articles."""
        locked = {row.id for row in session.query(StoryRow) if row.locked}
        members = stories.members(session, locked)
        for story in locked & self.frozen.keys():
            assert members[story] == self.frozen[story]
        self.frozen = members

    def _decide(self, act: Callable[[Any, EditorAction], Any]) -> None:
        by = EditorAction("ann", "a reason", self.clock.now, self.clock.now)
        try:
            with self.context.sessions.begin() as session:
                act(session, by)
        except DecisionConflictError as error:
            self._check_named(error.decisions)
        except (BadInputError, NotFoundError):
            pass  # the machine asks for the impossible, too

    def _check_named(self, named: tuple[int, ...]) -> None:
        """A refusal names decisions that stand."""
        with self.context.sessions.begin() as session:
            current_stories = {
                each.id for each in audit_log.list_decisions(session, include_undone=False)
            }
        assert named
        assert current_stories.issuperset(named)

    def _stories(self) -> list[str]:
        with self.context.sessions.begin() as session:
            found = session.query(StoryRow).filter(StoryRow.state != "merged")
            return sorted(row.id for row in found)

    def _pick(self, number: int) -> list[tuple[str, list[int]]]:
        """A story with its articles; none where there is none."""
        with self.context.sessions.begin() as session:
            found = sorted(stories.members(session, self._stories()).items())
        return [found[number % len(found)]] if found else []

    def _exists(self, url: str) -> bool:
        with self.context.sessions.begin() as session:
            return url in overview.story_by_url(session)


def test_stories_keep_every_promise(new_database: Callable[[], str]):
    class Here(Newsroom):
        pass

    Here.new_database = staticmethod(new_database)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
