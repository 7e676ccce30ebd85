"""Signed links: tokens for subscribers' pages that need no login."""

import base64
import hmac
from dataclasses import dataclass

from service.mail.render import Links

#: Bytes of a signature: 128 bits.
_SIGNATURE_BYTES = 16
#: Decimal digits of the largest database id and a margin.
_MAX_DIGITS = 18


@dataclass(frozen=True, slots=True)
class LinkSigner:
    """Creates the signed links of emails."""

    site: str  #: base URL without a trailing slash
    key: bytes

    def links(self, subscriber: int, edition: int | None = None, alert: int | None = None) -> Links:
        """Links of an email to a subscriber.

        `edition` is the email itself; the unsubscribe button stops `alert`.
        """
        return Links(
            self.site,
            preferences=self._link("preferences", subscriber),
            unsubscribe=self._link("unsubscribe", subscriber),
            archive="" if edition is None else self._link("editions", edition),
            confirm=self._link("confirm", subscriber),
            alert="" if alert is None else self._link("alerts", alert),
        )

    def message_token(self, edition: int) -> str:
        """Token of an edition in its Message-ID, which keeps bounces from being forged."""
        return sign_token(self.key, "message", edition)

    def _link(self, purpose: str, number: int) -> str:
        return f"{self.site}/digest/{purpose}/{sign_token(self.key, purpose, number)}"


def sign_token(key: bytes, purpose: str, number: int) -> str:
    """Create a token: the number with an HMAC signature for this purpose."""
    digest = hmac.digest(key, f"{purpose}:{number}".encode(), "sha256")[:_SIGNATURE_BYTES]
    return f"{number}-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def verify_token(key: bytes, purpose: str, token: str) -> int | None:
    """Return the number of a token; None unless it was signed with this key for this purpose."""
    number, _, _ = token.partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > _MAX_DIGITS:
        return None
    expected = sign_token(key, purpose, int(number))
    return int(number) if hmac.compare_digest(expected.encode(), token.encode()) else None
