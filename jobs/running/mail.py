"""What the jobs that write to subscribers share: first the ledger, then the mail server."""

from collections.abc import Callable, Iterator

from jobs.running.context import Context, Counts
from jobs.running.deliver import deliver, need_addresses
from service.mail.smtp import opened_sender
from service.store.subscribers import subscribers
from service.store.subscribers.editions import Kind
from service.store.subscribers.subscribers import Subscriber

#: Subscribers who are looked at in one transaction.
BATCH = 200


def mailed(context: Context, kind: Kind, make: Callable[[Context], Counts]) -> Counts:
    """Write emails of a kind into the ledger and send those that wait; nothing without a server.

    Raises:
        SettingsError: emails would have no links or no sender.
        MailServerError: the mail server takes nothing; what waits is tried again later.
    """
    mail = context.settings.mail
    if not mail.ready:
        return {}
    need_addresses(context.settings)
    counts = dict(make(context))
    with opened_sender(mail) as sender:
        counts |= deliver(context, sender, kind)
    return {name: count for name, count in counts.items() if count}


def batches(context: Context, *, with_alerts: bool = False) -> Iterator[list[Subscriber]]:
    """Those who get emails, or of them those alone who have alerts, some at a time."""
    last = 0
    while not context.stopping():
        with context.sessions.begin() as session:
            found = subscribers.active(session, after=last, limit=BATCH, with_alerts=with_alerts)
        if not found:
            return
        yield found
        last = found[-1].id
