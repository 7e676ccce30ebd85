"""Story page: the history and the merge notice, with stories that the real code changes."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.domain.grouping.lineage import plan_edit, plan_removal, plan_update
from service.domain.grouping.story_changes import Plan
from service.store.database.sessions import Sessions
from service.store.stories import apply_plan, stories
from tests.support.database.rows import NOW, Rows
from tests.support.servers.site import serving


def test_the_survivor_tells_which_stories_were_merged_into_it_and_when(sessions: Sessions) -> None:
    with sessions.begin() as session:
        _add_stories(session, "first", "second", "third")
        _merge(session, "second", "third", hours=1)
        _merge(session, "first", "second", hours=5)
    with serving(sessions, clock=lambda: NOW + timedelta(hours=6)) as site:
        page = site.page("/stories/first?merged=third").text
        between = site.page(f"/stories/second?merged=third&as_of={_hours(3)}").text
        before = site.page(f"/stories/second?merged=third&as_of={_hours(0.5)}").text
        unmerged = site.page("/stories/first?merged=none").text
    assert "was merged into this one 1 h ago" in page
    assert "Two stories merged: this one and" in page
    assert 'href="/stories/second' in page
    assert 'href="/stories/third' not in page.split('id="history"')[1]
    assert "was merged into this one" in between
    assert 'href="/stories/third' in between.split('id="history"')[1]
    assert "was merged into" not in before + unmerged
    assert "Two stories merged" not in before


def test_a_restored_story_is_in_the_history_of_both_stories(sessions: Sessions) -> None:
    with sessions.begin() as session:
        articles = _add_stories(session, "first", "second")
        _merge(session, "first", "second", hours=1)
        restored = plan_edit(
            stories.load_stories(session, ["first"]),
            {"first": articles["first"], "second": articles["second"]},
            revived=["second"],
        )
        _apply(session, restored, hours=2)
    with serving(sessions) as site:
        survivor, second = (site.page(f"/stories/{name}").text for name in ("first", "second"))
        notice = site.page("/stories/first?merged=second").text
    merged = survivor.index("Two stories merged: this one and")
    assert merged < survivor.index("became a story of its own")
    assert second.index("Merged into") < second.index("Reopened")
    assert "was merged into" not in notice


def test_a_closed_story_tells_why(sessions: Sessions) -> None:
    with sessions.begin() as session:
        articles = _add_stories(session, "empty", "old")
        _apply(session, plan_removal(dict.fromkeys(articles["empty"], "empty")), hours=1)
        stamp = _stamp(session, 9 * 24, "age")
        closed = stories.close_quiet(session, quiet_since=NOW + timedelta(days=2))
        quiet = [stories.NewTransition(name, "closed") for name in closed]
        stories.record_transitions(session, quiet, stamp)
        apply_plan.refresh_derived(session, closed, stamp)
    with serving(sessions) as site:
        empty, old = (site.page(f"/stories/{name}").text for name in ("empty", "old"))
    assert "Closed, because no article was left" in empty
    assert "Closed, because no report had arrived for days" in old


def _add_stories(session: Session, *names: str) -> dict[str, frozenset[int]]:
    """Two articles in each story; returns their ids. Each story is older than the next one."""
    rows = Rows(session)
    articles = {}
    for number, name in enumerate(names):
        outlets = [rows.outlet(f"{name}-{each}") for each in range(2)]
        members = [rows.article(outlet, f"{name} report") for outlet in outlets]
        rows.story(name, members, emerged_at=NOW - timedelta(hours=20 - number))
        articles[name] = frozenset(each.id for each in members)
    return articles


def _merge(session: Session, into: str, merged: str, *, hours: float) -> None:
    stored = stories.load_stories(session, [into, merged])
    _apply(session, plan_update(stored, [set().union(*(s.members for s in stored))]), hours=hours)


def _apply(session: Session, plan: Plan, *, hours: float) -> None:
    apply_plan.apply_plan(
        session,
        plan,
        _stamp(session, hours, "reconcile"),
        reported_at={int(each.article): NOW for each in plan.started},
        quiet_since=NOW,
        reasons={},
    )


def _stamp(session: Session, hours: float, cause: str) -> stories.Stamp:
    return apply_plan.new_stamp(session, NOW + timedelta(hours=hours), cause)


def _hours(hours: float) -> str:
    return f"{NOW + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
