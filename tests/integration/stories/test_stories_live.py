"""Stateful test of stories: jobs and editors act in random order over time.

Checked properties: identity (ids stay valid and redirect in one step), constraints (jobs respect
decisions), and past states (every time can be queried again).
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
from service.domain.queries.conditions import Query
from service.domain.stories.filters import Sort
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
class Snapshot:
    """Lists, stories and histories at a timestamp."""

    at: datetime
    lists: dict[Sort, Any]
    details: dict[str, Any]
    histories: dict[str, Any]


class Newsroom(RuleBasedStateMachine):
    """Reports arrive, jobs run, editors decide and time passes; then past states are queried."""

    new_database: Callable[[], str]

    @initialize()
    def open(self) -> None:
        self.clock = Clock()
        self.engine = schema.make_engine(self.new_database())
        self.context = make_context(self.engine, self.clock)
        self.wire = Wire(self.context)
        self.published = 0
        self.snapshots: list[Snapshot] = []
        self.ids: set[str] = set()
        self.frozen: dict[str, list[int]] = {}

        for event in range(EVENTS):
            self._report(event, half=False)
            self._report(event, half=True)
        self._place_reports()
        self.describe_and_link()

    @rule(event=st.integers(0, EVENTS), half=st.booleans(), thorough=st.booleans())
    def reports_arrive(self, *, event: int, half: bool, thorough: bool) -> None:
        for _ in range(2):
            self._report(event, half=half)
        self._place_reports()
        if thorough:
            reconcile(self.context)

    @rule(number=NUMBERS, event=st.integers(0, EVENTS - 1))
    def revise(self, number: int, event: int) -> None:
        slug = f"{number % (self.published + 1)}"
        for outlet in range(4):
            if self._exists(f"https://o{outlet}.example/{slug}"):
                text = report(event, number)
                self.wire.publish(outlet, [(slug, text)], self.clock.now)
        self._place_reports()
        reconcile(self.context)

    @rule()
    def describe_and_link(self) -> None:
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
            self._decide(lambda session, action: actions.merge(session, action, chosen))

    @rule(number=NUMBERS, size=st.integers(1, 3))
    def split(self, number: int, size: int) -> None:
        for story, articles in self._pick(number):
            leaving = articles[:size]
            self._decide(lambda session, action: actions.split(session, action, story, leaving))  # noqa: B023  # called at once

    @rule(number=NUMBERS, other=NUMBERS)
    def move(self, number: int, other: int) -> None:
        ids = self._stories()
        for _, articles in self._pick(number):
            target = ids[other % len(ids)]
            article = articles[other % len(articles)]
            self._decide(lambda session, action: actions.move(session, action, article, target))  # noqa: B023  # called at once

    @rule(number=NUMBERS, kind=st.sampled_from(["pin", "hide", "rename", "lock"]))
    def mark(self, number: int, kind: str) -> None:
        for story, _ in self._pick(number):
            value = "A new headline" if kind == "rename" else None
            self._decide(lambda s, action: actions.mark_story(s, action, kind, story, value=value))  # noqa: B023  # called at once

    @rule(number=NUMBERS, other=NUMBERS, hide=st.booleans())
    def mark_article(self, *, number: int, other: int, hide: bool) -> None:
        mark = actions.hide_article if hide else actions.pin_article
        for _, articles in self._pick(number):
            article = articles[other % len(articles)]
            self._decide(lambda session, action: mark(session, action, article))  # noqa: B023  # called at once

    @rule(number=NUMBERS)
    def undo(self, number: int) -> None:
        with self.context.sessions.begin() as session:
            active = audit_log.list_decisions(session, include_undone=False)
        if active:
            chosen = active[number % len(active)].id
            self._decide(lambda session, action: undo(session, action, chosen))

    @invariant()
    def invariants_hold(self) -> None:
        self.clock.advance(seconds=1)  # without it, changes are microseconds apart
        with self.context.sessions.begin() as session:
            invariants.check(session)
            self._check_ids(session)
            self._check_frozen(session)
            self.snapshots.append(self._snapshot(session))
        self.clock.advance(seconds=1)

    def teardown(self) -> None:
        """Undo all hiding, then compare past states with the snapshots."""
        with self.context.sessions.begin() as session:
            active = audit_log.list_decisions(session, include_undone=False)
        for hide in [each.id for each in active if each.action == "hide"]:
            self._decide(lambda session, action: undo(session, action, hide))  # noqa: B023  # called at once
        with self.context.sessions.begin() as session:
            for snapshot in self.snapshots:
                assert self._snapshot(session, as_of=snapshot.at) == snapshot
        self.engine.dispose()

    def _report(self, event: int, *, half: bool) -> None:
        self.published += 1
        text = report(event, self.published, other=(event + 1) % EVENTS if half else None)
        self.wire.publish(self.published % 4, [(f"{self.published}", text)], self.clock.now)

    def _place_reports(self) -> None:
        embed(self.context)
        place(self.context)

    def _snapshot(self, session: Any, *, as_of: datetime | None = None) -> Snapshot:
        def details(story: str) -> Any:
            try:
                return get_story(session, story, as_of=as_of)
            except NotFoundError:
                return None

        lists = {sort: list_stories(session, Query(as_of=as_of), sort=sort) for sort in Sort}
        loaded = {story: details(story) for story in self.ids}
        visible = {story: detail for story, detail in loaded.items() if detail}
        histories = {
            story: history.transitions_of(session, story, as_of=as_of) for story in visible
        }
        return Snapshot(as_of or self.clock.now, lists, visible, histories)

    def _check_ids(self, session: Any) -> None:
        """Every id ever used still resolves."""
        self.ids |= {row.id for row in session.query(StoryRow)}
        for story in self.ids:
            assert actions.resolve_story_id(session, story)

    def _check_frozen(self, session: Any) -> None:
        """A locked story has the same articles as before."""
        locked = {row.id for row in session.query(StoryRow) if row.locked}
        members = stories.members(session, locked)
        for story in locked & self.frozen.keys():
            assert members[story] == self.frozen[story]
        self.frozen = members

    def _decide(self, decide: Callable[[Any, EditorAction], Any]) -> None:
        action = EditorAction("ann", "a reason", self.clock.now, self.clock.now)
        try:
            with self.context.sessions.begin() as session:
                decide(session, action)
        except DecisionConflictError as error:
            self._check_named(error.decisions)
        except (BadInputError, NotFoundError):
            pass  # random requests may be invalid

    def _check_named(self, named: tuple[int, ...]) -> None:
        """A conflict names active decisions."""
        with self.context.sessions.begin() as session:
            active = {each.id for each in audit_log.list_decisions(session, include_undone=False)}
        assert named
        assert active.issuperset(named)

    def _stories(self) -> list[str]:
        with self.context.sessions.begin() as session:
            items = session.query(StoryRow).filter(StoryRow.state != "merged")
            return sorted(row.id for row in items)

    def _pick(self, number: int) -> list[tuple[str, list[int]]]:
        """A story with its articles, or nothing if there are no stories."""
        with self.context.sessions.begin() as session:
            items = sorted(stories.members(session, self._stories()).items())
        return [items[number % len(items)]] if items else []

    def _exists(self, url: str) -> bool:
        with self.context.sessions.begin() as session:
            return url in overview.story_by_url(session)


def test_random_histories_satisfy_all_invariants(new_database: Callable[[], str]):
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
