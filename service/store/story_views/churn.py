"""Churn: share of articles that reconcile moved between stories, from the counts of its runs."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, Float, cast, func, select
from sqlalchemy.orm import Session

from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class RecentChurn:
    """Shares of a window's articles whose story changed, without editors' decisions.

    `run` is the mean per run of reconcile. `period` adds up all runs of the period and counts an
    article each time it moved. `late` is `period` for articles older than the minimum age of the
    hysteresis settings.
    """

    run: float
    period: float
    late: float


def measure_churn(session: Session, *, since: datetime) -> RecentChurn:
    """The churn of runs since `since`, relative to their mean window size; one statement."""
    articles, moved, late = (
        RunRow.counts[name].astext.cast(Float) for name in ("articles", "moved", "late")
    )
    statement = select(
        func.avg(moved / articles), func.sum(moved), func.sum(late), func.avg(articles)
    ).where(
        RunRow.job == "reconcile",
        RunRow.started_at >= since,
        RunRow.counts.has_key("moved"),
        articles > 0,
    )
    mean, all_moved, all_late, window = session.execute(statement).one()
    if not window:
        return RecentChurn(0.0, 0.0, 0.0)
    return RecentChurn(mean, all_moved / window, all_late / window)


def measure_daily_churn(session: Session, *, since: datetime) -> list[tuple[date, float]]:
    """`RecentChurn.period` of each UTC day with runs of reconcile, in order; one statement."""
    articles, moved = (RunRow.counts[name].astext.cast(Float) for name in ("articles", "moved"))
    day = cast(func.timezone("UTC", RunRow.started_at), Date)
    statement = (
        select(day, func.sum(moved) / func.avg(articles))
        .where(RunRow.job == "reconcile", RunRow.started_at >= since)
        .where(RunRow.counts.has_key("moved"), articles > 0)
        .group_by(day)
        .order_by(day)
    )
    return [(at, float(share)) for at, share in session.execute(statement)]
