"""Changes of stored articles by new versions in feeds: revisions, late dates, links."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.domain.articles.entries import Draft, content_hash
from service.domain.identity.revisions import (
    FormerVersion,
    StoredVersion,
    Verdict,
    is_key_of,
    judge,
    late_report_time,
    replaces_link,
)
from service.store.articles import articles, types
from service.store.articles.types import Classifiable
from service.store.database.arrays import equals_any
from service.store.database.bulk import insert_from_arrays
from service.store.tables import ArticleFeedRow, ArticleRow, RevisionRow, VectorRow

#: The largest number of its column. Later changes replace the text without storing the former one.
MAX_REVISION = 32_767


def revise(
    session: Session,
    drafts: Mapping[int, Draft],
    feed_id: int,
    relinked: Collection[int],
    *,
    now: datetime,
    future_tolerance: timedelta,
) -> int:
    """Apply the new versions of stored articles, by id; return the number of revisions.

    A date is accepted if the article had none that could be trusted. The link of a `relinked`
    article is accepted from the first feed with the article.
    """
    if not drafts:
        return 0
    seen = _load_seen(session, drafts, feed_id)
    article = ArticleRow
    statement = select(
        article.id, article.content_hash, article.published, article.url, article.feed_id
    )
    changed, dated, moved = set[int](), set[int](), set[int]()
    for key, stored_hash, published, url, owner in session.execute(
        statement.where(equals_any(article.id, drafts))
    ):
        draft = drafts[key]
        if draft.content_hash not in {stored_hash, seen.get(key)}:
            changed.add(key)
        if published is None and draft.published is not None:
            dated.add(key)
        # An article of an earlier version may have only the key of its link.
        is_key = key not in seen and is_key_of(url, draft.url)
        if owner == feed_id and (is_key or (key in relinked and replaces_link(url, draft.url))):
            moved.add(key)
    remembered = {key: drafts[key] for key in drafts if key not in changed}
    rows = _lock_rows(session, changed | dated | moved)
    verdicts = _judge(
        session, [row for row in rows if row.id in changed], drafts, seen, feed_id, now=now
    )
    for row in rows:
        if row.id in dated:
            _accept_date(row, drafts[row.id], future_tolerance)
        if row.id in moved:
            row.url = drafts[row.id].url
    accepted = [row for row in rows if verdicts.get(row.id) is Verdict.ACCEPT]
    _store_revisions(session, accepted, drafts, now=now)
    session.flush()
    remembered |= {key: drafts[key] for key, each in verdicts.items() if each is not Verdict.DEFER}
    remember(
        session,
        {key: draft for key, draft in remembered.items() if seen.get(key) != draft.content_hash},
        feed_id,
    )
    return len(accepted)


def content_values(draft: Draft) -> dict[str, Any]:
    """Return the columns that a revision replaces."""
    return {
        "title": draft.title,
        "text": draft.text,
        "body": draft.body,
        "author": draft.author or None,
        "categories": list(draft.categories),
        "updated": draft.updated,
        "content_hash": draft.content_hash,
    }


def _load_seen(session: Session, ids: Collection[int], feed_id: int) -> dict[int, str]:
    """Return the hash of the version that the feed had last, by article id."""
    statement = select(ArticleFeedRow.article_id, ArticleFeedRow.content_hash).where(
        equals_any(ArticleFeedRow.article_id, ids), ArticleFeedRow.feed_id == feed_id
    )
    return dict(session.execute(statement).all())


def _lock_rows(session: Session, ids: Collection[int]) -> list[ArticleRow]:
    """Load and lock articles in order of ids."""
    if not ids:
        return []
    statement = select(ArticleRow).where(equals_any(ArticleRow.id, ids))
    return list(session.scalars(statement.order_by(ArticleRow.id).with_for_update(key_share=True)))


def _judge(
    session: Session,
    rows: Sequence[ArticleRow],
    drafts: Mapping[int, Draft],
    seen: Mapping[int, str],
    feed_id: int,
    *,
    now: datetime,
) -> dict[int, Verdict]:
    """Decide which changed versions become revisions."""
    former: defaultdict[int, list[FormerVersion]] = defaultdict(list)
    if rows:
        statement = select(
            RevisionRow.article_id, RevisionRow.content_hash, RevisionRow.replaced_at
        ).where(equals_any(RevisionRow.article_id, [row.id for row in rows]))
        for article_id, version, replaced_at in session.execute(statement):
            former[article_id].append(FormerVersion(version, replaced_at))
    verdicts = {}
    for row in rows:
        # The stored hash may have been computed by an earlier rule.
        row.content_hash = stored_hash = content_hash(row.title, row.text, row.body)
        is_own_feed = row.feed_id == feed_id
        last = seen.get(row.id) or (stored_hash if is_own_feed else None)
        stored = StoredVersion(stored_hash, row.updated, former[row.id], last, is_own_feed)
        verdicts[row.id] = judge(drafts[row.id], stored, now=now)
    return verdicts


def _store_revisions(
    session: Session, rows: Sequence[ArticleRow], drafts: Mapping[int, Draft], *, now: datetime
) -> None:
    # The report time of the article, not of the draft: a new date would look like a new instalment.
    classifiable = [
        Classifiable.from_draft(drafts[row.id], row.outlet_id, row.reported_at) for row in rows
    ]
    article_types = types.classify_new(session, classifiable, now=now)
    for row, article_type in zip(rows, article_types, strict=True):
        if row.revision < MAX_REVISION:
            session.add(_former_revision(row, now=now))
            row.revision += 1
        else:
            # The revision number stays the same, so the vector of the former text is deleted.
            session.execute(delete(VectorRow).where(VectorRow.article_id == row.id))
        for name, value in content_values(drafts[row.id]).items():
            setattr(row, name, value)
        row.type = article_type
        row.stage = "admitted"
        row.boilerplate = []


def _former_revision(row: ArticleRow, *, now: datetime) -> RevisionRow:
    return RevisionRow(
        article_id=row.id,
        number=row.revision,
        title=row.title,
        text=row.text,
        body=row.body,
        content_hash=row.content_hash,
        replaced_at=now,
    )


def _accept_date(row: ArticleRow, draft: Draft, future_tolerance: timedelta) -> None:
    for name, value in articles.date_values(draft, row.first_seen).items():
        setattr(row, name, value)
    row.reported_at = late_report_time(row.reported_at, row.first_seen, tolerance=future_tolerance)
    row.stage = "admitted"  # the job place also updates the times of its story


def remember(session: Session, drafts: Mapping[int, Draft], feed_id: int) -> None:
    """Store the hash of the version that a feed had last, by article id."""
    values = [(key, feed_id, drafts[key].content_hash) for key in sorted(drafts)]
    if values:
        columns = ("article_id", "feed_id", "content_hash")
        statement = insert_from_arrays(ArticleFeedRow, columns, values)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["article_id", "feed_id"],
                set_={"content_hash": statement.excluded.content_hash},
            )
        )
