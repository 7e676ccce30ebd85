"""What editors decide takes effect at once, holds from then on, and can be undone."""

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
from service.domain.stories.filters import StoryFilter
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
    """Two stories of two reports each, and an editor beside the jobs."""

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
        """Further reports of events, and all jobs."""
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
            return [story.id for story in list_stories(session, StoryFilter()).items]

    def decide(self, act: object, *, by: str = "ann") -> int:
        self.clock.advance(minutes=1)
        return decide(self.sessions, self.clock.now, act, by=by).id  # type: ignore[arg-type]  # lambdas

    def undo(self, decision: int) -> None:
        self.decide(lambda session, act: undo(session, act, decision), by="bob")

    def merge(self) -> int:
        ids = [self.one, self.other]
        return self.decide(lambda session, act: actions.merge(session, act, ids))

    def split(self) -> int:
        leaving = [self.article(0, 1)]
        return self.decide(lambda session, act: actions.split(session, act, self.one, leaving))

    def mark(self, action: str, value: str | None = None) -> int:
        return self.decide(
            lambda session, act: actions.mark_story(session, act, action, self.one, value=value)
        )


@pytest.fixture
def desk(context: Context, clock: Clock) -> Desk:
    made = Desk(context, clock)
    assert made.one != made.other
    return made


@pytest.fixture
def site(desk: Desk) -> Iterator[Site]:
    with serving(desk.sessions, clock=desk.clock) as running:
        yield running


def test_merged_stories_stay_one_and_live_on_when_that_is_undone(desk: Desk, site: Site):
    decision = desk.merge()
    assert desk.story_of(1, 0) == desk.one
    answer = site.get(f"/v1/stories/{desk.other}")
    assert (answer.status, answer.headers["location"]) == (308, f"/v1/stories/{desk.one}")
    happened = site.get(f"/v1/stories/{desk.one}").json["transitions"][-1]
    assert (happened["kind"], happened["cause"], happened["editor"]) == ("grew", "editor", "ann")
    desk.more(0, 1)
    assert len({desk.story_of(event, outlet) for event in (0, 1) for outlet in (0, 1)}) == 1
    desk.undo(decision)
    assert desk.story_of(1, 0) == desk.other
    revived = site.get(f"/v1/stories/{desk.other}").json
    assert [each["kind"] for each in revived["transitions"]] == ["emerged", "merged", "reopened"]
    assert revived["transitions"][-1]["editor"] == "bob"


def test_split_articles_stay_apart_and_the_parts_are_named(desk: Desk, site: Site):
    decision = desk.split()
    child = desk.story_of(0, 1)
    assert child != desk.one
    assert site.get(f"/v1/stories/{desk.one}").json["split_into"] == [child]
    assert site.get(f"/v1/stories/{child}").json["split_from"] == desk.one
    assert f"/stories/{child}" in site.page(f"/stories/{desk.one}").text
    assert "The editor ann put it here." in site.page(f"/stories/{child}").text
    desk.more(0)
    assert desk.story_of(0, 0) != desk.story_of(0, 1)
    desk.undo(decision)
    assert desk.story_of(0, 1) == desk.one


def test_a_moved_article_stays_where_it_was_put(desk: Desk):
    article = desk.article(0, 1)
    for _ in range(2):
        decision = desk.decide(lambda session, act: actions.move(session, act, article, desk.other))
        assert desk.story_of(0, 1) == desk.other
        desk.undo(decision)
        assert desk.story_of(0, 1) == desk.one
    desk.decide(lambda session, act: actions.move(session, act, article, desk.other))
    with pytest.raises(BadInputError, match="already contains"):
        desk.decide(lambda session, act: actions.move(session, act, article, desk.other))
    desk.more(0, 1)
    assert desk.story_of(0, 1) != desk.story_of(0, 0)


def test_a_part_whose_split_is_undone_leads_to_its_parent(desk: Desk, site: Site):
    decision = desk.split()
    child = desk.story_of(0, 1)
    article = desk.article(0, 1)
    desk.undo(decision)
    with pytest.raises(BadInputError, match="already"):
        desk.decide(lambda session, act: actions.move(session, act, article, desk.one))
    assert site.get(f"/stories/{child}").status == 308


def test_contradictions_are_refused_and_named(desk: Desk):
    decision = desk.split()
    child = desk.story_of(0, 1)
    back = [desk.one, child]
    with pytest.raises(
        DecisionConflictError, match=f"decision {decision}.*undo {decision}"
    ) as caught:
        desk.decide(lambda session, act: actions.merge(session, act, back))
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


def test_nothing_joins_or_leaves_a_locked_story(desk: Desk):
    decision = desk.mark("lock")
    desk.more(0)
    assert desk.show(desk.one).story.articles == 2
    assert desk.story_of(0, 2) != desk.one
    desk.undo(decision)
    desk.wire.publish(0, [("late", report(0, 9))], desk.clock.now)
    desk.work()
    assert desk.story_of(0, 2) == desk.story_of(0, 0)


def test_a_hidden_story_goes_on_unseen(desk: Desk, site: Site):
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


def told(site: Site, since: int = 0) -> list[dict[str, Any]]:
    """What followers hear after a number."""
    items: list[dict[str, Any]] = site.get(f"/v1/changes?since={since}&limit=100").json["items"]
    return items


def test_followers_learn_that_a_story_was_hidden_and_nothing_else_of_it(desk: Desk, site: Site):
    before = told(site)
    latest = before[-1]["id"]
    assert told(site, latest) == []  # an answer that is kept
    decision = desk.mark("hide")
    [hidden] = told(site, latest)
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
    assert [each["kind"] for each in told(site) if each["story"] == desk.one] == ["hidden"]
    desk.more(0)
    desk.mark("rename", "Ministers meet at last")
    assert told(site, hidden["id"]) == []
    stream = site.get(f"/v1/changes/stream?since={latest}&seconds=1").text
    assert stream.count("event: ") == stream.count("event: hidden\n") == 1

    position = site.get("/v1/changes?since=latest").json["next"]
    desk.undo(decision)
    [shown] = told(site, position)
    assert (shown["story"], shown["kind"], shown["editor"]) == (desk.one, "shown", "bob")
    kinds = [each["kind"] for each in told(site) if each["story"] == desk.one]
    assert kinds[0] == "emerged"
    assert [each for each in kinds if each not in {"emerged", "grew"}] == [
        "hidden", "renamed", "shown"
    ]  # fmt: skip
    page = site.page(f"/stories/{desk.one}").text
    assert "<b>hidden</b>, by the editor ann" in page
    assert "<b>shown</b>, by the editor bob" in page


def test_followers_learn_of_editors_headlines_and_of_their_end(desk: Desk, site: Site):
    latest = told(site)[-1]["id"]
    undone = desk.mark("rename", "Ministers meet at last")
    desk.undo(undone)
    article = desk.article(0, 1)
    undone = desk.decide(lambda session, act: actions.pin_article(session, act, article))
    desk.undo(undone)
    desk.undo(desk.mark("pin"))
    desk.undo(desk.mark("lock"))
    found = told(site, latest)
    assert [(each["story"], each["kind"]) for each in found] == [(desk.one, "renamed")] * 4
    assert [each["editor"] for each in found] == ["ann", "bob"] * 2
    with desk.sessions.begin() as session:
        assert audit_log.get(session, undone).article_ids == (article,)


def test_a_headline_taken_back_is_told_of_the_story_that_it_went_with(desk: Desk, site: Site):
    decision = desk.mark("rename", "Ministers meet at last")
    ids = [desk.other, desk.one]
    desk.decide(lambda session, act: actions.merge(session, act, ids))
    latest = told(site)[-1]["id"]
    desk.undo(decision)
    assert [(each["story"], each["kind"]) for each in told(site, latest)] == [
        (desk.other, "renamed")
    ]


def test_followers_learn_that_an_article_left_when_it_was_hidden(desk: Desk, site: Site):
    latest = told(site)[-1]["id"]
    article = desk.article(0, 1)
    decision = desk.decide(lambda session, act: actions.hide_article(session, act, article))
    [left] = told(site, latest)
    assert (left["story"], left["kind"], left["articles"]) == (desk.one, "shrank", [article])
    desk.undo(decision)
    [back] = told(site, left["id"])
    assert (back["story"], back["kind"], back["articles"]) == (desk.one, "grew", [article])


def test_a_hidden_article_belongs_to_no_story_until_that_is_undone(desk: Desk):
    article = desk.article(0, 1)
    decision = desk.decide(lambda session, act: actions.hide_article(session, act, article))
    desk.more(0)
    assert article not in {m.report.article_id for m in desk.show(desk.one).members}
    with pytest.raises(KeyError):
        desk.story_of(0, 1)
    desk.undo(decision)
    assert desk.story_of(0, 1) == desk.one


def test_hiding_the_last_article_closes_the_story_and_undoing_opens_it(desk: Desk):
    articles = [desk.article(0, 0), desk.article(0, 1)]
    made = [
        desk.decide(lambda session, act: actions.hide_article(session, act, article))  # noqa: B023
        for article in articles
    ]
    assert desk.show(desk.one).story.state == "closed"
    assert desk.one not in desk.listed()
    describe(desk.context)
    desk.undo(made[0])
    assert desk.show(desk.one).story.articles == 1


def test_an_editors_headline_outlives_every_description(desk: Desk, site: Site):
    decision = desk.mark("rename", "Ministers meet at last")
    assert desk.show(desk.one).story.headline == "Ministers meet at last"
    desk.more(0)
    found = desk.show(desk.one).story
    assert (found.headline, found.slug) == ("Ministers meet at last", "ministers-meet-at-last")
    assert "Headline by an editor" in site.page(f"/stories/{desk.one}").text
    article = desk.article(0, 0)
    with pytest.raises(DecisionConflictError):
        desk.decide(lambda session, act: actions.pin_article(session, act, article))
    desk.undo(decision)
    assert desk.show(desk.one).story.headline != "Ministers meet at last"


def test_an_editors_headline_goes_with_the_merged_story(desk: Desk):
    decision = desk.mark("rename", "Ministers meet at last")
    ids = [desk.other, desk.one]
    desk.decide(lambda session, act: actions.merge(session, act, ids))
    assert desk.show(desk.other).story.headline == "Ministers meet at last"
    desk.undo(decision)
    assert not desk.show(desk.other).story.renamed


def test_a_pinned_article_gives_the_headline_and_a_pinned_story_leads(desk: Desk):
    article = desk.article(0, 1)
    title = next(
        m.report.title for m in desk.show(desk.one).members if m.report.article_id == article
    )
    pinned = desk.decide(lambda session, act: actions.pin_article(session, act, article))
    desk.more(0, 1)
    assert desk.show(desk.one).story.headline == title
    last = desk.listed()[-1]
    desk.decide(lambda session, act: actions.mark_story(session, act, "pin", last))
    assert desk.listed()[0] == last
    desk.undo(pinned)
    describe(desk.context)
    assert not desk.show(desk.one).story.renamed


def test_what_is_not_there_is_named(desk: Desk):
    for act, message in [
        (lambda session, act: actions.merge(session, act, [desk.one, "nobody"]), "no story nobody"),
        (
            lambda session, act: actions.merge(session, act, [desk.one] * 2),
            "all ids belong to story",
        ),
        (lambda session, act: actions.split(session, act, desk.one, [99]), "99"),
        (
            lambda session, act: actions.split(session, act, desk.one, []),
            "some but not all of the 2 articles",
        ),
        (lambda session, act: actions.move(session, act, 99, desk.one), "99"),
        (lambda session, act: actions.hide_article(session, act, 99), "no article 99"),
        (lambda session, act: undo(session, act, 99), "no decision 99"),
    ]:
        with pytest.raises((NotFoundError, BadInputError), match=message):
            desk.decide(act)


def test_decisions_are_listed_with_who_when_and_why(desk: Desk):
    first, second = desk.merge(), desk.mark("lock")
    desk.undo(second)
    with desk.sessions.begin() as session:
        standing = audit_log.list_decisions(session, include_undone=False)
        everything = audit_log.list_decisions(session, include_undone=True, story_id=desk.one)
    [merged] = standing
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


def test_decisions_teach_what_they_decided(desk: Desk, tmp_path: Path):
    desk.more(2)
    desk.split()
    with desk.sessions.begin() as session:
        lines = training_labels.labelled_articles(session)
    assert {line["story"] for line in lines} == {desk.story_of(0, 0), desk.story_of(0, 1)}
    assert lines[0].keys() == {
        "id", "title", "text", "outlet", "url", "published", "lang", "story",
    }  # fmt: skip
    path = tmp_path / "decided.jsonl"
    jsonl.write_lines(str(path), lines)
    labels = jsonl.read_labels(str(path), jsonl.read_lines(str(path)))
    assert labels == {line["id"]: line["story"] for line in lines}
    assert len(jsonl.read_articles(str(path))) == len(lines)
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[0])["lang"] == "en"


def test_undoing_leaves_what_another_decision_holds(desk: Desk):
    merged = desk.merge()
    desk.clock.now += timedelta(minutes=1)
    bound = [desk.one, desk.story_of(1, 1)]
    assert bound[0] == bound[1]
    lock = desk.mark("lock")
    desk.undo(merged)
    assert desk.story_of(1, 0) == desk.one
    desk.undo(lock)
    assert desk.story_of(1, 0) == desk.one
