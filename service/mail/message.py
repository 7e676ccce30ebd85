"""MIME messages: headers, plain text and HTML parts of an email."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from service.mail.render import RenderedEmail

#: ASCII only, which every mail server accepts.
_POLICY = SMTP.clone(cte_type="7bit")


def build_message(
    rendered: RenderedEmail,
    *,
    sender: str,
    to: str,
    message_id: str,
    at: datetime,
    unsubscribe: str = "",
    list_name: str = "digest",
) -> EmailMessage:
    """Build a message with text and HTML parts.

    With `unsubscribe`, a URL that accepts POST, mail programs show their own unsubscribe button
    (RFC 2369, RFC 8058). `sender` may include a display name: `News <news@example.org>`.
    """
    message = EmailMessage(_POLICY)
    message["From"] = _address(sender)
    message["To"] = _address(to)
    message["Subject"] = rendered.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Id"] = f"<{list_name}.{domain_of(sender)}>"
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message


def edition_message_id(token: int | str, sender: str) -> str:
    """Message-ID of an edition; `token` makes it unique."""
    return f"<edition-{token}@{domain_of(sender)}>"


def domain_of(sender: str) -> str:
    """Domain of an address with an optional display name."""
    return parseaddr(sender)[1].rpartition("@")[2]


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)
