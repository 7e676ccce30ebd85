"""The job `digest`: issues that are due are written into the ledger, and those that wait are sent."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.context import Context, Counts
from jobs.delivery import deliver, need_addresses
from service.domain.digest import Past, choose
from service.domain.digest_cards import Story
from service.domain.digest_days import Due, due
from service.mail.smtp import smtp_sender
from service.settings import Settings
from service.store import issues, subscribers
from service.store.reading.digest import digest_stories
from service.store.subscribers import Subscriber

#: Subscribers whose issues are made in one transaction.
BATCH = 200
#: A story that somebody saw longer ago is new to them.
MEMORY = timedelta(days=14)
#: No issue looks back further than this, however long ago the last one was.
FURTHEST = timedelta(days=7)


def digest(context: Context) -> Counts:
    """Make the issues that are due, send those that wait; nothing without a mail server.

    Each subscriber gets one issue a local date at most: its row is written before it is sent.

    Raises:
        SettingsError: emails would have no links or no sender.
        MailServerError: the mail server takes nothing; what waits is tried again later.
    """
    mail = context.settings.mail
    if not mail.host:
        return {}
    need_addresses(context.settings)
    counts = dict(make_issues(context))
    with smtp_sender(mail) as sender:
        counts |= deliver(context, sender)
    return {name: count for name, count in counts.items() if count}


def make_issues(context: Context) -> Counts:
    """Write every issue that is due into the ledger, empty ones too."""
    now, counts = context.clock(), {"made": 0, "empty": 0}
    stories = _Stories(context, now)
    for batch in _batches(context):
        if context.stopping():
            break
        with context.sessions.begin() as session:
            for each, found in _due(session, context.settings, batch, now):
                counts[_make(session, each, found, stories, now=now)] += 1
    return counts


def past_of(
    session: Session, readers: Sequence[Subscriber], settings: Settings, now: datetime
) -> dict[int, Past]:
    """What subscribers have read, by their ids."""
    known = issues.seen_by(session, [each.id for each in readers], since=now - MEMORY)
    return {each.id: known.get(each.id) or _unread(each, settings, now) for each in readers}


class _Stories:
    """The stories of the last days, read when the first issue needs them."""

    def __init__(self, context: Context, now: datetime) -> None:
        self.settings = context.settings
        self._read: Callable[[Session], list[Story]] = lambda session: digest_stories(
            session, since=now - FURTHEST, limit=context.settings.issues.stories
        )
        self._found: list[Story] | None = None

    def __call__(self, session: Session) -> Sequence[Story]:
        if self._found is None:
            self._found = self._read(session)
        return self._found


def _batches(context: Context) -> Iterator[list[Subscriber]]:
    last = 0
    while True:
        with context.sessions.begin() as session:
            batch = subscribers.active(session, after=last, limit=BATCH)
        if not batch:
            return
        yield batch
        last = batch[-1].id


def _due(
    session: Session, settings: Settings, batch: Sequence[Subscriber], now: datetime
) -> list[tuple[Subscriber, tuple[Due, Past]]]:
    """Whose issue is due, and what they have read."""
    last = issues.last_of(session, [each.id for each in batch])
    found = [(each, _next(each, last.get(each.id), settings, now)) for each in batch]
    awaited = [(each, meant) for each, meant in found if meant]
    if not awaited:
        return []
    pasts = past_of(session, [each for each, _ in awaited], settings, now)
    return [(each, (meant, pasts[each.id])) for each, meant in awaited]


def _unread(each: Subscriber, settings: Settings, now: datetime) -> Past:
    """Somebody who has read nothing of late; an issue that did not come is made up for, too."""
    span = settings.issues.look_back
    return Past(max(each.rhythm_since - span, now - 2 * span))


def _next(each: Subscriber, last: Due | None, settings: Settings, now: datetime) -> Due | None:
    make_up = settings.issues.make_up
    return due(each.rhythm, now, since=each.rhythm_since, last=last, make_up=make_up)


def _make(
    session: Session,
    each: Subscriber,
    found: tuple[Due, Past],
    stories: _Stories,
    *,
    now: datetime,
) -> str:
    (meant, past), settings = found, stories.settings
    chosen = choose(stories(session), each.taste, past, settings.digest)
    late = meant.late(now, settings.issues.tolerance)
    new = issues.make(session, each.id, meant, chosen, now=now, late=late)
    return "made" if chosen and new else "empty"
