"""The time that articles take from publication to a story."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.store.articles.ids import first_id_of_day
from service.store.tables import ArticleRow, MembershipRow

#: Parts of a lag, in the order of an article's way.
SHARES = (0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds until a story has an article, of the articles that arrived in one hour.

    `arrival` counts from the first fetch, `publication` from the publisher's trusted date. Both are
    the median and the 90th percentile.
    """

    hour: datetime
    articles: int
    arrival: tuple[float, float]
    publication: tuple[float, float] | None  #: None without a trusted date


def load_lags(session: Session, *, now: datetime, hours: int) -> list[Lag]:
    """The lag of the articles that arrived in each of the last hours, oldest first; one statement.

    Hours without articles in stories are missing.
    """
    since = now - timedelta(hours=hours)
    joined = (
        select(MembershipRow.article_id, func.min(MembershipRow.valid_from).label("at"))
        .where(MembershipRow.article_id >= first_id_of_day(since.date()))
        .group_by(MembershipRow.article_id)
        .subquery()
    )
    hour = func.date_trunc("hour", ArticleRow.first_seen)
    arrival = func.extract("epoch", joined.c.at - ArticleRow.first_seen)
    publication = func.extract("epoch", joined.c.at - ArticleRow.published)
    is_timed = (ArticleRow.published.is_not(None)) & (ArticleRow.date_precision == "minute")
    statement = (
        select(
            hour,
            func.count(),
            *(func.percentile_cont(each).within_group(arrival) for each in SHARES),
            *(
                func.percentile_cont(each).within_group(publication).filter(is_timed)
                for each in SHARES
            ),
        )
        .join(joined, joined.c.article_id == ArticleRow.id)
        .where(ArticleRow.first_seen >= since)
        .group_by(hour)
        .order_by(hour)
    )
    return [
        Lag(at, count, (middle, most), None if early is None else (early, late))
        for at, count, middle, most, early, late in session.execute(statement)
    ]
