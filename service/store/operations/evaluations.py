"""Recorded results of `samestory evaluate`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from service.domain.evaluation.grouping_metrics import Agreement
from service.store.tables import EvaluationRow


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The agreement (B-cubed) of a grouping with the labels of a file."""

    at: datetime
    name: str
    profile: str
    articles: int
    agreement: Agreement


def record_evaluation(session: Session, evaluation: Evaluation) -> None:
    """Store a result; earlier ones stay."""
    session.add(
        EvaluationRow(
            at=evaluation.at,
            name=evaluation.name,
            profile=evaluation.profile,
            articles=evaluation.articles,
            precision=evaluation.agreement.precision,
            recall=evaluation.agreement.recall,
            f1=evaluation.agreement.f1,
        )
    )


def load_evaluations(session: Session, *, limit: int) -> list[Evaluation]:
    """The latest result of each file and profile, the newest first; one statement."""
    row = EvaluationRow
    latest = (
        select(row)
        .ext(distinct_on(row.name, row.profile))
        .order_by(row.name, row.profile, row.id.desc())
        .subquery()
    )
    columns = latest.c
    statement = select(
        columns.at, columns.name, columns.profile, columns.articles,
        columns.precision, columns.recall, columns.f1,
    )  # fmt: skip
    rows = session.execute(statement.order_by(columns.at.desc()).limit(limit))
    return [
        Evaluation(at, name, profile, articles, Agreement(*agreement))
        for at, name, profile, articles, *agreement in rows
    ]
