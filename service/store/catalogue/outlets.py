"""What changes of outlets, and with it what is told of their stories.

What an admin changes is applied at once and kept against the configuration:
`outlets.configured_values` holds what the configuration says of the facts that are edited; `catalogue.
save_outlets` brings it up to date and leaves those facts alone. So the way back is always known.
"""

import difflib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.catalogue.outlet_edits import EDITABLE_FIELDS, OutletEdit, OutletFields, normalize_fields, apply_edit, restore_configured
from service.domain.catalogue.outlets import Outlet
from service.errors import BadInputError, NotFoundError
from service.store.catalogue import feeds
from service.store.database import locks
from service.store.stories import apply_plan, stories
from service.store.tables import ArticleRow, FamilyRow, MembershipRow, OutletRow, StoryRow

#: Stories whose rows are written by one statement, which takes 65,535 values at most.
BATCH = 5000
#: Facts of which stories tell nothing: it only matters which text is the original.
UNTOLD = {"agency"}


def configure(
    session: Session,
    outlets: Sequence[Outlet],
    *,
    families: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """Save outlets as the configuration has them; what depends on another language is made anew."""
    before = _languages(session, outlets)
    if any(before.get(each.slug, each.language) != each.language for each in outlets):
        _serialise(session)
    feeds.save_outlets(session, outlets, families=families)
    after = _languages(session, outlets)
    for slug in sorted(slug for slug in before if after[slug] != before[slug]):
        row = _row(session, slug)
        _index_anew(session, row)
        _tell(session, row, now)


def change(session: Session, slug: str, wanted: OutletFields, *, now: datetime) -> None:
    """Give an outlet other facts, some of `FACTS`; its stories are described anew.

    Raises:
        NotFoundError: there is no such outlet.
        BadInputError: a fact cannot be, or there is no such publisher family.
    """
    wanted = normalize_fields(wanted)
    _serialise(session)
    row = _row(session, slug)
    if "family" in wanted:
        _require_family(session, row, str(wanted["family"]))
    _write(session, row, apply_edit(_facts(row), row.configured_values or {}, wanted), now)


def restore(session: Session, slug: str, *, now: datetime) -> None:
    """Let an outlet be what the configuration says; without edits nothing happens.

    Raises:
        NotFoundError: there is no such outlet.
    """
    _serialise(session)
    row = _row(session, slug)
    _write(session, row, restore_configured(_facts(row), row.configured_values or {}), now)


def _languages(session: Session, outlets: Sequence[Outlet]) -> dict[str, str | None]:
    """The language of each of these outlets that is known already, by slug."""
    statement = select(OutletRow.slug, OutletRow.language)
    slugs = [each.slug for each in outlets]
    return dict(session.execute(statement.where(OutletRow.slug.in_(slugs))).all())


def _serialise(session: Session) -> None:
    """Wait for whoever changes stories, then for whoever writes outlets."""
    locks.serialise(session, apply_plan.LOCK)
    locks.serialise(session, feeds.LOCK)


def _row(session: Session, slug: str) -> OutletRow:
    """The outlet, which nobody else changes until the transaction ends."""
    statement = select(OutletRow).where(OutletRow.slug == slug)
    # Not FOR UPDATE: articles that are admitted refer to it meanwhile.
    row = session.scalar(
        statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError("outlet", slug)
    return row


def _facts(row: OutletRow) -> OutletFields:
    return {name: getattr(row, name) for name in EDITABLE_FIELDS}


def _require_family(session: Session, row: OutletRow, family: str) -> None:
    if family == row.slug:
        own = insert(FamilyRow).values(slug=row.slug, name=row.name)
        session.execute(own.on_conflict_do_nothing(index_elements=["slug"]))
        return
    known = list(session.scalars(select(FamilyRow.slug)))
    if family not in known:
        close = difflib.get_close_matches(family, known, n=1)
        hint = f"did you mean {close[0]}?" if close else "GET /v1/outlets names those that are"
        raise BadInputError(f"no publisher family {family!r}; {hint}")


def _write(session: Session, row: OutletRow, edit: OutletEdit, now: datetime) -> None:
    before = _facts(row)
    changed = {name for name in EDITABLE_FIELDS if before[name] != edit.fields[name]}
    if not changed and edit.configured_values == (row.configured_values or {}):
        return
    for name in changed:
        setattr(row, name, edit.fields[name])
    row.configured_values = dict(edit.configured_values) or None
    row.edited_at = now if edit.configured_values else None
    session.flush()
    if "name" in changed:
        _name_family(session, row, str(before["name"]))
    if "language" in changed:
        _index_anew(session, row)
    if changed - UNTOLD:
        _tell(session, row, now)


def _name_family(session: Session, row: OutletRow, before: str) -> None:
    """A family of one's own goes by the outlet's name, unless the configuration names it."""
    own = update(FamilyRow).where(FamilyRow.slug == row.slug, FamilyRow.name == before)
    session.execute(own.values(name=row.name))


def _index_anew(session: Session, row: OutletRow) -> None:
    """Let a trigger read the articles anew that have no other language than their outlet's."""
    silent = update(ArticleRow).where(ArticleRow.outlet_id == row.id, ArticleRow.language.is_(None))
    session.execute(silent.values(language=None).execution_options(synchronize_session=False))


def _tell(session: Session, row: OutletRow, now: datetime) -> None:
    """Mark the outlet's stories as changed: what is told of them depends on it."""
    statement = (
        select(MembershipRow.story_id)
        .join(ArticleRow, ArticleRow.id == MembershipRow.article_id)
        .join(StoryRow, StoryRow.id == MembershipRow.story_id)
        .where(ArticleRow.outlet_id == row.id, MembershipRow.valid_until.is_(None))
        .where(StoryRow.state != "merged")
        .distinct()
        .order_by(MembershipRow.story_id)
    )
    ids = list(session.scalars(statement))
    stamp = apply_plan.new_stamp(session, now, "admin")
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        stories.mark_changed(session, some, stamp)
        apply_plan.refresh_derived(session, some, stamp)
