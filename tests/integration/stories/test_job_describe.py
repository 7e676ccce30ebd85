"""Tests of the job `describe`."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from jobs.describe import describe
from jobs.embed import embed
from jobs.running.context import Context
from service.domain.articles import tokenization
from service.domain.entities.gazetteer import Kind
from service.domain.queries.conditions import Query
from service.domain.stories.description import Details
from service.domain.stories.ranking import UNDATED_PENALTY_HOURS
from service.domain.subscribers.digests.cards import build_card
from service.store.stories import vocabularies
from service.store.stories.details import from_json
from service.store.story_views.views import list_stories
from service.store.subscribers.digest_stories import to_digest_story
from service.store.tables import ArticleRow, GazetteerRow, StoryRow
from tests.integration.conftest import NOW, Clock
from tests.support.content.vocabularies import vocabulary_of
from tests.support.database.rows import Rows

BEGINNING = (
    "Ministers of Karsia and Dorvath meet at Castelmar over border posts",
    (
        "Ministers of Karsia and Dorvath met in Castelmar over the border posts at Tessen. "
        "Minister Tarvo Quell of Karsia thanked the hosts for a quiet evening at the border."
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
def add_story(context: Context) -> Callable[..., list[int]]:
    """Insert a story of reports by outlet slug, two hours apart; returns the article ids."""

    def insert(story: str, **reports: tuple[str, str]) -> list[int]:
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

    return insert


def details_of(context: Context) -> Details:
    with context.sessions.begin() as session:
        return from_json(session.get_one(StoryRow, "border").details)


def texts(context: Context) -> dict[int, str]:
    with context.sessions.begin() as session:
        return dict(session.execute(select(ArticleRow.id, ArticleRow.text)).all())


def test_description_quotes_articles_verbatim(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    add_story("border", daily=BEGINNING, evening=SEQUEL)
    assert describe(context) == {"stories": 1}
    assert describe(context) == {}
    details, stored = details_of(context), texts(context)
    assert {quote.outlet for quote in details.summary} == {"border-daily", "border-evening"}
    for quote in details.summary:
        assert quote.complete
        assert quote.text in stored[int(quote.article)]
    named = {(each.name, each.kind) for each in details.entities}
    assert named >= {("Castelmar", Kind.PLACE), ("Tarvo Quell", Kind.PERSON)}
    assert [each.title for each in details.developments] == [BEGINNING[0], SEQUEL[0]]


def test_agency_text_counts_once_and_quotes_have_language_and_time(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    wire = [
        (title, f"CASTELMAR, April 25 (Karsia Press) - {lead}")
        for title, lead in (
            BEGINNING,
            SEQUEL,
        )
    ]
    add_story("border", daily=wire[0], evening=wire[1])
    describe(context)
    details = details_of(context)
    assert [(each.name, len(each.articles)) for each in details.agencies] == [("Karsia Press", 2)]
    with context.sessions.begin() as session:
        story = session.get_one(StoryRow, "border")
        assert (story.coverage, story.independent) == (2, 1)
        [view] = list_stories(session, Query()).items
    assert view.independent == 1
    assert {quote.lang for quote in details.summary} == {"en"}
    assert all(
        quote.at in {report.reported_at for report in view.reports} for quote in details.summary
    )


def test_headlines_and_summaries_in_each_language(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    turkish = (
        "Karsia ve Dorvath bakanları Castelmar'da sınır kapıları için buluştu",
        "Karsia ile Dorvath bakanları sınır kapılarını görüşmek için salı Castelmar'da buluştu.",
    )
    _, evening = add_story("border", daily=BEGINNING, evening=turkish)
    with context.sessions.begin() as session:
        session.execute(update(ArticleRow).where(ArticleRow.id == evening).values(language="tr"))
    describe(context)
    with context.sessions.begin() as session:
        [view] = list_stories(session, Query()).items
    assert {each.lang for each in view.details.headlines} == {"en", "tr"}
    assert {each.lang for each in view.details.summary} == {"en"}
    for languages in (["de", "en"], ["de"], []):
        assert view.in_languages(languages) == view
    local = view.in_languages(["de", "tr"])
    assert (local.headline, local.headline_language) == (turkish[0], "tr")
    assert [quote.text for quote in local.details.summary] == [turkish[1]]
    [in_turkish, in_english] = (
        build_card(to_digest_story(view), (), language, None) for language in ("tr", "de")
    )
    assert [each.text for each in in_turkish.summary] == [turkish[1]]
    assert {each.language for each in in_english.summary} == {"en"}


def test_description_has_pace_delays_and_rank(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    add_story("border", daily=BEGINNING, evening=SEQUEL)
    describe(context)
    details = details_of(context)
    assert details.pace is not None
    assert (details.pace.articles_per_hour, details.pace.peak_articles) == (2 / 3, 1)
    assert [(each.outlet, each.delay) for each in details.delays] == [
        ("border-daily", timedelta(0)),
        ("border-evening", timedelta(hours=2)),
    ]
    with context.sessions.begin() as session:
        stored = session.get_one(StoryRow, "border").rank
    assert details.rank is not None
    assert stored == details.rank.total


def test_undated_reports_have_no_delay(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    _, undated = add_story("border", daily=BEGINNING, evening=SEQUEL)
    with context.sessions.begin() as session:
        session.execute(
            update(ArticleRow)
            .where(ArticleRow.id == undated)
            .values(published=None, date_flag="missing", reported_at=NOW + timedelta(days=3))
        )
    describe(context)
    assert [each.outlet for each in details_of(context).delays] == ["border-daily"]


def test_story_without_a_dated_report_has_no_delays_and_a_lower_rank(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    add_story("border", daily=BEGINNING, evening=SEQUEL)
    describe(context)
    dated = details_of(context)
    with context.sessions.begin() as session:
        session.execute(update(ArticleRow).values(published=None, date_flag="missing"))
        session.execute(update(StoryRow).values(described_at=None))
    describe(context)
    undated = details_of(context)

    assert dated.rank is not None
    assert undated.rank is not None
    assert undated.rank.age == dated.rank.age - UNDATED_PENALTY_HOURS
    assert (len(dated.delays), undated.delays) == (2, ())
    assert undated.pace == dated.pace


def test_reports_of_a_day_have_no_delay(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    _, day = add_story("border", daily=BEGINNING, evening=SEQUEL)
    with context.sessions.begin() as session:
        of_day = update(ArticleRow).where(ArticleRow.id == day)
        session.execute(of_day.values(date_precision="day"))
    describe(context)
    details = details_of(context)
    assert [each.outlet for each in details.delays] == ["border-daily"]
    assert details.pace is not None
    assert details.pace.until == NOW - timedelta(hours=4)


def test_keywords_distinguish_a_story_from_its_neighbours(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    later = ("Karsia and Dorvath ministers meet at Castelmar over dam", "The dam at Tessen waits.")
    add_story("dam", daily=later, evening=later)
    add_story("border", daily=BEGINNING, evening=SEQUEL)
    embed(context)
    describe(context)
    with context.sessions.begin() as session:
        details = session.get_one(StoryRow, "border").keywords
    assert "border" in details[:3]
    assert "Karsia" not in details[:3]


def test_old_gazetteer_is_rebuilt(
    context: Context, add_story: Callable[..., list[int]], clock: Clock
) -> None:
    def creation_times() -> list[datetime]:
        with context.sessions.begin() as session:
            session.execute(update(StoryRow).values(described_at=None))
        describe(context)
        with context.sessions.begin() as session:
            return list(session.scalars(select(GazetteerRow.created_at)))

    add_story("border", daily=BEGINNING)
    first = creation_times()
    clock.advance(minutes=30)
    assert creation_times() == first
    clock.advance(minutes=31)
    assert creation_times() == [clock.now]


def test_story_without_articles_is_marked_as_described(
    context: Context, add_story: Callable[..., list[int]]
) -> None:
    add_story("border")
    assert describe(context) == {"stories": 1}
    assert describe(context) == {}
    assert details_of(context) == Details()


def test_details_of_unknown_format_are_empty() -> None:
    assert from_json({"summary": "another format"}) == Details()


def test_words_longer_than_an_index_entry_are_neither_keywords_nor_names(
    context: Context, add_story: Callable[..., list[int]]
):
    # Not compressible; the signs become several letters each when Unicode is normalised.
    squares = "".join(chr(0x3300 + number * number * 31 % 80) for number in range(650))
    letters = "".join(chr(97 + (number * number * 7919 >> 5) % 26) for number in range(4000))
    text = f"{squares} reported today. Minister Tarvo Q{letters} spoke in Castelmar on Monday."
    add_story("story", north=(BEGINNING[0], text), south=(SEQUEL[0], text))
    describe(context)
    with context.sessions.begin() as session:
        [story] = session.scalars(select(StoryRow))
    assert story.keywords
    assert max(map(len, story.keywords)) <= 100
