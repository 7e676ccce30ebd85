"""A busy day of invented news: 44 stories of several outlets, one with 300 reports, and 8 more."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from service.domain.stories.description import Details
from service.domain.stories.pace import TimedReport, measure_pace
from service.domain.stories.wording.summary import Quote
from service.store.stories.details import to_json
from service.store.tables import ArticleRow, OutletRow
from tests.support.database.rows import Rows

BUSY_NOW = datetime(2023, 5, 11, 18, 0, tzinfo=UTC)
LARGE, LINE = "large", "harbour-strike"
REPORTS = 300
_LANGUAGES = ("en", "de", "fr", "ar", "ru", "es", "ja", "tr")
_COUNTRIES = ("GB", "DE", "FR", "EG", "RU", "MX", "JP", "TR")
_NAMES = ("Courier", "Northern Post", "Harbour Observer", "Abendblatt am Fluss", "Wire", "Al Sahil")
#: Language and title of the reports of a story.
_HEADLINES = (
    (
        "en",
        "Minister {} resigns after inquiry into the Orlan harbour contracts finds missing records",
    ),
    (
        "en",
        "Ferry {} with 400 passengers runs aground in fog off the coast, all are taken to safety",
    ),
    ("de", "Donaudampfschifffahrtsgesellschaft {} kündigt Streik an, Pendler müssen umsteigen"),
    ("ar", "اتفاق جديد رقم {} بين النقابة وإدارة الميناء بعد مفاوضات استمرت طوال الليل"),
    ("en", "Central bank {} raises its key rate by half a point to slow inflation"),
    ("ru", "Суд № {} отменил приговор бывшему мэру города после повторного рассмотрения"),
)
_QUOTE = (
    "The commission said on Thursday that it had found no records for eleven of the contracts, and "
    "that it would hear further witnesses next week."
)


def fill(session: Session) -> None:
    """Insert outlets, stories and reports."""
    rows = Rows(session)
    outlets = [
        rows.outlet(
            f"outlet-{n}",
            f"{_NAMES[n % 6]} {n}",
            country=_COUNTRIES[n % 8],
            language=_LANGUAGES[n % 8],
        )
        for n in range(48)
    ]
    line = rows.storyline(LINE, "Strike in the harbour of Orlan").id
    for number in range(43):
        members = [outlets[(number * 3 + k * 5) % 48] for k in range(2 + number % 6)]
        at = BUSY_NOW - timedelta(minutes=20 * number + 200)
        articles = _articles(rows, members, _HEADLINES[number % len(_HEADLINES)], number, at)
        _story(rows, f"story-{number}", articles, line if number in {3, 9, 20} else None)
    for number in range(8):
        at = BUSY_NOW - timedelta(minutes=90 * number + 30)
        articles = _articles(rows, outlets[number : number + 1], _HEADLINES[0], 90 + number, at)
        _story(rows, f"single-{number}", articles)
    _large(rows, outlets)


def _articles(
    rows: Rows, outlets: list[OutletRow], headline: tuple[str, str], number: int, at: datetime
) -> list[ArticleRow]:
    """One report of each outlet, every 17 minutes."""
    language, title = headline
    return [
        rows.article(
            outlet,
            title.format(number),
            at=at + timedelta(minutes=17 * n),
            text=_QUOTE,
            language=language,
        )
        for n, outlet in enumerate(outlets)
    ]


def _large(rows: Rows, outlets: list[OutletRow]) -> None:
    """One story of 300 reports; every third one is a copy of the first."""
    articles = []
    for n in range(REPORTS):
        title = f"Parliament votes on the budget of 2024, report {n} from the chamber and the lobby"
        # Most reports arrive in the last hours.
        at = BUSY_NOW - timedelta(minutes=10 + 1500 * (1 - (n / (REPORTS - 1)) ** 0.4))
        articles.append(rows.article(outlets[n % 48], title, at=at, text=_QUOTE))
        if n % 3 == 1:
            rows.copy(articles[n], articles[0])
    _story(rows, LARGE, articles)


def _story(rows: Rows, story_id: str, articles: list[ArticleRow], line: str | None = None) -> None:
    names = {each.id: each.slug for each in rows.session.query(OutletRow)}
    story = rows.story(story_id, articles, storyline_id=line)
    timed = [TimedReport(names[each.outlet_id], each.reported_at) for each in articles]
    first = articles[0]
    quote = Quote(first.id, names[first.outlet_id], _QUOTE, lang="en", at=first.reported_at)
    story.details = to_json(Details(summary=(quote,), pace=measure_pace(timed)))
