"""Limits of the confirmation emails that readers request on the page /subscribe."""

from datetime import datetime, timedelta

#: Time after a confirmation email within which a pending address gets no further one.
PAUSE = timedelta(days=1)


def may_send_confirmation(
    pending_since: datetime | None, recent: int, *, now: datetime, max_per_hour: int
) -> bool:
    """Whether a reader gets a confirmation email.

    `pending_since` is None if the address is not pending; `recent` is the number of emails that
    readers requested in the last hour.
    """
    may_repeat = pending_since is None or pending_since <= now - PAUSE
    return may_repeat and recent < max_per_hour
