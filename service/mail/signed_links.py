"""Links that need no login: what they are for and for whom, signed."""

import base64
import hmac
from dataclasses import dataclass

from service.mail.render import Links

#: Bytes of a signature; nobody guesses 128 bits.
_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Signed:
    """Makes and reads the addresses of a subscriber's own pages; `key` is kept in the database."""

    site: str  #: where the pages are, without a closing slash
    key: bytes

    def links(self, subscriber: int, issue: int | None = None, alert: int | None = None) -> Links:
        """All addresses for an email to a subscriber; `issue` is the one that it carries.

        Of a notice, `alert` is the one that its unsubscribe button stops.
        """
        return Links(
            self.site,
            preferences=self._address("preferences", subscriber),
            unsubscribe=self._address("unsubscribe", subscriber),
            archive="" if issue is None else self._address("issues", issue),
            confirm=self._address("confirm", subscriber),
            alert="" if alert is None else self._address("alerts", alert),
        )

    def message(self, issue: int) -> str:
        """What stands for an issue in its Message-ID: a bounce that names it cannot be made up."""
        return token(self.key, "message", issue)

    def _address(self, purpose: str, number: int) -> str:
        return f"{self.site}/digest/{purpose}/{token(self.key, purpose, number)}"


def token(key: bytes, purpose: str, number: int) -> str:
    """The end of a link: a number, and a signature that holds for this purpose only."""
    digest = hmac.digest(key, f"{purpose}:{number}".encode(), "sha256")[:_LENGTH]
    return f"{number}-{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def number_of(key: bytes, purpose: str, text: str) -> int | None:
    """The number in a token; None if it was not signed with this key for this purpose."""
    number, _, _ = text.partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > _LENGTH + 2:
        return None
    expected = token(key, purpose, int(number))
    return int(number) if hmac.compare_digest(expected.encode(), text.encode()) else None
