"""Parsing of bounces and complaints, and which of them stop emails."""

import pytest

from service.mail.bounces import MailReport, parse_report

OURS = "<edition-7-abc_DEF@news.example>"


def bounce(
    fields: str, *, returned: str = f"Message-ID: {OURS}\n", kind: str = "text/rfc822-headers"
) -> bytes:
    """Build a delivery status report (RFC 3464)."""
    return (
        "From: MAILER-DAEMON@mx.example\nTo: digest@news.example\nSubject: Undelivered\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nSorry.\n\n"
        "--x\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n"
        f"--x\nContent-Type: {kind}\n\n{returned}From: digest@news.example\n\n--x--\n"
    ).encode()


def failed(status: str, action: str = "failed", diagnosis: str = "550 no such user") -> str:
    return (
        f"Final-Recipient: rfc822; ann@x.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnosis}\n"
    )


COMPLAINT = (
    'MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="x"\n\n'
    "--x\nContent-Type: text/plain\n\nA complaint.\n\n"
    "--x\nContent-Type: message/feedback-report\n\n"
    "Feedback-Type: {kind}\nUser-Agent: loop/1\nVersion: 1\n\n"
    f"--x\nContent-Type: message/rfc822\n\nMessage-ID: {OURS}\nSubject: Ferry\n\nHello\n\n--x--\n"
)


@pytest.mark.parametrize(
    ("fields", "stops"),
    [
        (failed("5.1.1"), True),
        (failed("5.0.0"), True),
        (failed("5.0.0", diagnosis="550 5.7.1 blocked by policy"), False),
        (failed("5.0.0", diagnosis="550 5.1.1 blocked by policy"), True),
        (failed("5.7.1", diagnosis="550 5.7.1 looks like spam"), False),
        (failed("4.4.7", diagnosis="gave up after five days"), False),
        (failed("4.2.2", action="delayed"), False),
        (failed("2.0.0", action="delivered"), False),
        (failed("4.0.0", action="delayed") + "\n" + failed("5.1.1"), True),
        ("", False),
    ],
)
def test_permanent_failure_of_the_address_stops_emails(fields: str, *, stops: bool):
    parsed = parse_report(bounce(fields))
    assert parsed is not None
    assert (parsed.message_id, parsed.stops, parsed.complaint) == (OURS, stops, False)
    assert "\n" not in parsed.reason


def test_reason_is_the_servers_diagnosis():
    parsed = parse_report(bounce(failed("5.1.1", diagnosis="550 no\n  such user")))
    assert parsed is not None
    assert parsed.reason == "failed 5.1.1: 550 no such user"


def test_report_may_return_the_full_email():
    assert parse_report(bounce(failed("5.1.1"), kind="message/rfc822")) is not None


@pytest.mark.parametrize(("kind", "stops"), [("abuse", True), ("not-spam", False)])
def test_complaint_stops_emails(kind: str, *, stops: bool):
    parsed = parse_report(COMPLAINT.format(kind=kind).encode())
    assert parsed == MailReport(OURS, f"complaint: {kind}", stops=stops, complaint=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\x00 rubbish",
        b"From: ann@x.example\nSubject: Out of office\n\nI am away.\n",
        bounce(failed("5.1.1"), returned="Subject: no id\n"),
        b"Content-Type: multipart/report; boundary=x\n\n--x\n",
        # A report forwarded by a reader.
        b"Content-Type: multipart/mixed; boundary=y\n\n--y\n"
        + bounce(failed("5.1.1"))
        + b"\n--y--\n",
    ],
)
def test_other_email_is_not_a_report(raw: bytes):
    assert parse_report(raw) is None
