"""The job `describe`: what is told of a story, in words of its articles."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from jobs.describe import describe
from jobs.embed import embed
from jobs.running.context import Context
from service.domain.articles import tokenization
from service.domain.entities.gazetteer import Kind
from service.domain.stories.description import Details
from service.store.stories import vocabularies
from service.store.stories.details import from_json
from service.store.tables import ArticleRow, GazetteerRow, StoryRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.vocabularies import vocabulary_of
from tests.support.database.rows import Rows

BEGINNING = (
    "Ministers of Karsia and Dorvath meet at Castelmar over border posts",
    (
        "Ministers of Karsia and Dorvath met in Castelmar over the border posts at Tessen. "
        "Minister Tarvo Quell of Karsia spoke of a good day for the border posts."
    ),
)
SEQUEL = (
    "Karsia and Dorvath ministers meet at Castelmar, border posts on the table",
    (
        "The border posts at Tessen will open within a week, the ministers of Karsia and Dorvath "
        "agreed in Castelmar. As Minister Tarvo Quell left, he called the meeting over the posts a sta…"
    ),
)


@pytest.fixture
def tell(context: Context) -> Callable[..., list[int]]:
    """Makes a story of reports by their outlets' slugs, hours apart; the ids of its articles."""

    def act(story: str, **reports: tuple[str, str]) -> list[int]:
        with context.sessions.begin() as session:
            rows = Rows(session)
            articles = [
                rows.article(
                    rows.outlet(f"{story}-{slug}", slug.title()),
                    title,
                    text=lead,
                    at=NOW - timedelta(hours=2 * (len(reports) - number)),
                )
                for number, (slug, (title, lead)) in enumerate(reports.items())
            ]
            rows.story(story, articles, described_at=None)
            documents = session.scalars(select(ArticleRow.title)).all()
            vocabulary = vocabulary_of(tokenization.words(title) for title in documents)
            vocabularies.save(session, vocabulary, now=NOW)
            return [article.id for article in articles]

    return act


def details_of(context: Context) -> Details:
    with context.sessions.begin() as session:
        return from_json(session.get_one(StoryRow, "border").details)


def texts(context: Context) -> dict[int, str]:
    with context.sessions.begin() as session:
        return dict(session.execute(select(ArticleRow.id, ArticleRow.text)).all())


def test_a_story_is_told_in_words_of_its_articles(
    context: Context, tell: Callable[..., list[int]]
) -> None:
    tell("border", daily=BEGINNING, evening=SEQUEL)
    assert describe(context) == {"stories": 1}
    assert describe(context) == {}
    found, stored = details_of(context), texts(context)
    assert {quote.outlet for quote in found.summary} == {"border-daily", "border-evening"}
    for quote in found.summary:
        assert quote.complete
        assert quote.text in stored[int(quote.article)]
    named = {(each.name, each.kind) for each in found.entities}
    assert named >= {("Castelmar", Kind.PLACE), ("Tarvo Quell", Kind.PERSON)}
    assert [each.title for each in found.developments] == [BEGINNING[0], SEQUEL[0]]


def test_pace_delays_and_rank_are_told(context: Context, tell: Callable[..., list[int]]) -> None:
    tell("border", daily=BEGINNING, evening=SEQUEL)
    describe(context)
    found = details_of(context)
    assert found.pace is not None
    assert (found.pace.articles_per_hour, found.pace.peak_articles) == (2 / 3, 1)
    assert [(each.outlet, each.delay) for each in found.delays] == [
        ("border-daily", timedelta(0)),
        ("border-evening", timedelta(hours=2)),
    ]
    with context.sessions.begin() as session:
        stored = session.get_one(StoryRow, "border").rank
    assert found.rank is not None
    assert stored == found.rank.total


def test_undated_reports_are_late_for_nothing(
    context: Context, tell: Callable[..., list[int]]
) -> None:
    _, undated = tell("border", daily=BEGINNING, evening=SEQUEL)
    with context.sessions.begin() as session:
        session.execute(
            update(ArticleRow)
            .where(ArticleRow.id == undated)
            .values(published=None, date_flag="missing", reported_at=NOW + timedelta(days=3))
        )
    describe(context)
    assert [each.outlet for each in details_of(context).delays] == ["border-daily"]


def test_keywords_set_a_story_apart_from_the_nearest_others(
    context: Context, tell: Callable[..., list[int]]
) -> None:
    later = ("Karsia and Dorvath ministers meet at Castelmar over dam", "The dam at Tessen waits.")
    tell("dam", daily=later, evening=later)
    tell("border", daily=BEGINNING, evening=SEQUEL)
    embed(context)
    describe(context)
    with context.sessions.begin() as session:
        found = session.get_one(StoryRow, "border").keywords
    assert "border" in found[:3]
    assert "Karsia" not in found[:3]


def test_the_gazetteer_is_made_anew_when_it_is_old(
    context: Context, tell: Callable[..., list[int]], clock: Clock
) -> None:
    def made() -> list[datetime]:
        with context.sessions.begin() as session:
            session.execute(update(StoryRow).values(described_at=None))
        describe(context)
        with context.sessions.begin() as session:
            return list(session.scalars(select(GazetteerRow.created_at)))

    tell("border", daily=BEGINNING)
    first = made()
    clock.advance(minutes=30)
    assert made() == first
    clock.advance(minutes=31)
    assert made() == [clock.now]


def test_a_story_without_articles_is_passed_over(
    context: Context, tell: Callable[..., list[int]]
) -> None:
    tell("border")
    assert describe(context) == {"stories": 1}
    assert describe(context) == {}
    assert details_of(context) == Details()


def test_what_another_version_stored_is_not_shown() -> None:
    assert from_json({"summary": "in words of its own"}) == Details()
