"""Tests of the jobs from articles to stories: embed, place, reconcile, describe, link, close."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, event, func, select

from jobs.close import close
from jobs.describe import describe
from jobs.embed import embed
from jobs.fetch import fetch
from jobs.link import link
from jobs.place import place
from jobs.reconcile import reconcile
from jobs.running.context import Context
from jobs.running.runner import Job, run_job
from service.domain.catalogue.outlets import Outlet
from service.settings.model_choice import ModelChoice
from service.store.articles import articles, model_choices, vectors
from service.store.catalogue import feeds
from service.store.catalogue.feeds import NewFeed
from service.store.stories.surroundings import list_mapped_story_ids, load_surroundings
from service.store.story_views import overview
from service.store.story_views.churn import measure_churn
from service.store.story_views.reports import load_story_reports
from service.store.tables import (
    ArticleRow,
    CopyRow,
    MembershipRow,
    ModelRow,
    StoryRow,
    TransitionRow,
    VectorRow,
    VocabularyRow,
)
from tests.integration.conftest import NOW, Clock
from tests.support.content.feed_reports import FERRY, MEETING, MEETING_AGAIN, item, rss
from tests.support.encoders import WordEncoder
from tests.support.servers.feed_server import FeedServer, reply

OUTLETS = [
    Outlet("daily", "Daily", family="quay", sites=("daily.example",)),
    Outlet("evening", "Evening", family="quay", sites=("evening.example",)),
    Outlet("wire", "Wire", agency=True, sites=("wire.example",)),
]
LONG = " ".join(
    f"Sentence {number} of the wire report adds detail {number}." for number in range(20)
)


@pytest.fixture
def publish(context: Context, feed_server: FeedServer) -> Callable[..., None]:
    """Publish items in a feed, then fetch and embed them."""

    def run(*items: str) -> None:
        feed_server.routes["/feed"] = reply(rss(items))
        with context.sessions.begin() as session:
            feeds.save_outlets(session, OUTLETS)
            feed = NewFeed(feed_server.url("/feed"), "daily", "feed")
            feeds.add_feeds(session, [feed], now=context.clock())
            feeds.make_all_due(session, now=context.clock())
        fetch(context)
        embed(context)

    return run


def by_title(context: Context) -> dict[str, str]:
    """The current story of each article, by title."""
    with context.sessions.begin() as session:
        statement = (
            select(ArticleRow.title, MembershipRow.story_id)
            .join(MembershipRow, MembershipRow.article_id == ArticleRow.id)
            .where(MembershipRow.valid_until.is_(None))
        )
        return dict(session.execute(statement).all())


def kinds(context: Context) -> list[str]:
    with context.sessions.begin() as session:
        return list(session.scalars(select(TransitionRow.kind).order_by(TransitionRow.id)))


def story(context: Context, title: str) -> StoryRow:
    with context.sessions.begin() as session:
        return session.get_one(StoryRow, by_title(context)[title])


def test_reports_of_one_event_share_a_story(context: Context, publish: Callable[..., None]):
    publish(
        item("1", MEETING, NOW),
        item("2", MEETING_AGAIN, NOW, host="evening.example"),
        item("3", FERRY, NOW),
    )
    place(context)
    reconcile(context)
    result = by_title(context)
    assert result[MEETING[0]] == result[MEETING_AGAIN[0]] != result[FERRY[0]]


def test_boilerplate_is_not_searched_again_while_articles_wait_for_a_story(
    context: Context, publish: Callable[..., None]
):
    publish(item("1", MEETING, NOW), item("2", FERRY, NOW))
    statements: list[str] = []
    record = lambda *values: statements.append(values[2])  # noqa: E731
    event.listen(context.engine, "before_cursor_execute", record)
    try:
        assert embed(context) == {}
    finally:
        event.remove(context.engine, "before_cursor_execute", record)
    assert statements
    assert not any("articles.title" in each for each in statements)


def test_later_report_joins_and_story_id_is_stable(
    context: Context, publish: Callable[..., None], clock: Clock
):
    publish(item("1", MEETING, NOW))
    place(context)
    reconcile(context)
    before = by_title(context)[MEETING[0]]
    clock.advance(hours=1)
    publish(item("2", MEETING_AGAIN, clock.now, host="evening.example"))
    place(context)
    reconcile(context)
    assert set(by_title(context).values()) == {before}
    assert kinds(context) == ["emerged", "grew"]


def test_jobs_are_idempotent(context: Context, publish: Callable[..., None]):
    publish(item("1", MEETING, NOW), item("2", MEETING_AGAIN, NOW, host="evening.example"))
    place(context)
    reconcile(context)
    describe(context)
    before, history = by_title(context), kinds(context)
    for job in (fetch, embed, place, reconcile, describe):
        assert job(context) == {}
    assert (by_title(context), kinds(context)) == (before, history)


def test_memberships_have_score_and_evidence(
    context: Context, publish: Callable[..., None], clock: Clock
):
    publish(item("1", MEETING, NOW))
    place(context)
    clock.advance(minutes=5)
    publish(item("2", MEETING, clock.now, host="evening.example"))
    place(context)
    with context.sessions.begin() as session:
        founder, joiner = session.scalars(select(MembershipRow).order_by(MembershipRow.id))
    assert founder.score is None
    assert joiner.score is not None
    assert joiner.evidence["nearest"][0]["article"] == founder.article_id
    assert set(joiner.evidence["nearest"][0]["contributions"]) >= {"dense", "title"}


def test_copy_adds_no_independent_coverage(context: Context, publish: Callable[..., None]):
    wire, copied = (MEETING[0], LONG), ("Ministers meet over border posts", LONG)
    publish(
        item("1", wire, NOW, host="wire.example"),
        item("2", copied, NOW + timedelta(minutes=9), host="evening.example"),
    )
    place(context)
    reconcile(context)
    describe(context)
    with context.sessions.begin() as session:
        [copy] = session.scalars(select(CopyRow))
        original = session.get_one(ArticleRow, copy.original_id)
    assert original.title == wire[0]
    result = story(context, wire[0])
    assert (result.articles, result.coverage, result.independent) == (2, 2, 1)
    assert result.headline == wire[0]


def test_outlets_of_one_family_count_once(context: Context, publish: Callable[..., None]):
    publish(item("1", MEETING, NOW), item("2", MEETING_AGAIN, NOW, host="evening.example"))
    place(context)
    reconcile(context)
    describe(context)
    result = story(context, MEETING[0])
    assert (result.coverage, result.independent) == (2, 1)
    assert "Castelmar" in result.keywords
    assert result.slug


def test_revised_article_is_encoded_again_and_stays_in_its_story(
    context: Context, publish: Callable[..., None], clock: Clock
):
    publish(item("1", MEETING, NOW))
    place(context)
    reconcile(context)
    before = by_title(context)[MEETING[0]]
    clock.advance(hours=1)
    publish(item("1", MEETING_AGAIN, NOW))
    place(context)
    reconcile(context)
    assert by_title(context) == {MEETING_AGAIN[0]: before}
    with context.sessions.begin() as session:
        assert session.scalars(select(VectorRow.revision)).all() == [2]


def test_date_that_arrives_later_updates_the_story(
    context: Context, publish: Callable[..., None], clock: Clock
):
    dated = item("1", MEETING, NOW - timedelta(hours=3))
    undated = dated[: dated.index("<pubDate>")] + "</item>"
    publish(undated)
    place(context)
    assert story(context, MEETING[0]).first_reported_at == NOW
    clock.advance(hours=1)
    publish(dated)
    place(context)
    assert story(context, MEETING[0]).first_reported_at == NOW - timedelta(hours=3)


def test_revision_with_the_same_encoded_text_keeps_its_vector(
    context: Context, publish: Callable[..., None], feed_server: FeedServer, clock: Clock
):
    title, text = MEETING[0], LONG * 3
    publish(item("1", (title, text), NOW))
    place(context)
    clock.advance(hours=1)
    feed_server.routes["/feed"] = reply(rss([item("1", (title, f"{text} One more word."), NOW)]))
    with context.sessions.begin() as session:
        feeds.make_all_due(session, now=context.clock())
    assert fetch(context)["revised"] == 1
    assert embed(context) == {}
    with context.sessions.begin() as session:
        assert session.scalars(select(VectorRow.revision)).all() == [2]
    assert place(context)["articles"] == 1


def test_boilerplate_found_later_is_removed_from_earlier_articles(
    context: Context, publish: Callable[..., None]
):
    wall = "Members can read this article in full. Please sign in or choose a plan to go on."
    orchard = ("Orchard owners expect a late harvest", wall)
    publish(item("1", orchard, NOW))
    assert load_texts(context) == {orchard[0]: wall}
    place(context)
    describe(context)
    assert summary_lengths(context) == [0]

    swimmers = ("Two swimmers rescued near the pier", f"Both are well. {wall}")
    publish(item("2", swimmers, NOW))
    assert load_texts(context) == {orchard[0]: "", swimmers[0]: "Both are well."}
    place(context)
    reconcile(context)
    describe(context)

    with context.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(CopyRow)) == 0
        assert session.scalar(select(func.count()).select_from(VectorRow)) == 2
    assert summary_lengths(context) == [0, 0]
    assert len(set(by_title(context).values())) == 2


def summary_lengths(context: Context) -> list[int]:
    """Number of quoted sentences of each story."""
    with context.sessions.begin() as session:
        return [len(row.details["summary"]) for row in session.scalars(select(StoryRow))]


def load_texts(context: Context) -> dict[str, str]:
    """The text of each article without its boilerplate, by title."""
    with context.sessions.begin() as session:
        ids = articles.load_latest_ids(session, limit=10)
        return {each.title: each.text for each in articles.load(session, ids)}


def test_quiet_stories_close_and_reopen(
    context: Context, publish: Callable[..., None], clock: Clock
):
    publish(item("1", MEETING, NOW))
    place(context)
    reconcile(context)
    clock.advance(days=6.9)
    assert close(context) == {}
    publish(item("2", MEETING_AGAIN, clock.now - timedelta(days=1), host="evening.example"))
    clock.advance(days=1)
    assert close(context) == {"closed": 1}
    place(context)
    reconcile(context)
    assert set(kinds(context)) == {"emerged", "closed", "grew", "reopened"}
    assert story(context, MEETING[0]).state == "open"


def test_reports_outside_the_window_do_not_share_a_story(
    context: Context, publish: Callable[..., None]
):
    publish(item("1", MEETING, NOW - timedelta(days=120)), item("2", MEETING_AGAIN, NOW))
    place(context)
    reconcile(context)
    assert len(set(by_title(context).values())) == 2


def test_similar_stories_are_linked_into_a_storyline(
    context: Context, publish: Callable[..., None]
):
    earlier = NOW - timedelta(days=60)
    publish(
        item("1", MEETING, earlier),
        item("2", MEETING_AGAIN, earlier, host="evening.example"),
        item("3", MEETING, NOW),
        item("4", MEETING_AGAIN, NOW, host="evening.example"),
        item("5", FERRY, NOW),
    )
    for job in (place, reconcile, describe):
        job(context)
    assert link(context) == {"storylines": 1, "linked": 2}
    with context.sessions.begin() as session:
        first = set(session.scalars(select(StoryRow.storyline_id)))
    link(context)
    with context.sessions.begin() as session:
        assert set(session.scalars(select(StoryRow.storyline_id))) == first
        assert session.scalar(select(func.count(StoryRow.storyline_id))) == 2


def test_latest_stories_are_placed_on_the_map(context: Context, publish: Callable[..., None]):
    publish(
        item("1", MEETING, NOW),
        item("2", MEETING_AGAIN, NOW, host="evening.example"),
        item("3", FERRY, NOW),
    )
    for job in (place, reconcile, describe, link):
        job(context)
    with context.sessions.begin() as session:
        [[story, found]] = load_surroundings(session).items()
        assert found.place is not None
        assert found.absent_outlets == ()  # no other story has these outlets
        assert list_mapped_story_ids(session) == [story]


def test_vocabulary_covers_the_latest_window(context: Context, publish: Callable[..., None]):
    publish(item("1", MEETING, NOW), item("2", FERRY, NOW))
    place(context)
    reconcile(context)
    with context.sessions.begin() as session:
        assert session.scalars(select(VocabularyRow.articles)).all() == [2]


def test_undated_report_does_not_update_last_report_time(
    context: Context, publish: Callable[..., None]
):
    undated = item("2", MEETING_AGAIN, NOW, host="evening.example")
    undated = undated.replace("<pubDate>", "<x>").replace("</pubDate>", "</x>")
    old = NOW - timedelta(days=2)
    publish(item("1", MEETING, old), undated)
    place(context)
    reconcile(context)
    result = story(context, MEETING[0])
    assert len(set(by_title(context).values())) == 1
    assert result.last_reported_at == old


class OtherEncoder(WordEncoder):
    """A different model with different dimensions."""

    model = "words@2"
    dimensions = 32


def test_new_model_encodes_the_window_again_and_keeps_stories(
    context: Context, publish: Callable[..., None], clock: Clock
):
    long_ago = NOW - timedelta(days=60)
    publish(item("1", MEETING, NOW), item("2", FERRY, long_ago))
    jobs = (place, reconcile, describe, link)
    for job in jobs:
        job(context)
    before = by_title(context)
    changed = replace(context, encoder=OtherEncoder)
    link(changed)  # other jobs may run before `embed`
    reconcile(changed)
    assert embed(changed) == {"vectors": 1}  # without a new article
    clock.advance(hours=1)
    publish(item("3", MEETING_AGAIN, clock.now, host="evening.example"))
    for job in (embed, *jobs):
        job(changed)
    result = by_title(context)
    assert result[MEETING_AGAIN[0]] == result[MEETING[0]] == before[MEETING[0]]
    assert result[FERRY[0]] == before[FERRY[0]]
    with context.sessions.begin() as session:
        counts = session.execute(select(ModelRow.tag, func.count()).join(VectorRow).group_by("tag"))
        assert dict(counts.all()) == {"words@1": 3, "words@2": 2}


def test_change_back_encodes_articles_of_the_meantime(
    context: Context, publish: Callable[..., None], clock: Clock
):
    publish(item("1", MEETING, NOW))
    place(context)
    with context.sessions.begin() as session:  # as if another model had been in use since
        session.execute(delete(VectorRow))
        other = vectors.ensure_model(session, OtherEncoder.model, OtherEncoder.dimensions)
        choice = ModelChoice.of(context.settings).to_json()
        model_choices.adopt(session, other, choice, now=NOW)
    clock.advance(hours=1)
    publish(item("2", MEETING_AGAIN, clock.now, host="evening.example"))
    place(context)
    result = by_title(context)
    assert result[MEETING_AGAIN[0]] == result[MEETING[0]]
    with context.sessions.begin() as session:
        assert session.scalar(select(func.count()).select_from(VectorRow)) == 2


def test_stories_are_described_before_the_first_reconcile(
    context: Context, publish: Callable[..., None]
):
    publish(item("1", MEETING, NOW))
    place(context)
    assert describe(context) == {"stories": 1}
    assert story(context, MEETING[0]).headline == MEETING[0]


def test_story_count_excludes_merged_stories(context: Context, publish: Callable[..., None]):
    publish(item("1", MEETING, NOW), item("3", FERRY, NOW))
    place(context)
    with context.sessions.begin() as session:
        assert overview.count_stories(session) == 2


def with_hysteresis(context: Context, *, articles: int) -> Context:
    """A context that never joins on placement and never merges articles past the minimum age."""
    settings = replace(
        context.settings,
        grouping=replace(context.settings.grouping, join_score=1.0),
        hysteresis=replace(
            context.settings.hysteresis, min_window_articles=articles, join_log_odds=20.0
        ),
    )
    return replace(context, settings=settings)


@pytest.mark.parametrize(("articles", "expected"), [(3, 2), (4, 1)])
def test_stable_stories_stay_apart_in_a_large_enough_window(
    context: Context, publish: Callable[..., None], clock: Clock, articles: int, expected: int
):
    strict_context = with_hysteresis(context, articles=articles)
    publish(item("1", MEETING, NOW), item("2", MEETING_AGAIN, NOW, host="evening.example"))
    place(strict_context)
    clock.advance(hours=2)
    publish(item("3", MEETING_AGAIN, clock.now, host="wire.example"))
    place(strict_context)
    counts = run_job(Job("reconcile", 300, 60, reconcile), strict_context)
    assert counts is not None
    assert (counts["moved"], counts["late"]) == ((1, 0) if expected == 2 else (2, 1))
    with context.sessions() as session:
        shares = measure_churn(session, since=clock.now - timedelta(days=1))
    assert shares.period == pytest.approx(counts["moved"] / 3)
    assert shares.run == pytest.approx(counts["moved"] / 3)
    assert shares.late == pytest.approx(counts["late"] / 3)
    assert len(set(by_title(context).values())) == expected


def test_former_copy_is_a_copy_at_past_times(
    context: Context, publish: Callable[..., None], clock: Clock
):
    """An outlet reprints an agency's text and replaces it with its own an hour later."""
    wire, copied = (MEETING[0], LONG), ("Ministers meet over border posts", LONG)
    first = item("1", wire, NOW, host="wire.example")
    publish(first, item("2", copied, NOW + timedelta(minutes=9), host="evening.example"))
    place(context)
    reconcile(context)
    clock.advance(hours=1)
    before = clock.now
    own = (copied[0], MEETING_AGAIN[1])
    clock.advance(hours=1)
    publish(first, item("2", own, NOW + timedelta(minutes=9), host="evening.example"))
    place(context)
    reconcile(context)
    ids = set(by_title(context).values())
    with context.sessions() as session:
        now = {
            each.title: each.copy
            for members in load_story_reports(session, ids).values()
            for each in members
        }
        then = {
            each.title: each.copy
            for members in load_story_reports(session, ids, as_of=before).values()
            for each in members
        }
    assert then == {wire[0]: False, copied[0]: True}
    assert now == {wire[0]: False, copied[0]: False}
