"""Outlets of publishers that aggregators name."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.catalogue.outlets import Outlet
from service.store.catalogue import feeds
from service.store.database import locks
from service.store.tables import FamilyRow, OutletRow


def ensure_outlets(session: Session, outlets: Sequence[Outlet]) -> dict[str, int]:
    """Insert the outlets that do not exist; return the ids of all by slug.

    Existing outlets and families stay as they are.
    """
    if not outlets:
        return {}
    locks.lock_until_commit(session, feeds.LOCK)
    families = {each.family: each.name for each in outlets if each.family == each.slug}
    names = {each.family: each.family for each in outlets} | families
    session.execute(
        insert(FamilyRow).on_conflict_do_nothing(),
        [{"slug": slug, "name": name} for slug, name in sorted(names.items())],
    )
    session.execute(
        insert(OutletRow).on_conflict_do_nothing(),
        [
            {"slug": each.slug, "name": each.name, "family": each.family, "sites": list(each.sites)}
            for each in sorted(outlets, key=lambda outlet: outlet.slug)
        ],
    )
    slugs = [each.slug for each in outlets]
    statement = select(OutletRow.slug, OutletRow.id).where(OutletRow.slug.in_(slugs))
    return dict(session.execute(statement).all())
