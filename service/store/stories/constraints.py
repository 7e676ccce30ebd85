"""Active constraints on pairs of articles, from editors' decisions."""

from collections.abc import Collection, Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.domain.grouping.constraints import ActiveConstraint, Constraints, Link
from service.store.database.arrays import equals_any
from service.store.tables import ConstraintRow

_PAIR_KINDS = ("must_link", "cannot_link")


def load_constraints(session: Session, article_ids: Collection[int]) -> Constraints:
    """The active constraints on pairs of which both articles are in `article_ids`."""
    links: dict[bool, set[Link]] = {True: set(), False: set()}
    for each in load_active(session, touching=article_ids):
        if each.link[0] in article_ids and each.link[1] in article_ids:
            links[each.together].add(each.link)
    return Constraints(frozenset(links[True]), frozenset(links[False]))


def load_active(
    session: Session, *, touching: Iterable[int] | None = None
) -> list[ActiveConstraint]:
    """All active pair constraints; with `touching`, those on at least one of these articles."""
    columns = (ConstraintRow.article_id, ConstraintRow.other_article_id)
    statement = select(ConstraintRow.kind, *columns, ConstraintRow.decision_id).where(
        ConstraintRow.revoked_at.is_(None), ConstraintRow.kind.in_(_PAIR_KINDS)
    )
    if touching is not None:
        ids = list(touching)
        statement = statement.where(or_(*(equals_any(column, ids) for column in columns)))
    return [
        ActiveConstraint((one, other), kind == "must_link", decision)
        for kind, one, other, decision in session.execute(statement.order_by(ConstraintRow.id))
        if one is not None and other is not None
    ]
