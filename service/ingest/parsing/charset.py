"""Bytes to text, although header, declaration and bytes contradict each other."""

import codecs
import re

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's, so it comes first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: How a document begins, without a mark, in charsets that are no superset of ASCII.
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
#: Charsets that publishers name, and the larger one that they mean.
_MEANT = {
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
#: Python knows these as text encodings; no publisher means them.
_NEVER = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
)
#: Servers send these without asking what the file holds.
_SERVER_DEFAULTS = frozenset({"cp1252", "utf-8"})


def decode(body: bytes, content_type: str = "") -> tuple[str, str]:
    """The text, and the charset it was read in. Never raises.

    A byte order mark wins; then UTF-8, if the bytes are valid UTF-8, whatever is declared: text
    in another charset hardly ever is. Then the header, unless it names a server's default, then
    the declaration, then Windows-1252. Bytes without meaning become U+FFFD.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), charset
    for beginning, charset in _BEGINNINGS:
        if body.startswith(beginning):
            return body.decode(charset, "replace"), charset
    declared = [known for name in _names(body, content_type) if (known := _known(name))]
    return _decode_superset_of_ascii(body, declared)


def _decode_superset_of_ascii(body: bytes, declared: list[str]) -> tuple[str, str]:
    shifted = next((name for name in declared if name.startswith(("iso2022", "hz"))), None)
    # These write other scripts in ASCII bytes, which are valid UTF-8 and would stay so.
    for charset in filter(None, (shifted, "utf-8", *declared)):
        try:
            return body.decode(charset), charset
        except UnicodeDecodeError:
            continue
    text = body.decode("utf-8", "replace")
    if _mostly_sound(text):
        return text, "utf-8"
    charset = next((name for name in declared if name != "utf-8"), "cp1252")
    return body.decode(charset, "replace"), charset


def _mostly_sound(text: str) -> bool:
    broken = text.count("\ufffd")
    return broken * 4 < sum(character > "\x7f" for character in text)


def _names(body: bytes, content_type: str) -> list[str]:
    """Declared charsets, the most credible first."""
    header = [found[1] for found in [_IN_HEADER.search(content_type)] if found]
    prolog = [found[1].decode() for found in [_DECLARED.search(body[:500])] if found]
    by_default = any(_known(name) in _SERVER_DEFAULTS for name in header)
    return prolog + header if by_default else header + prolog


def _known(name: str) -> str | None:
    """Python's name of a charset that is a superset of ASCII; None if it knows none such."""
    try:
        codec = codecs.lookup(name).name
        readable = b"<a>".decode(codec) == "<a>"
    except (LookupError, UnicodeError):
        return None
    return _MEANT.get(codec, codec) if readable and codec not in _NEVER else None
