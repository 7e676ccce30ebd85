"""Types of articles: classification, corrections by editors, coverage, filters and pages."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from jobs.describe import describe
from jobs.embed import embed
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from jobs.tidy import tidy
from service.domain.articles.article_types import ArticleType
from service.domain.catalogue.outlets import Outlet
from service.errors import DecisionConflictError, NotFoundError
from service.store.articles import types
from service.store.catalogue import feeds
from service.store.editing import actions
from service.store.editing.undo import undo
from service.store.story_views import overview
from service.store.story_views.views import StoryView, get_story
from service.store.tables import ArticleRow
from tests.integration.conftest import Clock
from tests.support.content.admitted_reports import Wire, report
from tests.support.database import invariants
from tests.support.database.editor import decide
from tests.support.servers.site import serving


class Desk:
    """One event that three outlets report, an editor and the jobs."""

    def __init__(self, context: Context, clock: Clock) -> None:
        self.context, self.clock, self.sessions = context, clock, context.sessions
        self.wire = Wire(context)
        for outlet in range(3):
            self.publish(outlet, f"world/{outlet}")
        self.work()

    def publish(self, outlet: int, slug: str, *, author: int | None = None) -> None:
        text = report(0, outlet if author is None else author)
        self.wire.publish(outlet, [(slug, text)], self.clock.now)

    def publish_roundup(self, slug: str) -> None:
        """Publish an article of an outlet whose usual type is the round-up."""
        with self.sessions.begin() as session:
            outlet = Outlet("o3", "O3", sites=("o3.example",), article_type=ArticleType.ROUNDUP)
            feeds.save_outlets(session, [outlet])
        self.publish(3, slug)

    def work(self) -> None:
        for job in (embed, place, reconcile, describe):
            job(self.context)
            self.clock.advance(minutes=1)

    def article(self, slug: str) -> ArticleRow:
        with self.sessions.begin() as session:
            return session.scalars(select(ArticleRow).where(ArticleRow.url.endswith(slug))).one()

    def story_of(self, slug: str) -> str | None:
        with self.sessions.begin() as session:
            invariants.check(session)
            return overview.story_by_url(session).get(self.article(slug).url)

    def type_of(self, slug: str) -> ArticleType | None:
        with self.sessions.begin() as session:
            return types.get_type(session, self.article(slug).id)

    def set_type(self, slug: str, kind: ArticleType) -> int:
        article = self.article(slug).id
        self.clock.advance(minutes=1)
        return decide(
            self.sessions,
            self.clock.now,
            lambda session, action: actions.set_type(session, action, article, kind),
        ).id

    def undo(self, decision: int) -> None:
        self.clock.advance(minutes=1)
        decide(
            self.sessions,
            self.clock.now,
            lambda session, action: undo(session, action, decision),
        )

    def show(self, slug: str = "world/0") -> StoryView:
        story = self.story_of(slug)
        assert story is not None
        with self.sessions.begin() as session:
            return get_story(session, story).story


@pytest.fixture
def desk(context: Context, clock: Clock) -> Desk:
    return Desk(context, clock)


def test_type_follows_the_rule_when_an_article_arrives_and_changes(desk: Desk):
    desk.publish(3, "opinion/a")
    assert desk.type_of("opinion/a") is ArticleType.OPINION
    assert desk.type_of("world/0") is ArticleType.REPORT
    decision = desk.set_type("opinion/a", ArticleType.LIVE)
    desk.publish(3, "opinion/a", author=9)
    assert desk.article("opinion/a").revision == 2
    assert desk.type_of("opinion/a") is ArticleType.LIVE
    desk.undo(decision)
    assert desk.type_of("opinion/a") is ArticleType.OPINION


def test_opinion_joins_the_story_but_is_neither_counted_nor_quoted(desk: Desk):
    desk.publish(3, "opinion/a")
    desk.work()
    story = desk.show("opinion/a")
    assert (story.coverage, story.independent, story.articles) == (4, 3, 4)
    opinion = desk.article("opinion/a").id
    assert opinion not in {quote.article for quote in story.details.summary}
    assert story.headline_report is not None
    assert story.headline_report.article_id != opinion


def test_correction_changes_coverage_at_once_and_undo_restores_it(desk: Desk):
    before = desk.show()
    assert before.headline_report is not None
    url = before.headline_report.url
    slug = url.partition(".example/")[2]
    decision = desk.set_type(slug, ArticleType.SATIRE)
    after = desk.show()
    assert (before.independent, after.independent) == (3, 2)
    assert after.headline_report is not None
    quoted = {quote.article for quote in after.details.summary}
    assert before.headline_report.article_id not in quoted
    describe(desk.context)
    described = desk.show()
    assert described.headline_report is not None
    assert described.headline_report.url != url
    desk.undo(decision)
    describe(desk.context)
    assert desk.show().headline_report == before.headline_report


def test_story_without_a_report_keeps_its_headline(desk: Desk):
    for outlet in range(3):
        desk.set_type(f"world/{outlet}", ArticleType.LIVE)
    desk.work()
    story = desk.show()
    assert (story.coverage, story.independent, story.details.summary) == (3, 0, ())
    assert story.headline
    assert story.details.rank is not None


def test_round_up_leaves_its_story_and_returns_after_undo(desk: Desk):
    story = desk.story_of("world/0")
    decision = desk.set_type("world/2", ArticleType.ROUNDUP)
    desk.work()
    assert desk.story_of("world/2") is None
    assert desk.show().articles == 2
    desk.undo(decision)
    desk.work()
    assert desk.story_of("world/2") == story


def test_new_round_up_joins_no_story_until_it_is_corrected(desk: Desk):
    desk.publish_roundup("world/bulletin")
    desk.work()
    assert desk.story_of("world/bulletin") is None
    desk.set_type("world/bulletin", ArticleType.REPORT)
    desk.work()
    assert desk.story_of("world/bulletin") == desk.story_of("world/0")


def test_story_of_round_ups_only_is_closed(desk: Desk):
    story = desk.story_of("world/0")
    assert story is not None
    for outlet in range(3):
        desk.set_type(f"world/{outlet}", ArticleType.ROUNDUP)
    desk.work()
    assert desk.story_of("world/0") is None
    with desk.sessions.begin() as session:
        assert get_story(session, story).story.state == "closed"


def test_conflicting_and_unknown_corrections_are_rejected(desk: Desk):
    desk.set_type("world/0", ArticleType.MEDIA)
    with pytest.raises(DecisionConflictError, match="set_type"):
        desk.set_type("world/0", ArticleType.LIVE)
    story = desk.story_of("world/1")
    decide(
        desk.sessions,
        desk.clock.now,
        lambda session, action: actions.mark_story(session, action, "lock", str(story)),
    )
    with pytest.raises(DecisionConflictError, match="lock"):
        desk.set_type("world/1", ArticleType.ROUNDUP)
    with pytest.raises(NotFoundError, match="Article 7 not found"):
        decide(
            desk.sessions,
            desk.clock.now,
            lambda session, action: actions.set_type(session, action, 7, ArticleType.LIVE),
        )


def test_column_is_recognised_by_its_second_instalment(desk: Desk):
    assert tidy(desk.context) == {}
    desk.clock.now += timedelta(days=1)
    desk.publish(0, "world/next")
    assert desk.type_of("world/next") is ArticleType.SERIES
    assert desk.type_of("world/0") is ArticleType.REPORT
    assert tidy(desk.context) == {"classified": 1}
    assert desk.type_of("world/0") is ArticleType.SERIES
    assert describe(desk.context)["stories"] == 1


def test_tidy_recognises_a_column_by_its_byline(desk: Desk):
    article = desk.article("world/0").id
    with desk.sessions.begin() as session:
        row = session.get_one(ArticleRow, article)
        row.author = "Jane Rowe, opinion columnist"
    assert tidy(desk.context) == {"classified": 1}
    assert desk.type_of("world/0") is ArticleType.OPINION


def test_round_up_is_linked_from_the_story_it_mentions(desk: Desk):
    desk.publish_roundup("world/bulletin")
    desk.work()
    before = desk.show()
    assert link(desk.context)["mentions"] == 1
    with serving(desk.sessions, clock=desk.clock) as site:
        page = site.page(f"/stories/{before.id}").text
        assert "Mentioned in round-ups" in page
        assert "https://o3.example/world/bulletin" in page
        detail = site.get(f"/v1/stories/{before.id}").json
        [roundup] = detail["mentioned_in"]
        assert (roundup["outlet"]["slug"], roundup["url"]) == (
            "o3",
            "https://o3.example/world/bulletin",
        )
        assert (detail["independent"], detail["articles"]) == (before.independent, 3)
        desk.set_type("world/bulletin", ArticleType.OPINION)
        assert site.get(f"/v1/stories/{before.id}").json["mentioned_in"] == []
