"""Parsing of bounces and complaints: delivery status (RFC 3464) and abuse reports (RFC 5965).

Both contain the original email or its headers; its Message-ID identifies the recipient.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from service.mail.refusals import find_status, is_policy

_PERMANENT = "5."
#: Maximum length of a stored reason.
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class MailReport:
    """A bounce or complaint about one of our emails."""

    message_id: str
    reason: str  #: one line
    stops: bool  #: whether emails to the recipient must stop
    complaint: bool  #: whether it is a feedback report (RFC 5965) of any kind


def parse_report(raw: bytes) -> MailReport | None:
    """Parse an email; None unless it is a report that names an email."""
    email = BytesParser(policy=policy.default).parsebytes(raw)
    message_id = _returned_message_id(email)
    if not message_id:
        return None
    for part in _report_parts(email):
        content_type = part.get_content_type()
        if content_type == "message/feedback-report":
            return _parse_complaint(_fields(part), message_id)
        if content_type == "message/delivery-status":
            return _parse_bounce(_fields(part), message_id)
    return None


def _parse_complaint(fields: dict[str, str], message_id: str) -> MailReport:
    feedback = fields.get("feedback-type", "")
    stops = feedback.lower() in {"abuse", "fraud", "opt-out"}
    return MailReport(
        message_id, f"complaint: {feedback or 'unknown'}", stops=stops, complaint=True
    )


def _parse_bounce(fields: dict[str, str], message_id: str) -> MailReport:
    """Parse a bounce. A permanent failure stops emails unless it rejects the sender.

    The status 5.0.0 states no reason; then that of the diagnosis counts.
    """
    action, status = fields.get("action", "").lower(), fields.get("status", "")
    diagnosis = fields.get("diagnostic-code", "").partition(";")[2] or status
    reason = " ".join(f"{action} {status}: {diagnosis}".split())[:_MAX_REASON]
    is_permanent = action == "failed" and status.startswith(_PERMANENT)
    stops = is_permanent and not is_policy(find_status(f"{status} {diagnosis}"))
    return MailReport(message_id, reason, stops=stops, complaint=False)


def _returned_message_id(email: EmailMessage) -> str:
    """The Message-ID of the returned email, which is included in full or as headers."""
    for part in _report_parts(email):
        content_type = part.get_content_type()
        if content_type == "text/rfc822-headers":
            headers = BytesParser(policy=policy.default).parsebytes(
                _payload(part), headersonly=True
            )
            return str(headers["Message-ID"] or "").strip()
        if content_type == "message/rfc822":
            [inner] = part.iter_parts()
            return str(inner["Message-ID"] or "").strip()
    return ""


def _report_parts(email: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of the report itself, without those of the returned email."""
    if email.get_content_type() == "multipart/report":
        yield from (part for part in email.iter_parts() if isinstance(part, EmailMessage))


def _fields(part: EmailMessage) -> dict[str, str]:
    """The fields of a report; with several recipients, those of the first failed one."""
    blocks = part.get_payload()
    if not isinstance(blocks, list):  # the parser leaves unknown report types as text
        parsed = BytesParser(policy=policy.compat32).parsebytes(_payload(part), headersonly=True)
        return {name.lower(): str(value) for name, value in parsed.items()}
    fields: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, EmailMessage) and fields.get("action", "").lower() != "failed":
            fields |= {name.lower(): str(value) for name, value in block.items()}
    return fields


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
