"""Sends the emails that wait, one attempt after the other, each noted before it is made."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol

import structlog
from sqlalchemy.orm import Session

from jobs.running.context import Context, Counts
from service.errors import MailDeferredError, MailRefusedError, MailServerError, SettingsError
from service.mail.message import domain_of, issue_message_id, message
from service.mail.render import DigestMessage, Renderer, AlertMessage
from service.mail.sender import Sender
from service.mail.signed_links import LinkSigner
from service.settings.load import Settings
from service.store.database.sessions import Sessions
from service.store.subscribers import alert_emails, editions, link_keys, subscribers
from service.store.subscribers.editions import Kind
from service.store.subscribers.subscribers import Subscriber

log = structlog.get_logger()

#: How long until the second attempt; twice that until the third, and so on up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=2)
#: What the service calls itself in emails.
TITLE = "samestory"


def deliver(context: Context, sender: Sender, kind: Kind) -> Counts:
    """Send what waits of a kind; counts of what became of it. The caller holds this kind's lock.

    An attempt whose outcome nobody knows, since the process or the connection ended between the
    end of the email and the server's answer, is made again under the same Message-ID: better twice
    than never.

    Raises:
        MailServerError: the server takes nothing; what waits is tried again later.
    """
    now, settings = context.clock(), context.settings
    with context.sessions.begin() as session:
        cut_off = editions.settle_cut_off(session, kind)
        given_up = _give_up(session, settings, kind, now)
        ids = editions.waiting(session, kind, now=now)
        signed = LinkSigner(site(settings), link_keys.ensure(session, link_keys.LINKS, now=now))
    counts = {"cut_off": cut_off, **given_up, "sent": 0, "deferred": 0, "refused": 0}
    delivery = _Delivery(context, sender, signed)
    for edition_id in ids:
        if context.stopping():
            break
        counts[delivery.attempt(edition_id)] += 1
    return counts


def _give_up(session: Session, settings: Settings, kind: Kind, now: datetime) -> Counts:
    """What is too late to be sent: an issue is left out, a notice waits for the next issue."""
    if kind == "alert":
        return {"late": alert_emails.fold_late(session, now=now, after=settings.alerts.defer_after)}
    return {"expired": editions.expire(session, now=now, catch_up=settings.editions.catch_up)}


class Asking(Protocol):
    """What asking somebody to confirm takes; the world of a job has it, and so has a request's."""

    @property
    def sessions(self) -> Sessions: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


def ask_to_confirm(context: Asking, sender: Sender, to: Subscriber) -> None:
    """Send the email that asks a new subscriber to confirm.

    Raises:
        SettingsError: it would have no link.
        MailError: it was not taken.
    """
    need_addresses(context.settings)
    now, mail = context.clock(), context.settings.mail
    with context.sessions.begin() as session:
        key = link_keys.ensure(session, link_keys.LINKS, now=now)
    links = LinkSigner(site(context.settings), key).links(to.id)
    written = renderer(context.settings).confirmation(to.address, links)
    sender.send(
        message(
            written,
            sender=mail.sender,
            to=to.address,
            message_id=f"<confirm-{to.id}-{int(now.timestamp())}@{domain_of(mail.sender)}>",
            at=now,
        )
    )


def need_addresses(settings: Settings) -> None:
    """SettingsError unless emails can carry links that lead to the pages."""
    if not settings.mail.site.startswith(("http://", "https://")):
        raise SettingsError(
            "mail.site is empty or no address; links in emails lead there: set "
            "SAMESTORY_MAIL__SITE to where readers find the pages, e.g. https://news.example.org"
        )


def site(settings: Settings) -> str:
    """Where the pages are: the setting, or else this machine's own address."""
    web = settings.web
    return settings.mail.site.rstrip("/") or f"http://{web.host}:{web.port}"


def renderer(settings: Settings) -> Renderer:
    """Writes emails as the settings say."""
    return Renderer(title=TITLE, site=site(settings), imprint=settings.mail.imprint)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    doublings = max(min(attempts - 1, 10), 0)
    return min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)


class _Delivery:
    """What all attempts of a run share."""

    def __init__(self, context: Context, sender: Sender, signed: LinkSigner) -> None:
        self._context = context
        self._sender = sender
        self._signed = signed
        self._renderer = renderer(context.settings)

    def attempt(self, edition_id: int) -> str:
        """Send one issue; what became of it."""
        now = self._context.clock()
        with self._context.sessions.begin() as session:
            issue = editions.get(session, edition_id)
            to = subscribers.get(session, issue.subscriber)
            sender = self._context.settings.mail.sender
            message_id = issue_message_id(self._signed.message(edition_id), sender)
            delivery = editions.begin(session, edition_id, message_id, now=now)
        late = issue.late or issue.due.late(now, self._context.settings.editions.tolerance)
        email = self._write(issue, to, message_id, late=late, now=now)
        try:
            self._sender.send(email, before_end=lambda: self._ending(delivery))
        except MailRefusedError as error:
            self._refused(delivery, to, error)
            return "refused"
        except (MailDeferredError, MailServerError) as error:
            self._deferred(delivery, edition_id, error, now)
            return "deferred"
        with self._context.sessions.begin() as session:
            size = len(email.as_bytes())
            editions.sent(session, delivery, late=late, size=size, now=self._context.clock())
        return "sent"

    def _write(
        self, issue: editions.DigestMessage, to: Subscriber, message_id: str, *, late: bool, now: datetime
    ) -> EmailMessage:
        time_zone, at = to.schedule.time_zone, issue.due.at
        if issue.notice is None:
            links = self._signed.links(to.id, issue.id)
            told = DigestMessage(issue.digest, issue.due.local_date, at, time_zone, late=late)
            written, name, unsubscribe = (
                self._renderer.digest(told, to.address, links), "digest", links.unsubscribe,
            )  # fmt: skip
        else:
            links = self._signed.links(to.id, issue.id, issue.notice.alerts[0].id)
            notice = AlertMessage(issue.notice, at, time_zone, late=late)
            written, name, unsubscribe = (
                self._renderer.notice(notice, to.address, links), "alerts", links.alert,
            )  # fmt: skip
        return message(
            written,
            sender=self._context.settings.mail.sender,
            to=to.address,
            message_id=message_id,
            at=now,
            unsubscribe=unsubscribe,
            name=name,
        )

    def _ending(self, delivery: int) -> None:
        with self._context.sessions.begin() as session:
            editions.ending(session, delivery)

    def _refused(self, delivery: int, to: Subscriber, error: MailRefusedError) -> None:
        log.warning("issue refused", action="issue_refused", subscriber=to.id, error=str(error))
        with self._context.sessions.begin() as session:
            editions.refused(session, delivery, code=error.code, error=str(error))
            if error.address_at_fault:
                subscribers.stop(session, to.id, str(error), bounced=True)

    def _deferred(
        self,
        delivery: int,
        edition_id: int,
        error: MailDeferredError | MailServerError,
        now: datetime,
    ) -> None:
        """Try again later; a server that takes nothing ends the run."""
        with self._context.sessions.begin() as session:
            until = now + pause(editions.attempts(session, edition_id))
            editions.deferred(session, delivery, code=error.code, error=str(error), until=until)
        if isinstance(error, MailServerError):
            raise error
