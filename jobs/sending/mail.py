"""Shared steps of the jobs that email subscribers: store the emails first, then send them."""

from collections.abc import Callable, Iterator

from jobs.running.context import Context, Counts
from service.mail.deliver import deliver, require_site
from service.mail.smtp import open_sender
from service.store.subscribers import subscribers
from service.store.subscribers.deliveries import Kind
from service.store.subscribers.subscribers import Subscriber

#: Subscribers per transaction.
BATCH = 200


def run_mail_job(context: Context, kind: Kind, create: Callable[[Context], Counts]) -> Counts:
    """Create emails of a kind, then send the waiting ones; does nothing without a mail server.

    Raises:
        SettingsError: `web.site` is not set.
        MailServerError: the server accepts no email; waiting emails are retried later.
    """
    mail = context.settings.mail
    if not mail.ready:
        return {}
    require_site(context.settings)
    counts = dict(create(context))
    with open_sender(mail) as sender:
        counts |= deliver(context, sender, kind, stop_requested=context.stop_requested)
    return {name: count for name, count in counts.items() if count}


def subscriber_batches(
    context: Context, *, with_alerts: bool = False
) -> Iterator[list[Subscriber]]:
    """Yield active subscribers in batches; optionally only those with alerts."""
    after = 0
    while not context.stop_requested():
        with context.sessions.begin() as session:
            batch = subscribers.list_active(
                session, after=after, limit=BATCH, with_alerts=with_alerts
            )
        if not batch:
            return
        yield batch
        after = batch[-1].id
