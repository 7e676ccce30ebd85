"""Reads what mail servers send back later: reports of failed delivery, and complaints.

Failures come as RFC 3464 has them, complaints of readers as RFC 5965. Both return the email, or its
headers, by whose Message-ID its reader is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

_POLICY = re.compile(r"5\.7\.")
_PERMANENT = "5."
#: What is kept of a server's reason.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class MailReport:
    """A report about one email of ours; `stops` if nothing more should go to its reader."""

    message_id: str
    reason: str  #: one line
    stops: bool
    complaint: bool


def read_report(raw: bytes) -> MailReport | None:
    """The report that an email is; None if it is none, or names no email."""
    email = BytesParser(policy=policy.default).parsebytes(raw)
    message_id = _returned_id(email)
    if not message_id:
        return None
    for part in _parts(email):
        kind = part.get_content_type()
        if kind == "message/feedback-report":
            return _complaint(_fields(part), message_id)
        if kind == "message/delivery-status":
            return _failure(_fields(part), message_id)
    return None


def _complaint(fields: dict[str, str], message_id: str) -> MailReport:
    kind = fields.get("feedback-type", "")
    stops = kind.lower() in {"abuse", "fraud", "opt-out"}
    return MailReport(message_id, f"complaint: {kind or 'unknown'}", stops=stops, complaint=True)


def _failure(fields: dict[str, str], message_id: str) -> MailReport:
    """A refusal for good stops delivery, but for one of us and not of the address."""
    action, status = fields.get("action", "").lower(), fields.get("status", "")
    told = fields.get("diagnostic-code", "").partition(";")[2] or status
    reason = " ".join(f"{action} {status}: {told}".split())[:_LONGEST]
    stops = action == "failed" and status.startswith(_PERMANENT) and not _POLICY.match(status)
    return MailReport(message_id, reason, stops=stops, complaint=False)


def _returned_id(email: EmailMessage) -> str:
    """The Message-ID of the email that was returned, as a whole or its headers alone."""
    for part in _parts(email):
        kind = part.get_content_type()
        if kind == "text/rfc822-headers":
            headers = BytesParser(policy=policy.default).parsebytes(_bytes(part), headersonly=True)
            return str(headers["Message-ID"] or "").strip()
        if kind == "message/rfc822":
            [inner] = part.iter_parts()
            return str(inner["Message-ID"] or "").strip()
    return ""


def _parts(email: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of a report itself, not those of the email that it returns."""
    if email.get_content_type() == "multipart/report":
        yield from (part for part in email.iter_parts() if isinstance(part, EmailMessage))


def _fields(part: EmailMessage) -> dict[str, str]:
    """The fields of a report, of its first failed address where there are several."""
    blocks = part.get_payload()
    found: dict[str, str] = {}
    if not isinstance(blocks, list):  # of an unknown kind of report the text is not parsed
        parsed = BytesParser(policy=policy.compat32).parsebytes(_bytes(part), headersonly=True)
        return {name.lower(): str(value) for name, value in parsed.items()}
    for block in blocks:
        if not isinstance(block, EmailMessage):
            continue
        fields = {name.lower(): str(value) for name, value in block.items()}
        if found.get("action", "").lower() != "failed":
            found |= fields
    return found


def _bytes(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
