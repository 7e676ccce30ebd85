"""Email delivery: sends waiting digests and alert emails, with a recorded attempt and retries."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

import structlog

from service.errors import (
    MailDeferredError,
    MailError,
    MailRefusedError,
    MailServerError,
    SettingsError,
)
from service.mail.message import build_message, domain_of, edition_message_id
from service.mail.render import AlertMessage, DigestMessage, Renderer
from service.mail.sender import Sender
from service.mail.signed_links import LinkSigner
from service.settings.load import Settings
from service.settings.sections.delivery import MailSettings
from service.store.database import claims
from service.store.database.sessions import Sessions, outcome_sessions
from service.store.subscribers import alert_emails, deliveries, editions, link_keys, subscribers
from service.store.subscribers.deliveries import Kind
from service.store.subscribers.editions import Edition
from service.store.subscribers.subscribers import Subscriber
from service.telemetry import process

log = structlog.get_logger()

#: Pause before the second attempt; it doubles with each further attempt up to the maximum.
FIRST_PAUSE, MAX_PAUSE = timedelta(minutes=5), timedelta(hours=2)
#: Maximum number of network operations for one email, each limited by `mail.timeout_seconds`:
#: connection, TLS, greetings, authentication, envelope, text, end.
MAX_STEPS = 12
#: Name of the service in emails.
TITLE = "samestory"


class MailContext(Protocol):
    """Database, settings and clock; implemented by the contexts of jobs and of web requests."""

    @property
    def sessions(self) -> Sessions: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


def deliver(
    context: MailContext, sender: Sender, kind: Kind, *, stop_requested: Callable[[], bool]
) -> dict[str, int]:
    """Send waiting emails of a kind until `stop_requested` is True; returns counts by outcome.

    Each email is claimed before it is sent, so that several processes may deliver at once. If the
    process or the connection ends between the end of an email and the server's reply, the email is
    sent again with the same Message-ID: a duplicate is better than a lost email.

    Raises:
        MailServerError: the server accepts no email; waiting emails are retried later.
    """
    now, settings = context.clock(), context.settings
    with context.sessions.begin() as session:
        counts = {"interrupted": deliveries.close_interrupted_attempts(session, kind)}
        if kind == "alert":
            defer_after = settings.alerts.defer_after
            counts["overdue"] = alert_emails.defer_overdue(session, now=now, after=defer_after)
        else:
            catch_up = settings.editions.catch_up
            counts["expired"] = editions.expire_overdue(session, now=now, catch_up=catch_up)
        ids = editions.find_waiting_ids(session, kind, now=now)
        key = link_keys.ensure_key(session, now=now)
    counts |= {"sent": 0, "deferred": 0, "refused": 0}
    signer = LinkSigner.at(now, site_url(settings), key, settings.mail)
    with claims.open_owner() as owner:
        delivery = _Delivery(context, sender, signer, owner)
        for edition_id in ids:
            if stop_requested():
                break
            if outcome := delivery.attempt(edition_id):
                counts[outcome] += 1
                process.DELIVERIES.labels(kind, outcome).inc()
    return counts


def send_confirmation(context: MailContext, sender: Sender, subscriber: Subscriber) -> None:
    """Send the confirmation email to a new subscriber.

    Raises:
        SettingsError: `web.site` is not set, so the email would have no link.
        MailError: the server did not accept the email.
    """
    require_site(context.settings)
    now, mail = context.clock(), context.settings.mail
    with context.sessions.begin() as session:
        key = link_keys.ensure_key(session, now=now)
    signer = LinkSigner.at(now, site_url(context.settings), key, mail)
    links = signer.links(subscriber.id, request_number=subscriber.request_number)
    message_id = f"<confirm-{subscriber.id}-{int(now.timestamp())}@{domain_of(mail.sender)}>"
    email = build_message(
        configured_renderer(context.settings).confirmation(subscriber.address, links),
        sender=mail.sender,
        to=subscriber.address,
        message_id=message_id,
        at=now,
    )
    sender.send(email)


def require_site(settings: Settings) -> None:
    """Raise SettingsError unless `web.site` is a URL, which links in emails need."""
    if not settings.web.site.startswith(("http://", "https://")):
        raise SettingsError(
            f"Invalid web.site {settings.web.site!r}: set SAMESTORY_WEB__SITE to the public "
            "address of the web pages, e.g. https://news.example.org"
        )


def site_url(settings: Settings) -> str:
    """Base URL of the web pages: `web.site`, or the local server if it is empty."""
    web = settings.web
    return settings.web.site.rstrip("/") or f"http://{web.host}:{web.port}"


def configured_renderer(settings: Settings) -> Renderer:
    """Create a renderer with the configured site and imprint."""
    return Renderer(title=TITLE, site=site_url(settings), imprint=settings.mail.imprint)


def retry_pause(attempts: int) -> timedelta:
    """Pause after this number of failed attempts: exponential backoff up to `MAX_PAUSE`."""
    doublings = max(min(attempts - 1, 10), 0)
    return min(FIRST_PAUSE * (1 << doublings), MAX_PAUSE)


def claim_duration(mail: MailSettings) -> timedelta:
    """Time within which sending one email certainly ends, with its success or with an error."""
    return timedelta(seconds=MAX_STEPS * mail.timeout_seconds + 60 / mail.max_per_minute)


class _ClaimLostError(Exception):
    """Another process has sent or cancelled the email."""


class _Delivery:
    """Delivery attempts of one run."""

    def __init__(
        self, context: MailContext, sender: Sender, signer: LinkSigner, owner: str
    ) -> None:
        self._context = context
        self._outcomes = outcome_sessions(context.sessions)
        self._sender = sender
        self._signer = signer
        self._renderer = configured_renderer(context.settings)
        self._owner = owner
        self._claim_duration = claim_duration(context.settings.mail)

    def attempt(self, edition_id: int) -> str:
        """Try to send one email; returns sent, refused or deferred.

        Returns "" if another process sends the email, or if it is not due any more.
        """
        now, settings = self._context.clock(), self._context.settings
        with self._context.sessions.begin() as session:
            # Retries share the Message-ID, so that mail programs detect duplicates.
            message_id = deliveries.find_message_id(session, edition_id) or edition_message_id(
                self._signer.message_token(edition_id), settings.mail.sender
            )
            delivery_id = deliveries.start_attempt(
                session,
                edition_id,
                message_id,
                owner=self._owner,
                duration=self._claim_duration,
                now=now,
            )
            if delivery_id is None:
                return ""
            edition = editions.get(session, edition_id)
            subscriber = subscribers.get(session, edition.subscriber)
        late = edition.late or edition.due.is_late(now, settings.editions.tolerance)
        email = self._build_email(edition, subscriber, message_id, late=late, now=now)
        try:
            self._sender.send(email, before_end=lambda: self._mark_ending(delivery_id))
        except _ClaimLostError:
            return ""
        except MailRefusedError as error:
            self._record_refusal(delivery_id, subscriber, error)
            return "refused"
        except (MailDeferredError, MailServerError) as error:
            self._record_deferral(delivery_id, edition_id, error)
            if isinstance(error, MailServerError):
                raise  # no other email would be accepted either
            return "deferred"
        with self._outcomes.begin() as session:
            size = len(email.as_bytes())
            sent_at = self._context.clock()
            deliveries.mark_sent(session, delivery_id, late=late, size=size, now=sent_at)
        return "sent"

    def _build_email(
        self,
        edition: Edition,
        subscriber: Subscriber,
        message_id: str,
        *,
        late: bool,
        now: datetime,
    ) -> EmailMessage:
        time_zone, at = subscriber.schedule.time_zone, edition.due.at
        if edition.alert is None:
            links = self._signer.links(subscriber.id, edition.id)
            digest = DigestMessage(edition.digest, edition.due.local_date, at, time_zone, late=late)
            rendered = self._renderer.digest(digest, subscriber.address, links)
            list_name, unsubscribe = "digest", links.unsubscribe
        else:
            links = self._signer.links(subscriber.id, edition.id, edition.alert.alerts[0].id)
            alert = AlertMessage(edition.alert, at, time_zone, late=late)
            rendered = self._renderer.alert(alert, subscriber.address, links)
            list_name, unsubscribe = "alerts", links.alert
        return build_message(
            rendered,
            sender=self._context.settings.mail.sender,
            to=subscriber.address,
            message_id=message_id,
            at=now,
            unsubscribe=unsubscribe,
            list_name=list_name,
        )

    def _mark_ending(self, delivery_id: int) -> None:
        """Record that the email is complete; raises _ClaimLostError to prevent its end."""
        with self._outcomes.begin() as session:
            claimed = deliveries.mark_ending(session, delivery_id, duration=self._claim_duration)
        if not claimed:
            log.warning("claim lost", action="claim_lost", delivery=delivery_id)
            raise _ClaimLostError

    def _record_deferral(self, delivery_id: int, edition_id: int, error: MailError) -> None:
        with self._outcomes.begin() as session:
            attempts = deliveries.count_attempts(session, edition_id)
            until = self._context.clock() + retry_pause(attempts)
            deliveries.mark_failed_temporarily(
                session, delivery_id, code=error.code, error=str(error), until=until
            )

    def _record_refusal(
        self, delivery_id: int, subscriber: Subscriber, error: MailRefusedError
    ) -> None:
        log.warning(
            "email refused", action="email_refused", subscriber=subscriber.id, error=str(error)
        )
        with self._outcomes.begin() as session:
            deliveries.mark_refused(session, delivery_id, code=error.code, error=str(error))
            if error.address_at_fault:
                subscribers.stop(
                    session, subscriber.id, str(error), now=self._context.clock(), bounced=True
                )
