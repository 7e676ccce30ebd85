"""Editors' decisions that stand."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.constraints import Constraints, Link
from service.store.tables import ConstraintRow


def active(session: Session) -> Constraints:
    """The pairs of articles that must, or must not, be in one story."""
    statement = select(
        ConstraintRow.kind, ConstraintRow.article_id, ConstraintRow.other_article_id
    ).where(
        ConstraintRow.revoked_at.is_(None), ConstraintRow.kind.in_(["must_link", "cannot_link"])
    )
    links: dict[str, set[Link]] = {"must_link": set(), "cannot_link": set()}
    for kind, article, other in session.execute(statement):
        if article is not None and other is not None:
            links[kind].add((article, other))
    return Constraints(frozenset(links["must_link"]), frozenset(links["cannot_link"]))
