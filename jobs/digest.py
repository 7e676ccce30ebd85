"""The job `digest`: issues that are due are written into the ledger, and those that wait are sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from jobs.running.mail import batches, mailed
from service.domain.subscribers.alerts import Notice
from service.domain.subscribers.digest_model import Match, Story
from service.domain.subscribers.digest_schedule import Due, due
from service.domain.subscribers.digest_selection import Past, choose
from service.settings.load import Settings
from service.store.subscribers import alert_emails, editions
from service.store.subscribers.digest_stories import digest_stories
from service.store.subscribers.subscribers import Subscriber

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
    return mailed(context, "digest", make_issues)


def make_issues(context: Context) -> Counts:
    """Write every issue that is due into the ledger, empty ones too."""
    now, counts = context.clock(), {"made": 0, "empty": 0}
    stories = _Stories(context, now)
    for batch in batches(context):
        with context.sessions.begin() as session:
            for owed in _due(session, context.settings, batch, now):
                counts[_make(session, owed, stories, now=now)] += 1
    return counts


def past_of(
    session: Session, readers: Sequence[Subscriber], settings: Settings, now: datetime
) -> dict[int, Past]:
    """What subscribers have read, by their ids."""
    known = editions.seen_by(session, [each.id for each in readers], since=now - MEMORY)
    return {each.id: known.get(each.id) or _unread(each, settings, now) for each in readers}


@dataclass(frozen=True, slots=True)
class _Owed:
    """An issue that is due to somebody."""

    to: Subscriber
    due: Due
    past: Past
    folded: Mapping[int, Notice]  #: by their numbers in the ledger


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


def _due(
    session: Session, settings: Settings, batch: Sequence[Subscriber], now: datetime
) -> list["_Owed"]:
    """Whose issue is due, what they have read, and which notices wait for it."""
    last = editions.last_of(session, [each.id for each in batch])
    found = [(each, _next(each, last.get(each.id), settings, now)) for each in batch]
    awaited = [(each, meant) for each, meant in found if meant]
    if not awaited:
        return []
    pasts = past_of(session, [each for each, _ in awaited], settings, now)
    folded = alert_emails.folded(session, [each.id for each, _ in awaited], since=now - FURTHEST)
    return [_Owed(each, meant, pasts[each.id], folded.get(each.id, {})) for each, meant in awaited]


def _unread(each: Subscriber, settings: Settings, now: datetime) -> Past:
    """Somebody who has read nothing of late; an issue that did not come is made up for, too."""
    span = settings.issues.look_back
    return Past(max(each.rhythm_since - span, now - 2 * span))


def _next(each: Subscriber, last: Due | None, settings: Settings, now: datetime) -> Due | None:
    make_up = settings.issues.make_up
    return due(each.rhythm, now, since=each.rhythm_since, last=last, make_up=make_up)


def _make(session: Session, owed: _Owed, stories: _Stories, *, now: datetime) -> str:
    settings = stories.settings
    chosen = choose(stories(session), owed.to.taste, owed.past, settings.digest)
    chosen = replace(chosen, alerts=_matches(owed.folded))
    late = owed.due.late(now, settings.issues.tolerance)
    goes = bool(chosen) or settings.issues.empty_days == "line"
    number = editions.make(session, owed.to.id, owed.due, chosen, now=now, late=late, send=goes)
    if number is None:
        return "empty"
    alert_emails.fold_into(session, owed.folded, number)
    return "made" if goes else "empty"


def _matches(folded: Mapping[int, Notice]) -> tuple[Match, ...]:
    """What waited for the issue, of each story the latest."""
    return tuple({each.card.story: each.match for each in folded.values()}.values())
