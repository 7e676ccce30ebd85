"""History of feeds: fetches, and moves to other URLs, which can be undone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from service.domain.catalogue.feed_moves import MoveDecision, PendingMove, decide_move
from service.errors import AlreadyExistsError, NotFoundError
from service.errors.redaction import redact_url
from service.store.catalogue.feeds import FeedStatus, find_feed, find_feed_by_url
from service.store.tables import FeedMoveRow, FeedRow, FetchRow


@dataclass(frozen=True, slots=True)
class AdoptedMove:
    """The new URL of a feed, and whether another feed has it."""

    url: str
    target_exists: bool


def follow_moves(
    session: Session, feed: FeedRow, moves: Sequence[str], *, now: datetime
) -> AdoptedMove | None:
    """Decide whether a feed moves after a successful fetch, and record the move.

    `moves` are the targets of permanent redirects, in order. The caller changes the feed's URL, or
    retires the feed if another one has the URL. Without redirects, no statement runs.
    """
    pending = None
    if feed.redirect_url is not None and feed.redirect_since is not None:
        pending = PendingMove(feed.redirect_url, feed.redirect_since)
    decision = MoveDecision(None, None)
    if moves:
        rejected = select(FeedMoveRow.new_url).where(
            FeedMoveRow.feed_id == feed.id, FeedMoveRow.undone_at.is_not(None)
        )
        decision = decide_move(
            feed.url, moves, pending, rejected=set(session.scalars(rejected)), now=now
        )
    if decision.pending != pending:
        _store_pending(session, feed.id, decision.pending)
    if decision.adopted is None:
        return None
    exists = find_feed_by_url(session, decision.adopted) is not None
    session.add(
        FeedMoveRow(
            feed_id=feed.id, at=now, old_url=feed.url, new_url=decision.adopted, retired=exists
        )
    )
    return AdoptedMove(decision.adopted, exists)


def list_moves(session: Session, feed_id: int) -> list[FeedMoveRow]:
    """List the moves of a feed, the latest first."""
    statement = select(FeedMoveRow).where(FeedMoveRow.feed_id == feed_id)
    return list(session.scalars(statement.order_by(FeedMoveRow.id.desc())))


def list_fetches(session: Session, feed_id: int, *, limit: int) -> list[FetchRow]:
    """List the latest fetches of a feed, the latest first."""
    statement = select(FetchRow).where(FetchRow.feed_id == feed_id)
    return list(
        session.scalars(statement.order_by(FetchRow.at.desc(), FetchRow.id.desc()).limit(limit))
    )


def undo_move(session: Session, text: str, *, now: datetime) -> FeedMoveRow:
    """Undo the latest move to or from a URL, or of the feed with an id.

    The feed becomes active and is due now. It never moves to the same URL again.

    Raises:
        NotFoundError: no move to or from this URL can be undone.
        AlreadyExistsError: another feed has the old URL.
    """
    feed = find_feed(session, text)
    of_feed = FeedMoveRow.feed_id == (feed.id if feed else None)
    statement = select(FeedMoveRow).where(
        or_(FeedMoveRow.new_url == text, FeedMoveRow.old_url == text, of_feed),
        FeedMoveRow.undone_at.is_(None),
    )
    move = session.scalars(statement.order_by(FeedMoveRow.id.desc()).limit(1)).one_or_none()
    if move is None:
        raise NotFoundError(
            "move", text, f"No move of a feed to or from {redact_url(text)} can be undone"
        )
    other = find_feed_by_url(session, move.old_url)
    if other is not None and other.id != move.feed_id:
        raise AlreadyExistsError(
            f"Feed {other.id} has the URL {redact_url(move.old_url)} now; change it first"
        )
    move.undone_at = now
    values = {"etag": None, "last_modified": None, "redirect_url": None, "redirect_since": None}
    restored = {"url": move.old_url, "status": FeedStatus.ACTIVE, "error": None}
    session.execute(
        update(FeedRow)
        .where(FeedRow.id == move.feed_id)
        .values(**values, **restored, next_fetch_at=now)
    )
    session.flush()
    return move


def _store_pending(session: Session, feed_id: int, pending: PendingMove | None) -> None:
    session.execute(
        update(FeedRow)
        .where(FeedRow.id == feed_id)
        .values(
            redirect_url=pending.url if pending else None,
            redirect_since=pending.since if pending else None,
        )
    )
