"""MIME parts of an email: encodings that mail servers accept, and unchanged text."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from service.mail.message import build_message
from service.mail.render import RenderedEmail


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Plain words.\n\nA second paragraph", "quoted-printable"),
        ("A lone dot:\n.\nFrom here on, trailing blanks  \nand a tab\t\n", "quoted-printable"),
        ("=3D is no escape here; " * 20, "quoted-printable"),
        ("Überschwemmung in Köln. " * 20, "quoted-printable"),
        ("تركيا وسوريا تلتقيان في موسكو\nاليوم " * 20, "base64"),
        ("", "quoted-printable"),
    ],
)
def test_parts_keep_their_text(text: str, encoding: str):
    sent = build_message(
        RenderedEmail("Subject", f"<p>{text}</p>", text),
        sender="News <news@example.org>",
        to="reader@example.org",
        message_id="<1@example.org>",
        at=datetime(2026, 4, 25, tzinfo=UTC),
    ).as_bytes()
    assert sent.isascii()
    assert max(map(len, sent.splitlines())) <= 78
    plain, html = message_from_bytes(sent.replace(b"\r\n", b"\n"), policy=default).iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert {each["Content-Transfer-Encoding"] for each in (plain, html)} == {encoding}
    assert plain.get_content().replace("\r", "") == text.rstrip("\n") + "\n"
    assert html.get_content().replace("\r", "") == f"<p>{text}</p>\n"
