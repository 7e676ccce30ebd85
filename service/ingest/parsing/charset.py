"""Charset detection and decoding: byte order mark, UTF-8, HTTP header, XML declaration."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # must precede UTF-16, whose mark is a prefix
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: First bytes of documents without a mark in charsets that are not supersets of ASCII.
_BEGINNINGS = (
    (b"<\x00\x00\x00", "utf-32-le"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
    (b"\x4c\x6f\xa7\x94", "cp037"),
)
_DECLARED = re.compile(
    rb"""^\s*<\?xml[^>]{0,200}?\bencoding\s{0,9}=\s{0,9}["']([\w.:+-]{1,40})["']"""
)
_IN_HEADER = re.compile(r"""charset\s*=\s*["']?([\w.:+-]{1,40})""", re.IGNORECASE)
#: Declared charsets, and the superset that publishers usually mean.
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
#: Text encodings of Python that are not used on the web.
_UNSUPPORTED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
)
#: Servers often declare these for every file.
_SERVER_DEFAULTS = frozenset({"cp1252", "utf-8"})


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """Decode a document; return its text and charset. Never raises.

    The order is: byte order mark; UTF-8 if the bytes are valid UTF-8, since text in another charset
    rarely is; the HTTP header, unless it contains a server default; the XML declaration;
    Windows-1252. Invalid bytes become U+FFFD.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), charset
    for beginning, charset in _BEGINNINGS:
        if body.startswith(beginning):
            return body.decode(charset, "replace"), charset
    declared = [
        codec for name in _declared_charsets(body, content_type) if (codec := _codec_name(name))
    ]
    return _decode_superset_of_ascii(body, declared)


def _decode_superset_of_ascii(body: bytes, declared: list[str]) -> tuple[str, str]:
    shifted = next((name for name in declared if name.startswith(("iso2022", "hz"))), None)
    # These encode other scripts in ASCII bytes, which would also be valid UTF-8.
    for charset in filter(None, (shifted, "utf-8", *declared)):
        try:
            return body.decode(charset), charset
        except UnicodeDecodeError:
            continue
    text = body.decode("utf-8", "replace")
    replaced = text.count("\ufffd")
    if replaced * 4 < sum(character > "\x7f" for character in text):
        return text, "utf-8"  # mostly valid
    charset = next((name for name in declared if name != "utf-8"), "cp1252")
    return body.decode(charset, "replace"), charset


def _declared_charsets(body: bytes, content_type: str) -> list[str]:
    """Return the declared charsets, the most reliable first."""
    header = [match[1] for match in [_IN_HEADER.search(content_type)] if match]
    prolog = [match[1].decode() for match in [_DECLARED.search(body[:500])] if match]
    is_default = any(_codec_name(name) in _SERVER_DEFAULTS for name in header)
    return prolog + header if is_default else header + prolog


def _codec_name(name: str) -> str | None:
    """Return the Python codec of a charset, or None if unknown or not a superset of ASCII."""
    try:
        codec = codecs.lookup(name).name
        read_entries = b"<a>".decode(codec) == "<a>"
    except (LookupError, UnicodeError):
        return None
    return _SUPERSETS.get(codec, codec) if read_entries and codec not in _UNSUPPORTED else None
