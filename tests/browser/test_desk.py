"""Desk and operations in headless Chromium: decisions by keyboard, and pages that fit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from service.domain.access.roles import Role
from service.store.database import schema
from service.store.database.sessions import Sessions, make_sessions
from service.store.editing import audit_log
from service.store.tables import DecisionRow, ReviewRow
from tests.support.browser.chromium import Browser
from tests.support.browser.every_page import STAFF_PAGES
from tests.support.browser.views import View
from tests.support.content.site.open_questions import OpenQuestions
from tests.support.content.site.site_content import fill
from tests.support.content.site.texts import WORLD_NOW
from tests.support.database.api_keys import make_key_client
from tests.support.servers.site import Site, serving
from tests.support.servers.visitor import Visitor

pytestmark = pytest.mark.slow

#: Enough for 25 memberships and 25 types.
WORLDS = 12


@pytest.fixture(scope="module")
def store(new_database: Callable[[], str]) -> Iterator[Sessions]:
    engine = schema.make_engine(new_database())
    sessions = make_sessions(engine)
    with sessions.begin() as session:
        fill(session)
        for number in range(WORLDS):
            OpenQuestions(session, WORLD_NOW, "" if number == 0 else f"{number}-")
    yield sessions
    engine.dispose()


@pytest.fixture(scope="module")
def site(store: Sessions) -> Iterator[Site]:
    with serving(store, clock=lambda: WORLD_NOW) as running:
        yield running


@pytest.fixture(scope="module")
def ruth(site: Site, store: Sessions) -> Visitor:
    person = Visitor(site)
    roles = (Role.EDITOR, Role.ADMIN)
    person.sign_in(make_key_client(site, store, "Ruth Pell", *roles).secret)
    return person


@pytest.mark.parametrize("view", [View(360, dark=True), View(1280)], ids=str)
def test_pages_fit(browser: Browser, ruth: Visitor, view: View, tmp_path: Path):
    for path in STAFF_PAGES.values():
        cookies = ruth.cookies if path != "/sign-in" else {}
        report = browser.open_page(ruth.site.url + path, view, cookies=cookies)
        (tmp_path / "page.png").write_bytes(report.png)  # to inspect a failure
        assert (path, report.errors, report.overflow) == (path, [], 0), report.overflowing


def test_each_decision_takes_one_key(browser: Browser, ruth: Visitor, store: Sessions):
    """With one key and one page each, 50 decisions in five minutes leave six seconds to read."""
    keys = ("k", "m", "u", "s", "k")
    texts, report = browser.press_keys(f"{ruth.site.url}/desk?kind=membership", keys, ruth.cookies)
    assert [text.count("Undo") for text in texts] == [1, 1, 0, 1, 1]
    assert report.errors == []
    types, _ = browser.press_keys(f"{ruth.site.url}/desk?kind=type", "kkrkj", ruth.cookies)
    assert "Skipped questions come back" in types[-1]
    with store() as session:
        made = audit_log.list_decisions(session, include_undone=True)
    actions = ["move", "split", "set_type", "set_type", "set_type", "set_type"]
    assert [each.action for each in made] == actions
    assert [bool(each.undone_at) for each in made] == [True, False, False, False, False, False]


def test_questions_are_answered_without_scripts(browser: Browser, ruth: Visitor):
    """The page has a script only for single keys; its buttons are those of forms."""
    address, shortcuts = f"{ruth.site.url}/desk?kind=membership", "Turn single-key shortcuts off"
    answered, _ = browser.activate(address, ["Keep it here"], ruth.cookies, scripts=False)
    assert "Left as it is." in answered
    assert shortcuts not in answered
    undone, _ = browser.activate(address, ["Keep it here", "Undo: "], ruth.cookies, scripts=False)
    assert "Does this report belong to the story?" in undone
    assert "Left as it is." not in undone


def test_fifty_questions_are_answered_by_keyboard(browser: Browser, ruth: Visitor, store: Sessions):
    """Without other work, 50 questions take a few seconds; people need the time to read."""
    before = count_answers(store)
    for kind, keys in (("membership", "k" * 25), ("type", "kr" * 12 + "k")):
        url = f"{ruth.site.url}/desk?kind={kind}"
        texts, report = browser.press_keys(url, keys, ruth.cookies)
        assert report.errors == []
        assert all("Undo" in text for text in texts)
    assert count_answers(store) == before + 50


def count_answers(store: Sessions) -> int:
    with store() as session:
        decisions = session.scalar(select(func.count()).select_from(DecisionRow)) or 0
        return decisions + (session.scalar(select(func.count()).select_from(ReviewRow)) or 0)


def test_operations_work_by_keyboard(browser: Browser, ruth: Visitor):
    address = f"{ruth.site.url}/operations/feeds"
    text, presses = browser.activate(address, ["Fetch now: "], ruth.cookies)
    assert "Due now." in text
    assert presses[0] < 30
    paused, _ = browser.activate(f"{address}/1", ["Pause"], ruth.cookies)
    assert "Activate" in paused
    active, _ = browser.activate(f"{address}/1", ["Activate"], ruth.cookies)
    assert "Pause" in active
