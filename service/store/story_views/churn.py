"""How much reconcile moved lately, from the accounts of its runs."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, func, select
from sqlalchemy.orm import Session

from service.store.tables import RunRow


@dataclass(frozen=True, slots=True)
class Churn:
    """Shares of a window's articles whose story changed, editors' decisions left out.

    run: by a run of reconcile, on average. period: by all runs of the period, an article as often as it moved.
    late: the same of articles only that had settled, as the settings say.
    """

    run: float
    period: float
    late: float


def churn(session: Session, *, since: datetime) -> Churn:
    """The churn since then, in windows as large as the runs found them; one statement."""
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
        return Churn(0.0, 0.0, 0.0)
    return Churn(mean, all_moved / window, all_late / window)
