"""Reports of mail servers: which stop delivery, and which say nothing of us."""

import pytest

from service.mail.bounces import MailReport, read_report

OURS = "<issue-7-abc_DEF@news.example>"


def bounce(
    fields: str, *, returned: str = f"Message-ID: {OURS}\n", kind: str = "text/rfc822-headers"
) -> bytes:
    """A report as RFC 3464 has it."""
    return (
        "From: MAILER-DAEMON@mx.example\nTo: digest@news.example\nSubject: Undelivered\n"
        "MIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n'
        "--x\nContent-Type: text/plain\n\nSorry.\n\n"
        "--x\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\n{fields}\n"
        f"--x\nContent-Type: {kind}\n\n{returned}From: digest@news.example\n\n--x--\n"
    ).encode()


def failed(status: str, action: str = "failed", said: str = "550 no such user") -> str:
    return (
        f"Final-Recipient: rfc822; ann@x.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {said}\n"
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
        (failed("5.7.1", said="550 5.7.1 looks like spam"), False),
        (failed("4.4.7", said="gave up after five days"), False),
        (failed("4.2.2", action="delayed"), False),
        (failed("2.0.0", action="delivered"), False),
        (failed("4.0.0", action="delayed") + "\n" + failed("5.1.1"), True),
        ("", False),
    ],
)
def test_a_refusal_for_good_of_the_address_stops_delivery(fields: str, *, stops: bool):
    found = read_report(bounce(fields))
    assert found is not None
    assert (found.message_id, found.stops, found.complaint) == (OURS, stops, False)
    assert "\n" not in found.reason


def test_the_reason_is_the_server_s():
    found = read_report(bounce(failed("5.1.1", said="550 no\n  such user")))
    assert found is not None
    assert found.reason == "failed 5.1.1: 550 no such user"


def test_the_whole_email_may_come_back():
    assert read_report(bounce(failed("5.1.1"), kind="message/rfc822")) is not None


@pytest.mark.parametrize(("kind", "stops"), [("abuse", True), ("not-spam", False)])
def test_complaints_stop_delivery(kind: str, *, stops: bool):
    found = read_report(COMPLAINT.format(kind=kind).encode())
    assert found == MailReport(OURS, f"complaint: {kind}", stops=stops, complaint=True)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\x00 rubbish",
        b"From: ann@x.example\nSubject: Out of office\n\nI am away.\n",
        bounce(failed("5.1.1"), returned="Subject: no id\n"),
        b"Content-Type: multipart/report; boundary=x\n\n--x\n",
        # What a reader forwards is no report, whatever it holds.
        b"Content-Type: multipart/mixed; boundary=y\n\n--y\n"
        + bounce(failed("5.1.1"))
        + b"\n--y--\n",
    ],
)
def test_other_emails_are_no_reports(raw: bytes):
    assert read_report(raw) is None
