"""Shared steps of the jobs that email subscribers: store the emails first, then send them."""

from collections import Counter
from collections.abc import Callable, Iterator

import structlog

from jobs.running.context import Context, Counts
from jobs.sending.isolation import RUN_ERRORS
from service.mail.deliver import deliver, require_site
from service.mail.smtp import open_sender
from service.store.database.errors import translate_database_errors
from service.store.subscribers import subscribers
from service.store.subscribers.deliveries import Kind
from service.store.subscribers.subscribers import Subscriber

log = structlog.get_logger()

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


def create_in_batches(
    context: Context,
    create: Callable[[list[Subscriber]], Counts],
    *,
    with_alerts: bool = False,
) -> Counts:
    """Call `create` with each batch of active subscribers; returns the sums of its counts.

    If a batch fails, its subscribers are repeated one by one, so that a stored value of one does
    not stop the others. `not_created` counts those that failed; the log has the reasons.
    """
    counts = Counter[str]()
    for batch in subscriber_batches(context, with_alerts=with_alerts):
        try:
            counts.update(_translated(context, create, batch))
        except RUN_ERRORS:
            raise
        except Exception:
            log.warning("batch of emails failed", action="batch_failed", exc_info=True)
            for each in batch:
                counts.update(_create_alone(context, create, each))
    return dict(counts)


def _create_alone(
    context: Context, create: Callable[[list[Subscriber]], Counts], subscriber: Subscriber
) -> Counts:
    try:
        return _translated(context, create, [subscriber])
    except RUN_ERRORS:
        raise
    except Exception:
        log.exception("no email created", action="emails_failed", subscriber=subscriber.id)
        return {"not_created": 1}


def _translated(
    context: Context, create: Callable[[list[Subscriber]], Counts], batch: list[Subscriber]
) -> Counts:
    with translate_database_errors(context.engine):
        return create(batch)


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
