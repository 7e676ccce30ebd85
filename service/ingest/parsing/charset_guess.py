"""Charset detection for bytes that are not UTF-8, checked against the language of the document."""

import codecs
import re
from collections.abc import Sequence

from charset_normalizer import from_bytes

from service.ingest.language_by_words import language_of_words

#: Fallback charsets by language, the most frequent first. Source: "determining the character
#: encoding" in the HTML standard, with the older charsets of the same script.
_CYRILLIC = ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866")
_CENTRAL_EUROPEAN = ("cp1250", "iso8859-2")
_BALTIC = ("cp1257", "iso8859-13")
_ARABIC = ("cp1256", "iso8859-6")
_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ba be bg ce cv kk ky mk mn os ru sah tg tt udm uk", _CYRILLIC),
    ("bs hr sr", ("cp1251", "iso8859-5", *_CENTRAL_EUROPEAN)),
    ("cs hu pl ro sk sl sq", _CENTRAL_EUROPEAN),
    ("et lt lv", _BALTIC),
    ("el", ("cp1253", "iso8859-7")),
    ("az ku tr", ("cp1254",)),
    ("he yi", ("cp1255", "iso8859-8")),
    ("ar fa ps sd ug ur", _ARABIC),
    ("vi", ("cp1258",)),
    ("th", ("cp874",)),
    ("ja", ("cp932", "euc_jp")),
    ("ko", ("cp949", "johab")),
    ("zh", ("gb18030", "big5hkscs")),
)
_BY_LANGUAGE = {code: charsets for codes, charsets in _GROUPS for code in codes.split()}
_WESTERN = "cp1252"
#: Characters that a text in these charsets contains, and their minimum share of the non-ASCII
#: characters. Bytes of other East Asian charsets are often valid in them.
_HANGUL, _KANA = (re.compile("[\uac00-\ud7a3]"), 0.6), (re.compile("[\u3041-\u30fa]"), 0.1)
_SCRIPTS = {"cp949": _HANGUL, "johab": _HANGUL, "cp932": _KANA, "euc_jp": _KANA}
#: A symbol beyond ASCII beside a letter; none of these is a punctuation mark.
_SYMBOL_IN_WORD = re.compile(r"[^\W\d_][¡¦¬¯±¶¸ˇ˘˙˛˝¤¢¥](?=\w)|\b[¦¬¯±¶¸ˇ˘˙˛˝](?=[^\W\d_])")
#: Charsets of the web for documents whose language does not decide; first those with a test above.
_ALL = (
    *("cp932", "euc_jp", "cp949", *_CYRILLIC[:4], *_CENTRAL_EUROPEAN, "cp1257", "cp1253", "cp1254"),
    *("cp1255", "cp1256", "cp1258", "cp874", "gb18030", "big5hkscs", _WESTERN),
)
_LANGUAGE = re.compile(
    rb"""<(?:\w{1,20}:)?language>\s{0,20}([A-Za-z]{2,3})\b"""
    rb"""|\b(?:xml:)?lang\s{0,4}=\s{0,4}["']?([A-Za-z]{2,3})\b"""
    rb"""|"language"\s{0,4}:\s{0,4}"([A-Za-z]{2,3})\b"""
)
#: Bytes that are searched for the declared language; it is near the start.
_HEAD_BYTES = 5000
_TAG = re.compile(rb"<[^<>]*>")
#: Enough text for letter frequencies, and little enough to be fast.
_SAMPLE_BYTES = 10_000
#: Share of invalid characters up to which a multi-byte charset is still accepted.
_MAX_INVALID = 0.1
#: Language coherence from which letter frequencies count as evidence.
_MIN_COHERENCE = 0.3


def guess_charset(body: bytes, declared: Sequence[str], language: str = "") -> str:
    """Return the Python codec of bytes in a superset of ASCII other than UTF-8.

    `declared` holds codecs, the most reliable first. They are used unless their text is
    implausible. `language` is a code of two or three letters that replaces a missing declaration in
    the document. Function words show the language of a document without either; most of them
    consist of ASCII letters.
    """
    sample = _sample(body)
    languages = (
        _declared_language(body) or language.lower(),
        language_of_words(sample.decode("latin-1")),
    )
    usual = next((_BY_LANGUAGE[code] for code in languages if code in _BY_LANGUAGE), ())
    trusted = [name for name in declared if name != "utf-8"]
    if usual and set(trusted) <= {_WESTERN}:
        trusted = []  # a server default
    likely = [*(name for name in trusted if not usual or name in usual), *usual] or [_WESTERN]
    return (
        _most_plausible(sample, likely)
        or _most_plausible(sample, trusted)
        or _most_plausible(sample, _ALL)
        or _least_invalid(sample, likely)
    )


def _declared_language(body: bytes) -> str:
    match = _LANGUAGE.search(body[:_HEAD_BYTES])
    return next(filter(None, match.groups()), b"").decode().lower() if match else ""


def _sample(body: bytes) -> bytes:
    """Return text with non-ASCII characters, without tags, cut only between words."""
    lines: list[bytes] = []
    missing = _SAMPLE_BYTES
    for line in _TAG.sub(b"\n", body).splitlines():
        if line.isascii():
            continue
        part = line if len(line) <= missing else line[:missing].rpartition(b" ")[0]
        lines.append(part)
        missing -= len(part)
        if part != line:
            break
    return b"\n".join(lines) or body


def _most_plausible(sample: bytes, charsets: Sequence[str]) -> str:
    """Return the charset whose text is most likely in a language; "" if no text is plausible."""
    ranks: dict[str, tuple[float, float, int]] = {}
    for match in from_bytes(sample, cp_isolation=list(charsets), preemptive_behaviour=False):
        coherence = match.coherence if match.coherence >= _MIN_COHERENCE else 0.0
        # One match stands for all charsets in which the bytes are the same text.
        for name in {codecs.lookup(name).name for name in match.could_be_from_charset}:
            text = str(match)
            if name in charsets and _fits_script(name, text):
                chaos = round(match.chaos + _share_of_symbols_in_words(text), 2)
                ranks[name] = (chaos, -round(coherence, 1), charsets.index(name))
    return min(ranks, key=ranks.__getitem__, default="")


def _share_of_symbols_in_words(text: str) -> float:
    """Return the share of symbols such as "±" in words among the characters beyond ASCII.

    In another charset of the same script, these are letters.
    """
    others = sum(character > "\x7f" for character in text)
    return len(_SYMBOL_IN_WORD.findall(text)) / max(others, 1)


def _fits_script(charset: str, text: str) -> bool:
    if charset not in _SCRIPTS:
        return True
    pattern, share = _SCRIPTS[charset]
    others = sum(character > "\x7f" for character in text)
    return len(pattern.findall(text)) >= share * others


def _least_invalid(sample: bytes, charsets: Sequence[str]) -> str:
    """Return the charset with the fewest invalid bytes; the first one if all have many.

    Symbols in words count as invalid.
    """

    def invalid(name: str) -> float:
        text = sample.decode(name, "replace")
        others = max(sum(character > "\x7f" for character in text), 1)
        return text.count("\ufffd") / others + _share_of_symbols_in_words(text)

    best = min(charsets, key=invalid)
    return best if invalid(best) <= _MAX_INVALID else charsets[0]
