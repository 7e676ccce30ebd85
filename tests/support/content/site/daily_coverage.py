"""Outlets that share a story each day; on the last day, one of them is missing."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.support.database.rows import Rows

#: Slug, name, country and language of each outlet; the last one is silent on the last day, and the
#: one before reports something else.
OUTLETS = [
    ("harbour", "Harbour Times", "GB", "en"),
    ("kurier", "Kurier am Rhein", "DE", "de"),
    ("ledger", "The Ledger", "US", "en"),
    ("phare", "Le Phare du Midi", "FR", "fr"),
    ("cedar", "Cedar Herald", "LB", "ar"),
]
DAYS = 30
#: Id of the story of the last day.
#: Articles without a story on the last day, so that it has enough articles to compare.
NOTICES = 16
LAST_STORY = f"day-{DAYS - 1}"


def fill_days(session: Session, now: datetime) -> None:
    """Insert a story of all outlets for each of `DAYS` days up to `now`, and notices of one."""
    rows = Rows(session)
    outlets = [
        rows.outlet(slug, name, country=country, language=language, family=f"{slug}-group")
        for slug, name, country, language in OUTLETS
    ]
    for number in range(DAYS):
        start = now - timedelta(days=DAYS - 1 - number, hours=20)
        is_last = number == DAYS - 1
        reports = [
            rows.article(outlet, f"Event {number}", at=start + timedelta(minutes=10 * place))
            for place, outlet in enumerate(outlets[:3] if is_last else outlets)
        ]
        rows.story(f"day-{number}", reports, headline=f"Event of day {number}")
        if is_last:
            later = start + timedelta(hours=19, minutes=50)
            rows.story("other", [rows.article(outlets[3], "Another event", at=later)])
            for notice in range(NOTICES):
                rows.article(outlets[3], f"Notice {notice}", at=later)
