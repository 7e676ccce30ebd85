"""Saved queries: add, change, remove, and expand where a query refers to one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.domain.queries.conditions import (
    Field,
    IsSimilar,
    Query,
    all_of,
    reference_time,
)
from service.domain.queries.grammar import parse_query
from service.domain.queries.periods import require_periods
from service.domain.text.nearest import suggest
from service.errors import AlreadyExistsError, BadInputError, NotFoundError
from service.store.catalogue.known_names import require_known_query
from service.store.counts.latest_report import find_latest_report
from service.store.tables import AlertRow, SavedQueryRow, WebhookRow

#: Form of an id: it is part of addresses.
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MAX_TITLE = 200
NOT_FOR_ALERTS = "missing_outlet is not supported for alerts: leave it out"


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A text in the query language with a stable id."""

    id: str
    title: str
    q: str
    created_by: str
    created_at: datetime
    changed_at: datetime


def add(
    session: Session, query_id: str, q: str, *, title: str = "", made_by: str, now: datetime
) -> SavedQuery:
    """Save a query.

    Raises:
        BadInputError: the id or the query is invalid.
        AlreadyExistsError: the id is used.
    """
    if not _ID.fullmatch(query_id):
        raise BadInputError(
            f"Invalid id {query_id!r:.80}: use lower-case letters, digits and hyphens, at most 63 "
            "characters"
        )
    _check(session, q, title)
    if session.get(SavedQueryRow, query_id):
        raise AlreadyExistsError(
            f"The saved query {query_id!r} already exists: change it, or choose another id"
        )
    row = SavedQueryRow(
        id=query_id, title=title, q=q, created_by=made_by, created_at=now, changed_at=now
    )
    session.add(row)
    session.flush()
    return _saved(row)


def change(
    session: Session,
    query_id: str,
    *,
    q: str | None = None,
    title: str | None = None,
    now: datetime,
) -> SavedQuery:
    """Change the query or the title; None leaves a value unchanged.

    Raises:
        NotFoundError: there is no saved query with this id.
        BadInputError: the query is invalid, or a webhook or an alert uses it and cannot follow it.
    """
    row = _get_row(session, query_id)
    meaning = _meaning(row.q)
    q, title = row.q if q is None else q, row.title if title is None else title
    parsed = _check(session, q, title)
    users = list_users(session, query_id)
    if users:
        require_followable(parsed)
    if parsed.values(Field.MISSING_OUTLET) and any(each.startswith("alert") for each in users):
        raise BadInputError(NOT_FOR_ALERTS)
    row.q, row.title, row.changed_at = q, title, now
    if parsed.meaning != meaning:
        row.meaning_model = row.meaning_vector = None
    session.flush()
    return _saved(row)


def remove(session: Session, query_id: str) -> None:
    """Delete a saved query.

    Raises:
        NotFoundError: there is no saved query with this id.
        BadInputError: a webhook or an alert uses it.
    """
    row = _get_row(session, query_id)
    if users := list_users(session, query_id):
        raise BadInputError(
            f"The saved query {query_id!r} is used by {', '.join(users)}: remove them first"
        )
    session.delete(row)


def get(session: Session, query_id: str) -> SavedQuery:
    """One saved query; raises NotFoundError."""
    return _saved(_get_row(session, query_id))


def list_queries(
    session: Session, *, after: str = "", limit: int | None = None
) -> list[SavedQuery]:
    """Saved queries with an id after `after`, by id; one statement."""
    statement = select(SavedQueryRow).where(SavedQueryRow.id > after).order_by(SavedQueryRow.id)
    return [_saved(row) for row in session.scalars(statement.limit(limit))]


def list_users(session: Session, query_id: str) -> list[str]:
    """The webhooks and active alerts that use a saved query, such as `webhook 3`."""
    hooks = session.scalars(select(WebhookRow.id).where(WebhookRow.query_id == query_id))
    alerts = session.scalars(
        select(AlertRow.id).where(AlertRow.query_id == query_id, AlertRow.stopped_at.is_(None))
    )
    return [*(f"webhook {each}" for each in hooks), *(f"alert {each}" for each in alerts)]


def expand(session: Session, query: Query) -> Query:
    """Add the conditions of the saved queries to which a query refers; at most two statements.

    Raises:
        BadInputError: a saved query does not exist; the message contains the nearest id.
    """
    if not query.saved:
        return query
    texts = {each.id: each.q for each in _load(session, query.saved)}
    for each in query.saved:
        if each not in texts:
            known = {row.id: row.title for row in list_queries(session)}
            raise BadInputError(
                f"Unknown saved query {each!r}: {suggest(each, known) or 'none exists'}"
            )
    return all_of((replace(query, saved=()), *(parse_query(texts[each]) for each in query.saved)))


def resolve(session: Session, query: Query, *, now: datetime) -> Query:
    """Expand a query and replace its relative times; at most three statements.

    Raises:
        BadInputError: a saved query does not exist, a period is reversed, or a time is out of
            range.
    """
    query = require_periods(expand(session, query))
    if not query.is_relative:
        return query
    try:
        return query.resolve(reference_time(now, find_latest_report(session)))
    except ValueError as error:
        raise BadInputError(f"Invalid time: {error}") from error


def resolve_followed(session: Session, query_id: str, *, now: datetime) -> Query | None:
    """The resolved saved query of a webhook or alert, with `IsSimilar` instead of its meaning.

    None until the job `embed` has encoded the meaning. At most four statements.
    """
    query = resolve(session, Query(saved=(query_id,)), now=now)
    if not query.meaning:
        return query
    row = _get_row(session, query_id)
    if row.meaning_vector is None:
        return None
    similar = IsSimilar(tuple(row.meaning_vector), row.meaning_model)
    return replace(query, conditions=(*query.conditions, similar), meaning="")


def find_unencoded_meanings(session: Session, model: int) -> dict[str, str]:
    """The meanings without a vector of a model, by the id of their saved query; one statement."""
    statement = select(SavedQueryRow.id, SavedQueryRow.q).where(
        SavedQueryRow.q.icontains("meaning:"),
        SavedQueryRow.meaning_model.is_distinct_from(model),
    )
    meanings = {key: _meaning(q) for key, q in session.execute(statement)}
    return {key: meaning for key, meaning in meanings.items() if meaning}


def save_meaning(
    session: Session, query_id: str, meaning: str, model: int, vector: list[float]
) -> None:
    """Store the vector of a meaning, unless the query was changed or removed meanwhile."""
    row = session.get(SavedQueryRow, query_id, with_for_update=True)
    if row is not None and _meaning(row.q) == meaning:
        row.meaning_model, row.meaning_vector = model, vector


def require_followable(query: Query) -> Query:
    """Return a query that can select future changes; raises BadInputError if it has `as_of`."""
    if query.as_of is not None:
        raise BadInputError(
            "as_of is not supported for streams, webhooks and alerts, which follow the present: "
            "leave it out"
        )
    return query


def _meaning(q: str) -> str:
    """The meaning of a stored query; "" if the query of another version is invalid now."""
    try:
        return parse_query(q).meaning
    except BadInputError:
        return ""


def _check(session: Session, q: str, title: str) -> Query:
    if len(title) > MAX_TITLE or (title and not title.isprintable()):
        raise BadInputError(
            f"The title is too long or has control characters: use at most {MAX_TITLE} printable "
            "characters"
        )
    query = require_periods(parse_query(q))
    require_known_query(session, query)
    return query


def _load(session: Session, ids: Sequence[str]) -> list[SavedQuery]:
    statement = select(SavedQueryRow).where(SavedQueryRow.id.in_(ids))
    return [_saved(row) for row in session.scalars(statement)]


def _get_row(session: Session, query_id: str) -> SavedQueryRow:
    row = session.get(SavedQueryRow, query_id)
    if row is None:
        raise NotFoundError("saved query", query_id)
    return row


def _saved(row: SavedQueryRow) -> SavedQuery:
    return SavedQuery(row.id, row.title, row.q, row.created_by, row.created_at, row.changed_at)
