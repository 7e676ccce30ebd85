"""Tests of editors' decisions: immediate effect, effect on later jobs, and undo."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.describe import describe
from jobs.embed import embed
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from service.commands.research import jsonl
from service.domain.queries.conditions import Query
from service.errors import BadInputError, DecisionConflictError, NotFoundError
from service.store.editing import actions, audit_log, training_labels
from service.store.editing.undo import undo
from service.store.story_views import overview
from service.store.story_views.views import StoryDetail, get_story, list_stories
from tests.integration.conftest import Clock
from tests.support.content.admitted_reports import Wire, report
from tests.support.database import invariants
from tests.support.database.editor import decide
from tests.support.servers.site import Site, serving


class Desk:
    """Two stories of two reports each, an editor and the jobs."""

    def __init__(self, context: Context, clock: Clock) -> None:
        self.context, self.clock = context, clock
        self.sessions = context.sessions
        self.wire = Wire(context)
        for event in (0, 1):
            for outlet in (0, 1):
                self.report(event, outlet)
        self.work()
        self.one, self.other = (self.story_of(event, 0) for event in (0, 1))

    def report(self, event: int, outlet: int) -> None:
        self.wire.publish(outlet, [(f"{event}", report(event, outlet))], self.clock.now)

    def work(self) -> None:
        for job in (embed, place, reconcile, describe):
            job(self.context)
            self.clock.advance(minutes=1)

    def more(self, *events: int) -> None:
        """Publish more reports of these events and run all jobs."""
        for event in events:
            self.report(event, 2)
            self.report(event, 3)
        self.work()

    def story_of(self, event: int, outlet: int) -> str:
        with self.sessions.begin() as session:
            invariants.check(session)
            return overview.story_by_url(session)[f"https://o{outlet}.example/{event}"]

    def article(self, event: int, outlet: int) -> int:
        detail = self.show(self.story_of(event, outlet))
        url = f"https://o{outlet}.example/{event}"
        return next(m.report.article_id for m in detail.members if m.report.url == url)

    def show(self, story: str) -> StoryDetail:
        with self.sessions.begin() as session:
            return get_story(session, story)

    def listed(self) -> list[str]:
        with self.sessions.begin() as session:
            return [story.id for story in list_stories(session, Query()).items]

    def decide(self, make: object, *, by: str = "ann") -> int:
        self.clock.advance(minutes=1)
        return decide(self.sessions, self.clock.now, make, by=by).id  # type: ignore[arg-type]  # lambdas

    def undo(self, decision: int) -> None:
        self.decide(lambda session, action: undo(session, action, decision), by="bob")

    def merge(self) -> int:
        ids = [self.one, self.other]
        return self.decide(lambda session, action: actions.merge(session, action, ids))

    def split(self) -> int:
        leaving = [self.article(0, 1)]
        return self.decide(
            lambda session, action: actions.split(session, action, self.one, leaving)
        )

    def mark(self, kind: str, value: str | None = None) -> int:
        return self.decide(
            lambda session, action: actions.mark_story(session, action, kind, self.one, value=value)
        )


@pytest.fixture
def desk(context: Context, clock: Clock) -> Desk:
    desk = Desk(context, clock)
    assert desk.one != desk.other
    return desk


@pytest.fixture
def site(desk: Desk) -> Iterator[Site]:
    with serving(desk.sessions, clock=desk.clock) as running:
        yield running


def test_merge_persists_and_undo_revives_the_merged_story(desk: Desk, site: Site):
    decision = desk.merge()
    assert desk.story_of(1, 0) == desk.one
    response = site.get(f"/v1/stories/{desk.other}")
    assert (response.status, response.headers["location"]) == (308, f"/v1/stories/{desk.one}")
    transition = site.get(f"/v1/stories/{desk.one}").json["transitions"][-1]
    assert (transition["kind"], transition["cause"], transition["editor"]) == (
        "grew",
        "editor",
        "ann",
    )
    desk.more(0, 1)
    assert len({desk.story_of(event, outlet) for event in (0, 1) for outlet in (0, 1)}) == 1
    desk.undo(decision)
    assert desk.story_of(1, 0) == desk.other
    revived = site.get(f"/v1/stories/{desk.other}").json
    assert [each["kind"] for each in revived["transitions"]] == ["emerged", "merged", "reopened"]
    assert revived["transitions"][-1]["editor"] == "bob"


def test_split_articles_stay_apart_and_parts_are_listed(desk: Desk, site: Site):
    decision = desk.split()
    child = desk.story_of(0, 1)
    assert child != desk.one
    assert site.get(f"/v1/stories/{desk.one}").json["split_into"] == [child]
    assert site.get(f"/v1/stories/{child}").json["split_from"] == desk.one
    assert f"/stories/{child}" in site.page(f"/stories/{desk.one}").text
    assert "Moved here by the editor ann." in site.page(f"/stories/{child}").text
    desk.more(0)
    assert desk.story_of(0, 0) != desk.story_of(0, 1)
    desk.undo(decision)
    assert desk.story_of(0, 1) == desk.one


def test_moved_article_stays_in_its_new_story(desk: Desk):
    article = desk.article(0, 1)
    for _ in range(2):
        decision = desk.decide(
            lambda session, action: actions.move(session, action, article, desk.other)
        )
        assert desk.story_of(0, 1) == desk.other
        desk.undo(decision)
        assert desk.story_of(0, 1) == desk.one
    desk.decide(lambda session, action: actions.move(session, action, article, desk.other))
    with pytest.raises(BadInputError, match="already contains"):
        desk.decide(lambda session, action: actions.move(session, action, article, desk.other))
    desk.more(0, 1)
    assert desk.story_of(0, 1) != desk.story_of(0, 0)


def test_undone_split_redirects_to_the_parent(desk: Desk, site: Site):
    decision = desk.split()
    child = desk.story_of(0, 1)
    article = desk.article(0, 1)
    desk.undo(decision)
    with pytest.raises(BadInputError, match="already"):
        desk.decide(lambda session, action: actions.move(session, action, article, desk.one))
    assert site.get(f"/stories/{child}").status == 308


def test_conflicting_decisions_are_rejected_and_named(desk: Desk):
    decision = desk.split()
    child = desk.story_of(0, 1)
    back = [desk.one, child]
    with pytest.raises(
        DecisionConflictError, match=f"decision {decision}.*undo {decision}"
    ) as caught:
        desk.decide(lambda session, action: actions.merge(session, action, back))
    assert caught.value.decisions == (decision,)
    lock = desk.mark("lock")
    with pytest.raises(DecisionConflictError, match="lock") as caught:
        desk.merge()
    assert caught.value.decisions == (lock,)
    with pytest.raises(DecisionConflictError):
        desk.mark("lock")
    desk.undo(lock)
    desk.undo(decision)
    assert desk.story_of(0, 1) == desk.one
    with pytest.raises(BadInputError, match="already undone by bob"):
        desk.undo(decision)


def test_locked_story_does_not_change(desk: Desk):
    decision = desk.mark("lock")
    desk.more(0)
    assert desk.show(desk.one).story.articles == 2
    assert desk.story_of(0, 2) != desk.one
    desk.undo(decision)
    desk.wire.publish(0, [("late", report(0, 9))], desk.clock.now)
    desk.work()
    assert desk.story_of(0, 2) == desk.story_of(0, 0)


def test_hidden_story_grows_but_is_not_served(desk: Desk, site: Site):
    seen_at = desk.clock.now
    decision = desk.mark("hide")
    assert desk.one not in desk.listed()
    for path in (f"/v1/stories/{desk.one}", f"/stories/{desk.one}"):
        assert site.get(path).status == 404
    assert site.get(f"/v1/stories/{desk.one}/transitions").status == 404
    assert site.get(f"/v1/stories/{desk.one}?as_of={seen_at:%FT%TZ}").status == 404
    desk.more(0)
    assert desk.one not in desk.listed()
    desk.undo(decision)
    assert desk.show(desk.one).story.articles == 4
    assert site.get(f"/v1/stories/{desk.one}?as_of={seen_at:%FT%TZ}").status == 200


def changes(site: Site, since: int = 0) -> list[dict[str, Any]]:
    """The changes after an id."""
    items: list[dict[str, Any]] = site.get(f"/v1/changes?since={since}&limit=100").json["items"]
    return items


def test_changes_of_a_hidden_story_are_limited_to_hidden(desk: Desk, site: Site):
    before = changes(site)
    latest = before[-1]["id"]
    assert changes(site, latest) == []  # a cached response
    decision = desk.mark("hide")
    [hidden] = changes(site, latest)
    assert hidden == {
        "id": hidden["id"],
        "story": desk.one,
        "kind": "hidden",
        "at": hidden["at"],
        "cause": "editor",
        "editor": "ann",
        "other_story": None,
        "articles": [],
    }
    assert [each["kind"] for each in changes(site) if each["story"] == desk.one] == ["hidden"]
    desk.more(0)
    desk.mark("rename", "Ministers meet at last")
    assert changes(site, hidden["id"]) == []
    stream = site.get(f"/v1/changes/stream?since={latest}&seconds=1").text
    assert stream.count("event: ") == stream.count("event: hidden\n") == 1

    position = site.get("/v1/changes?since=latest").json["next"]
    desk.undo(decision)
    [shown] = changes(site, position)
    assert (shown["story"], shown["kind"], shown["editor"]) == (desk.one, "shown", "bob")
    kinds = [each["kind"] for each in changes(site) if each["story"] == desk.one]
    assert kinds[0] == "emerged"
    assert [each for each in kinds if each not in {"emerged", "grew"}] == [
        "hidden", "renamed", "shown"
    ]  # fmt: skip
    page = site.page(f"/stories/{desk.one}").text
    assert "Hidden, by the editor ann" in page
    assert "Shown again, by the editor bob" in page


def test_changes_include_editors_headlines_and_their_undo(desk: Desk, site: Site):
    latest = changes(site)[-1]["id"]
    undone = desk.mark("rename", "Ministers meet at last")
    desk.undo(undone)
    article = desk.article(0, 1)
    undone = desk.decide(lambda session, action: actions.pin_article(session, action, article))
    desk.undo(undone)
    desk.undo(desk.mark("pin"))
    desk.undo(desk.mark("lock"))
    result = changes(site, latest)
    assert [(each["story"], each["kind"]) for each in result] == [(desk.one, "renamed")] * 4
    assert [each["editor"] for each in result] == ["ann", "bob"] * 2
    with desk.sessions.begin() as session:
        assert audit_log.get(session, undone).article_ids == (article,)


def test_undone_headline_is_a_change_of_the_merged_story(desk: Desk, site: Site):
    decision = desk.mark("rename", "Ministers meet at last")
    ids = [desk.other, desk.one]
    desk.decide(lambda session, action: actions.merge(session, action, ids))
    latest = changes(site)[-1]["id"]
    desk.undo(decision)
    assert [(each["story"], each["kind"]) for each in changes(site, latest)] == [
        (desk.other, "renamed")
    ]


def test_changes_include_hidden_articles(desk: Desk, site: Site):
    latest = changes(site)[-1]["id"]
    article = desk.article(0, 1)
    decision = desk.decide(lambda session, action: actions.hide_article(session, action, article))
    [left] = changes(site, latest)
    assert (left["story"], left["kind"], left["articles"]) == (desk.one, "shrank", [article])
    desk.undo(decision)
    [back] = changes(site, left["id"])
    assert (back["story"], back["kind"], back["articles"]) == (desk.one, "grew", [article])


def test_hidden_article_is_in_no_story_until_undo(desk: Desk):
    article = desk.article(0, 1)
    decision = desk.decide(lambda session, action: actions.hide_article(session, action, article))
    desk.more(0)
    assert article not in {m.report.article_id for m in desk.show(desk.one).members}
    with pytest.raises(KeyError):
        desk.story_of(0, 1)
    desk.undo(decision)
    assert desk.story_of(0, 1) == desk.one


def test_hiding_the_last_article_closes_the_story(desk: Desk):
    articles = [desk.article(0, 0), desk.article(0, 1)]
    decisions = [
        desk.decide(lambda session, action: actions.hide_article(session, action, article))  # noqa: B023
        for article in articles
    ]
    assert desk.show(desk.one).story.state == "closed"
    assert desk.one not in desk.listed()
    describe(desk.context)
    desk.undo(decisions[0])
    assert desk.show(desk.one).story.articles == 1


def test_editors_headline_survives_descriptions(desk: Desk, site: Site):
    decision = desk.mark("rename", "Ministers meet at last")
    assert desk.show(desk.one).story.headline == "Ministers meet at last"
    desk.more(0)
    result = desk.show(desk.one).story
    assert (result.headline, result.slug) == ("Ministers meet at last", "ministers-meet-at-last")
    assert "headline by an editor" in site.page(f"/stories/{desk.one}").text
    article = desk.article(0, 0)
    with pytest.raises(DecisionConflictError):
        desk.decide(lambda session, action: actions.pin_article(session, action, article))
    desk.undo(decision)
    assert desk.show(desk.one).story.headline != "Ministers meet at last"


def test_editors_headline_moves_with_the_merged_story(desk: Desk):
    decision = desk.mark("rename", "Ministers meet at last")
    ids = [desk.other, desk.one]
    desk.decide(lambda session, action: actions.merge(session, action, ids))
    assert desk.show(desk.other).story.headline == "Ministers meet at last"
    desk.undo(decision)
    assert not desk.show(desk.other).story.renamed


def test_pinned_article_sets_headline_and_pinned_story_is_listed_first(desk: Desk):
    article = desk.article(0, 1)
    title = next(
        m.report.title for m in desk.show(desk.one).members if m.report.article_id == article
    )
    pinned = desk.decide(lambda session, action: actions.pin_article(session, action, article))
    desk.more(0, 1)
    assert desk.show(desk.one).story.headline == title
    last = desk.listed()[-1]
    desk.decide(lambda session, action: actions.mark_story(session, action, "pin", last))
    assert desk.listed()[0] == last
    desk.undo(pinned)
    describe(desk.context)
    assert not desk.show(desk.one).story.renamed


def test_invalid_decisions_are_rejected_with_a_reason(desk: Desk):
    for make, message in [
        (
            lambda session, action: actions.merge(session, action, [desk.one, "nobody"]),
            "Story nobody not found",
        ),
        (
            lambda session, action: actions.merge(session, action, [desk.one] * 2),
            "all ids belong to story",
        ),
        (lambda session, action: actions.split(session, action, desk.one, [99]), "99"),
        (
            lambda session, action: actions.split(session, action, desk.one, []),
            "some but not all of the 2 articles",
        ),
        (lambda session, action: actions.move(session, action, 99, desk.one), "99"),
        (lambda session, action: actions.hide_article(session, action, 99), "Article 99 not found"),
        (lambda session, action: undo(session, action, 99), "Decision 99 not found"),
    ]:
        with pytest.raises((NotFoundError, BadInputError), match=message):
            desk.decide(make)


def test_decisions_are_listed_with_editor_time_and_reason(desk: Desk):
    first, second = desk.merge(), desk.mark("lock")
    desk.undo(second)
    with desk.sessions.begin() as session:
        active = audit_log.list_decisions(session, include_undone=False)
        everything = audit_log.list_decisions(session, include_undone=True, story_id=desk.one)
    [merged] = active
    assert (merged.id, merged.action, merged.made_by, merged.reason) == (
        first,
        "merge",
        "ann",
        "a reason",
    )
    assert merged.other_story_ids == (desk.other,)
    assert [each.id for each in everything] == [first, second]
    assert everything[1].undone_by == "bob"
    assert everything[1].undone_at is not None


def test_decisions_are_exported_as_labelled_articles(desk: Desk, tmp_path: Path):
    desk.more(2)
    desk.split()
    with desk.sessions.begin() as session:
        lines = training_labels.load_labelled_articles(session)
    assert {line["story"] for line in lines} == {desk.story_of(0, 0), desk.story_of(0, 1)}
    assert lines[0].keys() == {
        "id", "title", "text", "outlet", "url", "published", "lang", "type", "story",
    }  # fmt: skip
    path = tmp_path / "decided.jsonl"
    jsonl.write_lines(str(path), lines)
    labels = jsonl.read_labels(str(path), jsonl.read_lines(str(path)))
    assert labels == {line["id"]: line["story"] for line in lines}
    assert len(jsonl.read_articles(str(path))) == len(lines)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["lang"] == "en"


def test_undo_does_not_move_articles_of_a_locked_story(desk: Desk):
    merged = desk.merge()
    desk.clock.now += timedelta(minutes=1)
    stories = [desk.one, desk.story_of(1, 1)]
    assert stories[0] == stories[1]
    lock = desk.mark("lock")
    desk.undo(merged)
    assert desk.story_of(1, 0) == desk.one
    desk.undo(lock)
    assert desk.story_of(1, 0) == desk.one
