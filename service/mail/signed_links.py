"""Signed links: tokens for subscribers' pages that need no login."""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from service.mail.render import Links
from service.settings.sections.delivery import MailSettings

#: Bytes of a signature: 128 bits.
_SIGNATURE_BYTES = 16
#: Decimal digits of the largest database id and a margin; digits of the last day.
_MAX_DIGITS, _DAY_DIGITS = 18, 6
#: Number of latest requests of a subscriber whose confirmation links are recognised.
_FORMER_REQUESTS = 100
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Token:
    """Content of a valid token: a number, and the last day on which the token may be used."""

    number: int
    last_day: date | None  #: None: it does not expire

    def has_expired(self, now: datetime) -> bool:
        """Whether the last day is over, in UTC."""
        return self.last_day is not None and now.astimezone(UTC).date() > self.last_day


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Creates the signed links of emails at one time."""

    site: str  #: base URL without a trailing slash
    key: bytes
    last_day: date  #: of all links except those of confirmations
    last_day_to_confirm: date

    @classmethod
    def at(cls, now: datetime, site: str, key: bytes, settings: MailSettings) -> "LinkSigner":
        """Create the signer of links that are created now."""
        last, last_to_confirm = (
            last_day_of(now, days) for days in (settings.link_days, settings.confirm_days)
        )
        return cls(site, key, last, last_to_confirm)

    def links(
        self,
        subscriber: int,
        edition: int | None = None,
        alert: int | None = None,
        *,
        request_number: int = 1,
    ) -> Links:
        """Links of an email to a subscriber.

        `edition` is the email itself; the unsubscribe button stops `alert`. The confirmation link
        belongs to the subscriber's request with this number.
        """
        return Links(
            self.site,
            preferences=self._link("preferences", subscriber),
            unsubscribe=self._link("unsubscribe", subscriber),
            archive="" if edition is None else self._link("editions", edition),
            confirm=self._link("confirm", subscriber, confirm_purpose(request_number)),
            alert="" if alert is None else self._link("alerts", alert),
        )

    def message_token(self, edition: int) -> str:
        """Token of an edition in its Message-ID, which keeps bounces from being forged."""
        return sign_token(self.key, "message", edition)

    def _link(self, page: str, number: int, purpose: str = "") -> str:
        last_day = self.last_day_to_confirm if page == "confirm" else self.last_day
        token = sign_token(self.key, purpose or page, number, last_day)
        return f"{self.site}/digest/{page}/{token}"


def confirm_purpose(request_number: int) -> str:
    """Purpose of the link that confirms a request; links of former releases have request 1."""
    return "confirm" if request_number <= 1 else f"confirm.{request_number}"


def last_day_of(now: datetime, days: float) -> date:
    """The last day on which a link that is created now may be used."""
    return (now.astimezone(UTC) + timedelta(days=days)).date()


def sign_token(key: bytes, purpose: str, number: int, last_day: date | None = None) -> str:
    """Create a token: the number, its last day, and an HMAC signature for this purpose.

    The day is the number of days since 1970. Without a last day, the token does not expire.
    """
    content = f"{number}" if last_day is None else f"{number}.{(last_day - _EPOCH).days}"
    # Tokens of earlier versions have no last day; the signed text of those stays the same.
    digest = hmac.digest(key, f"{purpose}:{content}".encode(), "sha256")[:_SIGNATURE_BYTES]
    return f"{content}-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def verify_token(key: bytes, purpose: str, token: str) -> Token | None:
    """Return the content of a token; None unless it was signed with this key for this purpose.

    The caller checks whether the token has expired.
    """
    number, separator, day = token.partition("-")[0].partition(".")
    if not _is_number(number, _MAX_DIGITS) or (separator and not _is_number(day, _DAY_DIGITS)):
        return None
    last_day = _EPOCH + timedelta(days=int(day)) if separator else None
    expected = sign_token(key, purpose, int(number), last_day)
    if not hmac.compare_digest(expected.encode(), token.encode()):
        return None
    return Token(int(number), last_day)


def read_number(token: str) -> int:
    """Return the number in a token, or 0; does not check the signature."""
    number = token.partition("-")[0].partition(".")[0]
    return int(number) if _is_number(number, _MAX_DIGITS) else 0


def find_request(key: bytes, token: str, latest: int) -> int:
    """Return the number of the request of a confirmation link; 1 if no later one matches.

    `latest` is the number of the latest request. Links of much earlier requests count as invalid.
    """
    requests = range(latest, max(latest - _FORMER_REQUESTS, 1), -1)
    matching = (each for each in requests if verify_token(key, confirm_purpose(each), token))
    return next(matching, 1)


def _is_number(text: str, digits: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= digits
