"""Cleaning of external text: characters that a database, a page or a log cannot hold."""

import re
from datetime import MAXYEAR, MINYEAR, datetime

#: Longest value in an indexed column, bytes. A B-tree entry has at most 2,704 bytes.
MAX_INDEXED_BYTES = 2000
#: Longest HTTP validator, characters. Servers reject requests with longer headers.
MAX_VALIDATOR_CHARACTERS = 1024

# Controls, lone surrogates and noncharacters. Postgres rejects NUL and surrogates.
_CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
_CONTROLS = re.compile(f"[{_CONTROL}]+")
_CONTROLS_AND_BREAKS = re.compile(f"[{_CONTROL}\t\n\r]+")
_SPACES, _BREAK = re.compile(r"\s+"), re.compile(r"[\t\r\n]")
#: Invisible characters of formatting: soft hyphens, zero-width characters, deprecated controls
#: (U+206A to U+206F), annotations, and controls of musical and shorthand notation. Also controls of
#: direction, which could reorder the page around a title, and tags, which hide text from readers
#: but not from programs. Fillers of Korean and Khmer (such as U+3164) are letters without a form.
#: Flags of regions, such as that of Scotland, keep the tags after their black flag (group 1).
_INVISIBLE = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    "|[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+"
)
#: Invisible characters that stay. Emoji, Persian and Indic scripts need joiners and non-joiners.
#: Marks of direction (U+061C, U+200E, U+200F) change only their neighbours. Selectors choose a form
#: of the character before them. Only the first of several in a row has an effect, except for a
#: selector and a joiner within emoji; the others could hide text.
_JOINERS = "\u061c\u200c-\u200f"
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_EXCESS = re.compile(f"((?>[{_SELECTORS}][{_JOINERS}]?|[{_JOINERS}]))[{_JOINERS}{_SELECTORS}]+")
#: Invisible characters that Python calls printable, because they are letters or marks.
_PRINTABLE = re.compile(f"[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0{_SELECTORS}]")
#: A text in which nothing is visible; U+2800 is a blank pattern of Braille.
_BLANK = re.compile(rf"[\s\u2800{_JOINERS}{_SELECTORS}]*")


def clean_text(text: str) -> str:
    """Return text without control and invisible characters; line breaks and tabs stay.

    Control characters become spaces. Text without a visible character becomes empty.
    """
    # The checks are cheap, and most texts pass them.
    is_printable = text.isprintable() or text.replace("\n", "").isprintable()
    if is_printable and (text.isascii() or not _PRINTABLE.search(text)):
        return text
    cleaned = _EXCESS.sub(r"\1", _INVISIBLE.sub(r"\1", _CONTROLS.sub(" ", text)))
    return "" if _BLANK.fullmatch(cleaned) else cleaned


def clean_identifier(text: str, max_characters: int) -> str:
    """Return an identifier, such as a URL, without control characters and outer spaces.

    The result is empty if it is longer than the maximum: a part would identify something else.
    """
    cleaned = _CONTROLS_AND_BREAKS.sub("", text).strip()
    return cleaned if len(cleaned) <= max_characters else ""


def join_lines(text: str) -> str:
    """Return text, such as a URL, without line breaks and tabs and the spaces around them."""
    # A pattern with spaces on both sides of a line break would take quadratic time.
    return _SPACES.sub(lambda match: "" if _BREAK.search(match[0]) else match[0], text).strip()


def clean_validator(value: str | None) -> str | None:
    """Return an ETag or Last-Modified header, or None if it cannot be stored and sent back."""
    if not value or len(value) > MAX_VALIDATOR_CHARACTERS or _CONTROLS_AND_BREAKS.search(value):
        return None
    return value


def clean_date(at: datetime | None) -> datetime | None:
    """Return a date, or None in the first and last year: in other time zones it does not exist."""
    return at if at and MINYEAR < at.year < MAXYEAR else None


def fits_index(text: str) -> bool:
    """Whether text fits in an indexed column."""
    return len(text.encode("utf-8", "replace")) <= MAX_INDEXED_BYTES
