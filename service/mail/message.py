"""Puts an email together: headers, plain text and HTML."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from service.mail.render import Rendered

#: Only ASCII on the wire, so that every server takes it.
_POLICY = SMTP.clone(cte_type="7bit")


def message(
    rendered: Rendered,
    *,
    sender: str,
    to: str,
    message_id: str,
    at: datetime,
    unsubscribe: str = "",
    name: str = "digest",
) -> EmailMessage:
    """An email with both parts; one of the list `name` has `unsubscribe`, an address for a POST.

    Mail programs show a button of their own for it (RFC 2369, RFC 8058). `sender` may have a name:
    `News <news@example.org>`.
    """
    found = EmailMessage(_POLICY)
    found["From"] = _address(sender)
    found["To"] = _address(to)
    found["Subject"] = rendered.subject
    found["Date"] = format_datetime(at)
    found["Message-ID"] = message_id
    found["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        found["List-Id"] = f"<{name}.{domain_of(sender)}>"
        found["List-Unsubscribe"] = f"<{unsubscribe}>"
        found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    found.set_content(rendered.text)
    found.add_alternative(rendered.html, subtype="html")
    return found


def issue_message_id(issue: int | str, sender: str) -> str:
    """The Message-ID of an issue: the same whenever it is sent, so that a second copy is known."""
    return f"<issue-{issue}@{domain_of(sender)}>"


def domain_of(sender: str) -> str:
    """The domain of an address that may stand beside a name."""
    return parseaddr(sender)[1].rpartition("@")[2]


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)
