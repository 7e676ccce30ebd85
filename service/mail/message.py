"""MIME messages: headers, plain text and HTML parts of an email."""

from base64 import encodebytes
from binascii import b2a_qp
from datetime import datetime
from email.headerregistry import Address, BaseHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache

from service.mail.render import RenderedEmail

#: ASCII only, which every mail server accepts.
_POLICY = SMTP.clone(cte_type="7bit")
#: Bytes in base64 per byte of a text, with line breaks.
_BASE64_SHARE = 1.37


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
    message["From"] = _sender_header(sender)
    message["To"] = _address(to)
    message["Subject"] = rendered.subject
    message["Date"] = _common_header("Date", format_datetime(at))
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        message["List-Id"] = f"<{list_name}.{domain_of(sender)}>"
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.make_alternative()
    message.attach(_text_part(rendered.text, "plain"))
    message.attach(_text_part(rendered.html, "html"))
    return message


def _text_part(text: str, subtype: str) -> EmailMessage:
    """A part in quoted-printable, or in base64 if that is shorter.

    `EmailMessage.set_content` has a similar result, but it encodes in Python, which takes ten times
    as long.
    """
    data = (text.rstrip("\n") + "\n").encode()
    payload, encoding = b2a_qp(data, istext=True), "quoted-printable"
    if len(payload) > _BASE64_SHARE * len(data):
        payload, encoding = encodebytes(data.replace(b"\n", b"\r\n")), "base64"
    part = EmailMessage(_POLICY)
    part["Content-Type"] = _common_header("Content-Type", f'text/{subtype}; charset="utf-8"')
    part["Content-Transfer-Encoding"] = _common_header("Content-Transfer-Encoding", encoding)
    part.set_payload(payload.decode("ascii"))
    return part


# Emails of a run share most headers, and parsing one takes longer than the rest of the message.
@lru_cache(64)
def _common_header(name: str, value: str) -> BaseHeader:
    header: BaseHeader = _POLICY.header_factory(name, value)
    return header


@lru_cache(64)
def _sender_header(sender: str) -> BaseHeader:
    header: BaseHeader = _POLICY.header_factory("From", _address(sender))
    return header


def edition_message_id(token: int | str, sender: str) -> str:
    """Message-ID of an edition; `token` makes it unique."""
    return f"<edition-{token}@{domain_of(sender)}>"


def domain_of(sender: str) -> str:
    """Domain of an address with an optional display name."""
    return parseaddr(sender)[1].rpartition("@")[2]


def _address(text: str) -> Address:
    name, address = parseaddr(text)
    return Address(name, addr_spec=address)
