"""Decoding of documents: byte order mark, UTF-8, declared charsets, then a guess from the text."""

import codecs
import re

from service.errors import BadInputError
from service.ingest.parsing.charset_guess import guess_charset

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
#: Escape sequences of charsets that consist of ASCII bytes.
_ESCAPES = ((b"\x1b$)C", "iso2022_kr"), (b"\x1b$B", "iso2022_jp"), (b"\x1b$@", "iso2022_jp"))
#: Servers often declare these for every file.
_SERVER_DEFAULTS = frozenset({"cp1252", "utf-8"})


def decode(
    body: bytes, content_type: str = "", *, charset: str = "", language: str = ""
) -> tuple[str, str]:
    """Decode a document; return its text and charset. Never raises for a known `charset`.

    The first charset of this list that applies is used:

    1. the byte order mark
    2. `charset`, a codec that the operator sets
    3. UTF-8 if most non-ASCII bytes are valid, because text in other charsets rarely is valid UTF-8
    4. the HTTP header, unless it contains a server default, if the resulting text is plausible
    5. the XML declaration, if the resulting text is plausible
    6. a guess from the text and its language

    `language` is used if the document declares none. Invalid bytes become U+FFFD.
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace"), name
    if charset:
        return body.decode(charset, "replace"), charset
    for beginning, name in _BEGINNINGS:
        if body.startswith(beginning):
            return body.decode(name, "replace"), name
    declared = [
        codec for name in _declared_charsets(body, content_type) if (codec := _codec_name(name))
    ]
    return _decode_superset_of_ascii(body, declared, language)


def parse_charset(name: str) -> str:
    """Return the codec of a charset, as `decode` takes it.

    Raises:
        BadInputError: the charset is unknown or is not used on the web.
    """
    try:
        codec = codecs.lookup(name.strip())
        text, _ = codec.decode("<a>".encode(codec.name))
    except (LookupError, ValueError):
        text = ""
    if text != "<a>" or codec.name in _UNSUPPORTED:
        raise BadInputError(f"Unknown charset {name!r}: expected a name such as windows-1251")
    return _SUPERSETS.get(codec.name, codec.name)


def _decode_superset_of_ascii(body: bytes, declared: list[str], language: str) -> tuple[str, str]:
    # These encode other scripts in ASCII bytes, which would also be valid UTF-8.
    shifted = [name for name in declared if name.startswith(("iso2022", "hz"))]
    shifted += [name for escape, name in _ESCAPES if escape in body]
    for charset in (*shifted, "utf-8"):
        try:
            return body.decode(charset), charset
        except UnicodeDecodeError:
            continue
    text = body.decode("utf-8", "replace")
    replaced = text.count("\ufffd")
    # In other charsets, few characters beyond ASCII are also valid in UTF-8.
    if replaced * 2 < sum(character > "\x7f" for character in text):
        return text, "utf-8"  # mostly valid
    charset = guess_charset(body, declared, language)
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
        is_ascii_superset = b"<a>".decode(codec) == "<a>"
    except (LookupError, UnicodeError):
        return None
    return _SUPERSETS.get(codec, codec) if is_ascii_superset and codec not in _UNSUPPORTED else None
