"""Files of articles, one JSON object a line: read with care, written whole or not at all."""

import codecs
import gzip
import json
import os
import stat
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from service.domain.articles.model import Article, ArticleId
from service.domain.text import dates
from service.errors import BadInputError, BadLineError
from service.ingest.detect_language import resolve_language

#: The name of a story in a labelled file.
Label = int | str

#: The name that stands for standard input or output.
STANDARD = "-"

_CLOCKS_AHEAD = timedelta(hours=1)
_LAST = datetime.max.replace(tzinfo=dates.EARLIEST.tzinfo) - _CLOCKS_AHEAD


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: its number, from 1, and its object."""

    number: int
    values: Mapping[str, Any]


def read_articles(path: str, *, now: datetime | None = None) -> list[Article]:
    """The articles of a file, in its order; keys beyond those of an article are not looked at.

    Dates that cannot be read, lie before 1990 or, where `now` is given, after it, are dropped.

    Raises:
        BadLineError: a line is no article, or repeats an id.
        BadInputError: the file cannot be read.
    """
    return articles_of(path, read_lines(path), now=now)


def articles_of(path: str, lines: Iterable[Line], *, now: datetime | None = None) -> list[Article]:
    """The articles of lines that are read already; see `read_articles`."""
    return [_article(path, key, line, now) for key, line in _by_id(path, lines).items()]


def read_labels(path: str, lines: Iterable[Line]) -> dict[ArticleId, Label]:
    """The story of each article by id, a text or a whole number.

    Raises:
        BadLineError: a line has none, or repeats an id.
    """
    return {key: _label(path, line) for key, line in _by_id(path, lines).items()}


def read_lines(path: str) -> list[Line]:
    """All objects of a file, plain or gzipped, or of standard input; empty lines are skipped."""
    return [
        Line(number, _object(path, number, raw))
        for number, raw in enumerate(_raw_lines(path), start=1)
        if raw.removeprefix(codecs.BOM_UTF8).strip()
    ]


def write_lines(path: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write one object a line in UTF-8; a file appears with all of them or stays as it was."""
    written = b"".join(_line_of(row) for row in rows)
    if path == STANDARD:
        sys.stdout.flush()
        sys.stdout.buffer.write(written)
        sys.stdout.buffer.flush()
    else:
        write_whole(Path(path), written)


def require_writable(path: str) -> None:
    """Raise BadInputError where `write_lines` would, before the work is done."""
    target = Path(path).resolve()
    if path == STANDARD:
        return
    if target.is_dir():
        raise BadInputError(f"cannot write {path}: it is a folder")
    if not target.parent.is_dir():
        raise BadInputError(f"cannot write {path}: there is no folder {target.parent}")
    if not os.access(target if _is_special(target) else target.parent, os.W_OK):
        raise BadInputError(f"cannot write {path}: Permission denied")


def write_whole(path: Path, content: bytes) -> None:
    """Put content in the place of a file in one step; it keeps its permissions and its links.

    Devices and pipes are written to, never replaced.

    Raises:
        BadInputError: the file cannot be written.
    """
    target = path.resolve()
    try:
        if _is_special(target):
            target.write_bytes(content)
        else:
            _replace(target, content)
    except OSError as error:
        raise BadInputError(f"cannot write {path}: {error.strerror or error}") from error


def _replace(target: Path, content: bytes) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _is_special(target: Path) -> bool:
    return target.exists() and not target.is_file() and not target.is_dir()


def _line_of(row: Mapping[str, Any]) -> bytes:
    """One line of JSON; halves of surrogate pairs, which UTF-8 has no bytes for, stay escaped."""
    try:
        return f"{json.dumps(row, ensure_ascii=False)}\n".encode()
    except UnicodeEncodeError:
        return f"{json.dumps(row)}\n".encode()


def _raw_lines(path: str) -> Iterator[bytes]:
    try:
        if path == STANDARD:
            yield from sys.stdin.buffer
            return
        raw = Path(path).read_bytes()
        yield from (gzip.decompress(raw) if path.endswith(".gz") else raw).split(b"\n")
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadInputError(f"cannot read {path}: {reason or error}") from error


def _object(path: str, number: int, raw: bytes) -> dict[str, Any]:
    try:
        values = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadLineError(path, number, "not UTF-8") from None
    except json.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos + 1}"
        raise BadLineError(path, number, f"not JSON: {reason}") from None
    except ValueError:
        raise BadLineError(path, number, "not JSON: a number has too many digits") from None
    except RecursionError:
        raise BadLineError(path, number, "not JSON: nested too deeply") from None
    if not isinstance(values, dict):
        raise BadLineError(path, number, "not an object")
    return values


def _by_id(path: str, lines: Iterable[Line]) -> dict[ArticleId, Line]:
    """Lines by the id they give; BadLineError where one is given twice."""
    found: dict[ArticleId, Line] = {}
    for line in lines:
        key = _id(path, line)
        seen = found.setdefault(key, line)
        if seen is not line:
            reason = f"id {json.dumps(key)} was given in line {seen.number} already"
            raise BadLineError(path, line.number, reason)
    return found


def _article(path: str, key: ArticleId, line: Line, now: datetime | None) -> Article:
    title = _text(path, line, "title", required=True) or ""
    text = _text(path, line, "text") or ""
    return Article(
        id=key,
        title=title,
        text=text,
        outlet=_text(path, line, "outlet") or "",
        url=_text(path, line, "url") or "",
        published=_date(line.values.get("published"), now),
        lang=resolve_language(_text(path, line, "lang") or "", title, text),
    )


def _id(path: str, line: Line) -> ArticleId:
    value = line.values.get("id")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadLineError(path, line.number, "id must be a text or a whole number")
    return value


def _label(path: str, line: Line) -> Label:
    value = line.values.get("story")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _text(path, line, "story", required=True) or ""


def _text(path: str, line: Line, key: str, *, required: bool = False) -> str | None:
    value = line.values.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        reason = "is missing" if key not in line.values else "must be a text"
        raise BadLineError(path, line.number, f"{key} {reason}")
    return value.encode("utf-8", "replace").decode()  # half of a surrogate pair is no character


def _date(value: object, now: datetime | None) -> datetime | None:
    """A trusted date or None: a wrong date never stops an article."""
    if not isinstance(value, str):
        return None
    parsed = dates.parse_date(value)
    latest = min(now, _LAST) if now else _LAST
    judged = dates.judge(value, parsed, now=latest, tolerance=_CLOCKS_AHEAD)
    return judged.trusted


def _umask() -> int:
    """The process's umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
