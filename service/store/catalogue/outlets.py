"""Edits of outlets by admins, and their effect on stories.

An edit applies immediately and takes precedence over the configuration. `outlets.configured_values`
stores the configured values of edited fields; `feeds.save_outlets` updates it and leaves the edited
fields unchanged, so an edit can always be reset.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.domain.catalogue.outlet_edits import (
    EDITABLE_FIELDS,
    OutletEdit,
    OutletFields,
    apply_edit,
    normalize_fields,
    restore_configured,
)
from service.domain.catalogue.outlets import Outlet
from service.errors import NotFoundError
from service.store.catalogue import feeds
from service.store.catalogue.known_names import require_known_names
from service.store.database import locks
from service.store.stories import apply_plan, stories
from service.store.tables import ArticleRow, FamilyRow, MembershipRow, OutletRow, StoryRow

#: Stories per statement: a statement has at most 65,535 parameters.
BATCH = 5000
#: Fields that do not affect story descriptions: `agency` only affects the detection of originals.
FIELDS_WITHOUT_STORY_EFFECT = {"agency"}


def save_configured(
    session: Session,
    outlets: Sequence[Outlet],
    *,
    families: Mapping[str, str] | None = None,
    now: datetime,
) -> None:
    """Save outlets from the configuration; update stories and indexes if a language changed."""
    before = _languages(session, outlets)
    if any(before.get(each.slug, each.language) != each.language for each in outlets):
        _lock(session)
    feeds.save_outlets(session, outlets, families=families)
    after = _languages(session, outlets)
    for slug in sorted(slug for slug in before if after[slug] != before[slug]):
        row = _row(session, slug)
        _update_documents(session, row)
        _mark_stories_changed(session, row, now)


def edit_outlet(session: Session, slug: str, edits: OutletFields, *, now: datetime) -> None:
    """Edit fields of an outlet (`EDITABLE_FIELDS`) and mark its stories as changed.

    Raises:
        NotFoundError: there is no outlet with this slug.
        BadInputError: a value is invalid, or there is no such publisher family.
    """
    edits = normalize_fields(edits)
    _lock(session)
    row = _row(session, slug)
    if "family" in edits:
        _require_family(session, row, str(edits["family"]))
    _write(session, row, apply_edit(_fields(row), row.configured_values or {}, edits), now)


def reset_outlet(session: Session, slug: str, *, now: datetime) -> None:
    """Reset an outlet to its configured values; does nothing without edits.

    Raises:
        NotFoundError: there is no outlet with this slug.
    """
    _lock(session)
    row = _row(session, slug)
    _write(session, row, restore_configured(_fields(row), row.configured_values or {}), now)


def _languages(session: Session, outlets: Sequence[Outlet]) -> dict[str, str | None]:
    """Return the stored language of each existing outlet, by slug."""
    statement = select(OutletRow.slug, OutletRow.language)
    slugs = [each.slug for each in outlets]
    return dict(session.execute(statement.where(OutletRow.slug.in_(slugs))).all())


def _lock(session: Session) -> None:
    """Lock stories, then outlets, until the transaction ends."""
    locks.lock_until_commit(session, apply_plan.LOCK)
    locks.lock_until_commit(session, feeds.LOCK)


def _row(session: Session, slug: str) -> OutletRow:
    """Load an outlet and lock its row until the transaction ends."""
    statement = select(OutletRow).where(OutletRow.slug == slug)
    # FOR NO KEY UPDATE: concurrent admission of articles references this row.
    row = session.scalar(
        statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFoundError("outlet", slug)
    return row


def _fields(row: OutletRow) -> OutletFields:
    return {name: getattr(row, name) for name in EDITABLE_FIELDS}


def _require_family(session: Session, row: OutletRow, family: str) -> None:
    if family == row.slug:
        own = insert(FamilyRow).values(slug=row.slug, name=row.name)
        session.execute(own.on_conflict_do_nothing(index_elements=["slug"]))
        return
    require_known_names(session, families=[family])


def _write(session: Session, row: OutletRow, edit: OutletEdit, now: datetime) -> None:
    before = _fields(row)
    changed = {name for name in EDITABLE_FIELDS if before[name] != edit.fields[name]}
    if not changed and edit.configured_values == (row.configured_values or {}):
        return
    for name in changed:
        setattr(row, name, edit.fields[name])
    row.configured_values = dict(edit.configured_values) or None
    row.edited_at = now if edit.configured_values else None
    session.flush()
    if "name" in changed:
        # The family that consists of this outlet, unless the configuration names the family.
        own = update(FamilyRow).where(
            FamilyRow.slug == row.slug, FamilyRow.name == str(before["name"])
        )
        session.execute(own.values(name=row.name))
    if "language" in changed:
        _update_documents(session, row)
    if changed - FIELDS_WITHOUT_STORY_EFFECT:
        _mark_stories_changed(session, row, now)


def _update_documents(session: Session, row: OutletRow) -> None:
    """Fire the document trigger for articles without a language of their own."""
    statement = update(ArticleRow).where(
        ArticleRow.outlet_id == row.id, ArticleRow.language.is_(None)
    )
    session.execute(statement.values(language=None).execution_options(synchronize_session=False))


def _mark_stories_changed(session: Session, row: OutletRow, now: datetime) -> None:
    """Mark the outlet's stories as changed, because their descriptions depend on it."""
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
        batch = ids[start : start + BATCH]
        stories.mark_changed(session, batch, stamp)
        apply_plan.refresh_derived(session, batch, stamp)
