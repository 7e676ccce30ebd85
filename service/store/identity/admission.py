"""Admission: store the entries of a document as new articles, or as revisions of stored ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.domain.articles.entries import Draft
from service.domain.catalogue.outlets import Outlet, SiteIndex
from service.domain.identity.keys import key_entries
from service.domain.identity.matching import is_new_link, match_contents, match_entries
from service.domain.identity.publishers import make_outlet
from service.store.articles import articles, types
from service.store.articles.ids import make_article_id
from service.store.articles.types import Classifiable
from service.store.catalogue import publishers
from service.store.database import locks
from service.store.database.bulk import copy_rows
from service.store.identity import keys, revisions
from service.store.tables import ArticleRow
from service.store.tables.articles import ARTICLE_NUMBERS
from service.telemetry import tracing

#: Name of the lock for admissions: two processes must not store one entry under different keys.
LOCK = "admission"


@dataclass(frozen=True, slots=True)
class Source:
    """Origin of drafts: the feed, its outlet, and the sites of all outlets."""

    feed_id: int
    outlet_id: int
    outlet_ids: Mapping[str, int]
    sites: SiteIndex

    def outlet_of(self, draft: Draft) -> int | None:
        """Return the id of the outlet of a draft; None if its publisher has no outlet yet.

        The named publisher comes first, then the site of the link, then the outlet of the feed.
        """
        if draft.publisher and (slug := self.sites.match(draft.publisher.url)):
            return self.outlet_ids[slug]
        slug = self.sites.match(draft.url)
        outlet_id = self.outlet_ids[slug] if slug else self.outlet_id
        is_feed_outlet = outlet_id == self.outlet_id
        return None if draft.publisher and is_feed_outlet else outlet_id


@dataclass(frozen=True, slots=True)
class AdmissionCounts:
    """Number of new articles and of articles with a new revision."""

    new: int
    revised: int


def admit(
    session: Session,
    drafts: Sequence[Draft],
    source: Source,
    *,
    now: datetime,
    future_tolerance: timedelta,
) -> AdmissionCounts:
    """Store the entries of one document: one article per entry, with its revisions.

    An entry is identified by its guid within the feed, then by its link, then by its title and
    date. Dates of the drafts may be up to `future_tolerance` ahead. Safe to run concurrently:
    admissions run one after the other.
    """
    if not drafts:
        return AdmissionCounts(0, 0)
    locks.lock_until_commit(session, LOCK)
    entries = key_entries(drafts, source.feed_id)
    known = keys.load_known(session, entries, source.feed_id)
    matches = match_entries(entries, known)
    rest = [entry for number, entry in enumerate(entries) if number not in matches.articles]
    if rest and not (matches.has_stable_guids and all(entry.guid for entry in rest)):
        candidates = keys.load_candidates(session, rest, source.feed_id, now=now)
        match_contents(entries, candidates, matches)
    new = [number for number in range(len(entries)) if number not in matches.articles]
    ids = {number: article.article_id for number, article in matches.articles.items()}
    ids |= dict(zip(new, _allocate_ids(session, len(new), now=now), strict=True))
    _insert(session, {ids[number]: entries[number].draft for number in new}, source, now=now)
    stored = {ids[number]: entries[number].draft for number in matches.articles}
    relinked = {ids[number] for number in matches.articles if is_new_link(entries[number], known)}
    revised = revisions.revise(
        session, stored, source.feed_id, relinked, now=now, future_tolerance=future_tolerance
    )
    revisions.remember(
        session, {ids[number]: entries[number].draft for number in new}, source.feed_id
    )
    identified = {ids[number]: entry for number, entry in enumerate(entries)}
    keys.save_keys(session, identified, known, matches, source.feed_id)
    tracing.record_step("admit", [ids[number] for number in new])
    return AdmissionCounts(len(new), revised)


def _allocate_ids(session: Session, count: int, *, now: datetime) -> list[int]:
    if not count:
        return []
    numbers = session.scalars(
        select(ARTICLE_NUMBERS.next_value()).select_from(func.generate_series(1, count).alias())
    )
    return [make_article_id(now, number) for number in numbers]


def _insert(session: Session, new: Mapping[int, Draft], source: Source, *, now: datetime) -> None:
    outlets = _find_outlets(session, list(new.values()), source)
    classifiable = [
        Classifiable.from_draft(draft, outlet_id, draft.report_time(now))
        for draft, outlet_id in zip(new.values(), outlets, strict=True)
    ]
    article_types = types.classify_new(session, classifiable, now=now)
    values = [
        {
            "id": article_id,
            "feed_id": source.feed_id,
            "outlet_id": part.outlet_id,
            "type": article_type,
            **articles.date_values(draft, now),
            "first_seen": now,
            "url": draft.url,
            "language": draft.language or None,
            **revisions.content_values(draft),
        }
        for (article_id, draft), part, article_type in zip(
            new.items(), classifiable, article_types, strict=True
        )
    ]
    if values:
        copy_rows(session, ArticleRow, values)


def _find_outlets(session: Session, drafts: Sequence[Draft], source: Source) -> list[int]:
    """Return the outlet of each draft; publishers without an outlet get one."""
    outlet_ids = [source.outlet_of(draft) for draft in drafts]
    missing: dict[int, Outlet] = {
        row: make_outlet(draft.publisher)
        for row, (draft, outlet_id) in enumerate(zip(drafts, outlet_ids, strict=True))
        if outlet_id is None and draft.publisher
    }
    by_slug = {outlet.slug: outlet for outlet in missing.values()}
    ids: dict[str, Any] = publishers.ensure_outlets(session, list(by_slug.values()))
    return [
        ids[missing[row].slug] if row in missing else outlet_id or source.outlet_id
        for row, outlet_id in enumerate(outlet_ids)
    ]
