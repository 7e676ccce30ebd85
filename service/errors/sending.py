"""Errors of emails and webhook deliveries."""

from service.errors.base import SamestoryError


class DeliveryError(SamestoryError):
    """A webhook receiver did not accept a delivery; `status` is its HTTP status, if any."""

    def __init__(self, url: str, reason: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.status = status


class MailError(SamestoryError):
    """An email was not sent; `code` is the SMTP reply code, if any."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.code = code


class MailRefusedError(MailError):
    """The server rejected the email permanently; `address_at_fault` if it rejected the address."""

    def __init__(self, reason: str, code: int, *, address_at_fault: bool) -> None:
        super().__init__(reason, code)
        self.address_at_fault = address_at_fault


class MailDeferredError(MailError):
    """The server did not accept the email now; a later attempt may succeed."""


class MailServerError(MailError):
    """The server is unreachable or accepts no emails from us; further attempts are pointless."""
